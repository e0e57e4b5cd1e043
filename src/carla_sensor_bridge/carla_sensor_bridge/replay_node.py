"""The ROS 2 node around a replay: parameters, progress, diagnostics, exit codes."""

from __future__ import annotations

import logging
import signal
import sys
import threading
from pathlib import Path
from typing import Any, Final

import diagnostic_updater
import rclpy
from carla_drl_msgs.msg import FleetAction, FleetObservation
from diagnostic_msgs.msg import DiagnosticStatus
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from rclpy.signals import SignalHandlerOptions

from carla_sensor_bridge.bridge_parameters import Specification, declare, gateway_address
from carla_sensor_bridge.errors import EXIT_CONFIGURATION, ConfigurationError
from carla_sensor_bridge.node_log import log_to
from carla_sensor_bridge.recording import Recording
from carla_sensor_bridge.replay import Replay

EXIT_DIFFERENT: Final = 1
"""Exit code when an observation was not the recorded one."""

PARAMETERS: Final = (
    Specification("simulator", "sim0", "Name of the lock-step group, here and in the bag."),
    Specification("bag", "", "Folder that `ros2 bag record` wrote."),
    Specification(
        "rate", 0.0, "Simulated seconds per second; 0: as fast as frames are answered.", 0.0, 1000.0
    ),
    Specification(
        "answer",
        True,
        "Whether frames are answered with the recorded actions; false: an agent answers. Observations are compared.",
    ),
)
_OBSERVATIONS: Final = 100
_PROGRESS_S: Final = 1.0


class ReplayNode(Node):  # type: ignore[misc]
    """Topics, progress and diagnostics of a replay, which runs in another thread."""

    def __init__(self) -> None:
        super().__init__("replay")
        self._replay: Replay | None = None
        self._frames_before = 0

    def prepare(self, log: logging.Logger) -> Replay:
        """Read the parameters and open the bag.

        Raises:
            ConfigurationError: when a parameter or the bag cannot be used.
        """
        values = declare(self, PARAMETERS)
        if not values["bag"]:
            raise ConfigurationError("parameter bag is ''; allowed: a folder that `ros2 bag record` wrote")
        simulator = values["simulator"]
        address = gateway_address(simulator)
        recording = Recording(Path(values["bag"]).expanduser(), simulator)
        prefix = f"/carla_drl/{simulator}/"
        publish = None
        if values["answer"]:
            actions = self.create_publisher(FleetAction, prefix + "action", 4)
            publish = actions.publish
        replay = self._replay = Replay(recording, address, values["rate"], publish, log)
        # Deep: an agent may answer before this node has looked at what it was shown.
        latched = QoSProfile(
            depth=_OBSERVATIONS,
            durability=DurabilityPolicy.TRANSIENT_LOCAL,
            reliability=ReliabilityPolicy.RELIABLE,
        )
        self.create_subscription(
            FleetObservation, prefix + "observation", replay.on_observation, latched, raw=True
        )
        self._num_frames = recording.num_frames
        self._updater = diagnostic_updater.Updater(self)
        self._updater.setHardwareID(simulator)
        self._updater.add("replay", self._diagnose)
        self.create_timer(_PROGRESS_S, self._report)
        return replay

    def _report(self) -> None:
        assert self._replay is not None
        counts = self._replay.counts
        if counts.frames == self._frames_before:
            self._replay.answer()  # the first answer may have been lost while nodes found each other
        self.get_logger().info(
            f"{100 * counts.frames // self._num_frames:3d}% {counts.frames:,}/{self._num_frames:,} frames, "
            f"{counts.frames - self._frames_before:,} frames/s, {counts.different:,} observations differ"
        )
        self._frames_before = counts.frames

    def _diagnose(self, status: Any) -> Any:
        assert self._replay is not None
        counts = self._replay.counts
        if counts.different:
            status.summary(
                DiagnosticStatus.ERROR, f"{counts.different} observations are not the recorded ones"
            )
        elif self._replay.link is None or not self._replay.link.connected:
            status.summary(DiagnosticStatus.WARN, "waiting for the gateway")
        else:
            status.summary(DiagnosticStatus.OK, f"frame {counts.frames} of {self._num_frames}")
        for name, count in vars(counts).items():
            status.add(name, str(count))
        return status


def _run(node: ReplayNode, log: logging.Logger, stopping: threading.Event) -> int:
    try:
        replay = node.prepare(log)
        executor = SingleThreadedExecutor()
        executor.add_node(node)
        spinner = threading.Thread(target=_spin, args=(executor,), name="spin", daemon=True)
        spinner.start()
        replay.run(stopping)
    except ConfigurationError as error:
        log.error("%s", error)
        return EXIT_CONFIGURATION
    counts = replay.counts
    log.info(
        "%d frames played: %d observations identical to the recorded ones, %d different, %d missing, %d not recorded",
        counts.frames,
        counts.identical,
        counts.different,
        counts.missing,
        counts.unrecorded,
    )
    rclpy.try_shutdown()
    spinner.join()
    return EXIT_DIFFERENT if counts.different or counts.missing else 0


def _spin(executor: SingleThreadedExecutor) -> None:
    try:
        executor.spin()
    except ExternalShutdownException:
        return


def main() -> None:
    """Run the node. Exit code 0 when all was as recorded, 1 when not, 78 when the bag or a parameter is of no use."""
    rclpy.init(signal_handler_options=SignalHandlerOptions.NO)
    stopping = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stopping.set())
    node = ReplayNode()
    try:
        code = _run(node, log_to(node), stopping)
    finally:
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(code)
