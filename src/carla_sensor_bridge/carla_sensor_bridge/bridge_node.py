"""The ROS 2 node around the lock-step loop: parameters, heartbeat, diagnostics, exit codes."""

from __future__ import annotations

import logging
import os
import sys
import threading
from collections.abc import Callable
from typing import Any

import diagnostic_updater
import rclpy
from carla_drl_msgs.msg import Heartbeat, PerformanceReport
from carla_drl_msgs.srv import LoadScenario
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import HistoryPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

from carla_sensor_bridge.bridge_parameters import read_parameters
from carla_sensor_bridge.client_session import ClientSession
from carla_sensor_bridge.detection_topics import DetectionTopics
from carla_sensor_bridge.errors import (
    EXIT_CONFIGURATION,
    EXIT_NO_SIMULATOR,
    EXIT_SIMULATOR_LOST,
    ConfigurationError,
    NoSimulatorError,
    SimulatorLostError,
)
from carla_sensor_bridge.lockstep import BridgeSettings, LockStep
from carla_sensor_bridge.node_log import log_to
from carla_sensor_bridge.performance import PerformanceMonitor
from carla_sensor_bridge.process_guard import ProcessGuard
from carla_sensor_bridge.scenario_change import parse_scenario
from carla_sensor_bridge.sensor_manager import SensorManager
from carla_sensor_bridge.topic_parameters import TopicSettings, read_topic_parameters
from carla_sensor_bridge.traffic_light_topics import TrafficLightTopics
from carla_sensor_bridge.warm_up import warm_up

_HEARTBEAT_S = 0.1
_REPORT_S = 1.0
_SPIN_S = 0.2
_JOIN_S = 1.0


class BridgeNode(Node):  # type: ignore[misc]
    """Heartbeat, diagnostics and performance; the loop itself runs in the main thread, this node spins in another."""

    def __init__(self) -> None:
        super().__init__("carla_sensor_bridge")
        self._lockstep: LockStep | None = None
        self._was_connected = False
        self._detection: DetectionTopics | None = None
        self._lights: TrafficLightTopics | None = None
        self._sequence = 0
        self._beat = Heartbeat(source=self.get_fully_qualified_name())
        qos = QoSProfile(depth=10, history=HistoryPolicy.KEEP_LAST, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._heartbeat = self.create_publisher(Heartbeat, "/carla_drl/heartbeat", qos)
        self.create_timer(_HEARTBEAT_S, self._publish_heartbeat)

    def offer_topics(self, topics: TopicSettings, log: logging.Logger) -> None:
        """Make what the bridge publishes of the world itself.

        Raises:
            ConfigurationError: when detection is asked for and cannot work.
        """
        if topics.detection is not None:
            self._detection = DetectionTopics(self, topics.detection, topics.names, log)
        self._lights = TrafficLightTopics(self, topics.names)

    def on_world(
        self, session: ClientSession, sensors: SensorManager, role_prefix: str
    ) -> Callable[[float], None]:
        """Begin with a new world; see `lockstep.OnWorld`."""
        if self._detection is not None:
            self._detection.attach(sensors, role_prefix)
        assert self._lights is not None
        return self._lights.attach(session.world).look

    def end_topics(self) -> None:
        """Stop publishing what is published from other threads."""
        if self._detection is not None:
            self._detection.stage.close()

    def watch(self, lockstep: LockStep, settings: BridgeSettings) -> None:
        """Report on a loop at 1 Hz."""
        self._updater = diagnostic_updater.Updater(self)
        self._updater.setHardwareID(f"carla {settings.endpoint.host}:{settings.endpoint.port}")
        self._updater.add("lock-step", self._diagnose)
        self._updater.add("sensors", self._diagnose_sensors)
        if self._detection is not None:
            self._updater.add("detection", self._detection.diagnose)
        self._monitor = PerformanceMonitor(lockstep.timer, settings.scenario.step_s)
        self._lockstep = lockstep
        self._report = PerformanceReport(simulator=settings.simulator)
        self._performance = self.create_publisher(
            PerformanceReport, f"/carla_drl/{settings.simulator}/performance", 10
        )
        self.create_timer(_REPORT_S, self._publish_performance)
        self.create_service(
            LoadScenario, f"/carla_drl/{settings.simulator}/load_scenario", self._load_scenario
        )

    def _load_scenario(
        self, request: LoadScenario.Request, response: LoadScenario.Response
    ) -> LoadScenario.Response:
        assert self._lockstep is not None
        try:
            response.new_world = self._lockstep.load(parse_scenario(request.scenario), list(request.agents))
            response.success = True
        except ConfigurationError as error:
            response.message = str(error)
        return response

    def _publish_heartbeat(self) -> None:
        self._beat.stamp = self.get_clock().now().to_msg()
        self._beat.sequence = self._sequence
        self._sequence = (self._sequence + 1) % 2**16
        self._heartbeat.publish(self._beat)
        lockstep = self._lockstep
        if lockstep is not None and lockstep.connected != self._was_connected:
            self._was_connected = lockstep.connected
            self._updater.force_update()  # a lost gateway is told at once

    def _publish_performance(self) -> None:
        assert self._lockstep is not None
        report, figures = self._report, self._monitor.sample()
        report.stamp = self.get_clock().now().to_msg()
        report.session, report.frame = self._lockstep.session, self._lockstep.frame
        report.interval_s = figures.interval_s
        report.ticks_per_s = figures.ticks_per_s
        report.real_time_factor = figures.real_time_factor
        report.stage_names = [name.removesuffix("_us") for name in figures.mean_us]
        report.stage_mean_us = list(figures.mean_us.values())
        report.stage_max_us = list(figures.max_us.values())
        queues, drops = self._lockstep.queues(), self._lockstep.drops()
        if self._detection is not None:
            queues["detection_pictures"] = self._detection.stage.waiting
            drops["detection_pictures"] = self._detection.stage.counters.dropped
        report.queue_names, report.queue_lengths = list(queues), list(queues.values())
        report.drop_names, report.drops = list(drops), list(drops.values())
        report.rss_bytes = figures.rss_bytes
        report.cpu_percent = figures.cpu_percent
        self._performance.publish(report)

    def _diagnose(self, status: Any) -> Any:
        assert self._lockstep is not None
        lockstep = self._lockstep
        figures, counters = self._monitor.last, lockstep.counters
        if lockstep.frame == 0:
            status.summary(DiagnosticStatus.WARN, "setting up the simulator")
        elif not lockstep.connected:
            status.summary(DiagnosticStatus.WARN, "waiting for the gateway")
        else:
            status.summary(DiagnosticStatus.OK, f"{figures.ticks_per_s:.1f} ticks/s")
        for name, value in figures.mean_us.items():
            status.add(name, f"{value:.1f}")
        status.add("ticks_per_s", f"{figures.ticks_per_s:.1f}")
        status.add("real_time_factor", f"{figures.real_time_factor:.2f}")
        status.add("rss_mib", f"{figures.rss_bytes / 2**20:.1f}")
        status.add("cpu_percent", f"{figures.cpu_percent:.0f}")
        status.add("session", str(lockstep.session))
        status.add("frame", str(lockstep.frame))
        for name, count in vars(counters).items():
            status.add(name, str(count))
        status.add("lost_rows", str(lockstep.lost_rows))
        status.add("missed_traffic_ticks", str(lockstep.missed_traffic_ticks))
        return status

    def _diagnose_sensors(self, status: Any) -> Any:
        assert self._lockstep is not None
        sensors = self._lockstep.sensors
        if sensors is None or self._lockstep.frame == 0:
            status.summary(DiagnosticStatus.OK, "setting up the sensors")
            return status
        faults = sensors.faults()
        if faults:
            named = ", ".join(f"{name} is {state}" for name, state in faults.items())
            status.summary(DiagnosticStatus.ERROR, named)
        else:
            status.summary(DiagnosticStatus.OK, f"{len(sensors)} sensors")
        for name, count in vars(sensors.counters).items():
            status.add(f"sensor_{name}", str(count))
        status.add("sensors", str(len(sensors)))
        status.add("sensors_without_data", str(len(faults)))
        return status


class _RosSide:
    """The node and the thread that spins it, to be closed once by whichever thread ends the process."""

    def __init__(self) -> None:
        rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
        self.node = BridgeNode()
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        self._done = threading.Event()
        self._closing = threading.Lock()
        self._spinner = threading.Thread(target=self._spin, name="spin", daemon=True)
        self._spinner.start()

    def _spin(self) -> None:
        while not self._done.is_set() and rclpy.ok():
            try:
                self._executor.spin_once(timeout_sec=_SPIN_S)
            except ExternalShutdownException:
                return

    def close(self) -> None:
        """Take the node down. Without this, its middleware leaves files in shared memory."""
        with self._closing:
            if self._done.is_set():
                return
            self._done.set()
            self._spinner.join(_JOIN_S)
            self.node.end_topics()
            self._executor.shutdown(timeout_sec=_JOIN_S)
            self.node.destroy_node()
            rclpy.try_shutdown()


def _run(ros: _RosSide, log: logging.Logger) -> int:
    node = ros.node
    lockstep: LockStep | None = None

    def last_words() -> None:
        if lockstep is not None:
            lockstep.say_bye()

    guard = ProcessGuard(log, last_words, ros.close)
    try:
        settings = read_parameters(node)
        node.offer_topics(read_topic_parameters(node), log)
        warm_up()
        lockstep = LockStep(settings, log, node.on_world)
        node.watch(lockstep, settings)
        lockstep.run(guard)
        return 0
    except ConfigurationError as error:
        log.error("%s", error)
        return EXIT_CONFIGURATION
    except NoSimulatorError as error:
        log.error("%s", error)
        return EXIT_NO_SIMULATOR
    except SimulatorLostError as error:
        log.error("%s", error)
        return EXIT_SIMULATOR_LOST
    finally:
        guard.finish()


def main() -> None:
    """Run the node; exit code 0 after a signal; errors.py has the others."""
    ros = _RosSide()
    log = log_to(ros.node)
    code = 1
    try:
        code = _run(ros, log)
    finally:
        ros.close()
        sys.stdout.flush()
        sys.stderr.flush()
        if code != 1:
            # Not sys.exit: tearing the client library down with its threads may abort the process.
            os._exit(code)
