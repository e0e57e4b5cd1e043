"""Simulator, gateway and bridge as processes, and this process as their agent and audience, for tests of topics."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import rclpy
import yaml
from ament_index_python.packages import get_package_prefix
from carla_drl_msgs.msg import FleetAction, FleetObservation
from diagnostic_msgs.msg import DiagnosticArray
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from carla_drl_bringup.arguments import first_free_port
from carla_drl_bringup.process_settings import process_settings

PATIENCE_S = 60.0
STOP_S = 5.0
LATCHED = QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
)
SCENARIOS = Path(__file__).resolve().parent.parent / "config" / "scenarios"


def nanoseconds(stamp: Any) -> int:
    return int(stamp.sec) * 10**9 + int(stamp.nanosec)


def parameters(values: dict[str, Any]) -> list[str]:
    return ["--ros-args", *(word for name, value in values.items() for word in ("-p", f"{name}:={value}"))]


class SensorLoop:
    """The loop with some sensors on its egos; a context manager.

    Attributes:
        messages: what has come, by topic.
        observation: of the current frame.
    """

    def __init__(
        self,
        folder: Path,
        domain_id: str,
        sensors: list[dict[str, Any]],
        num_agents: int = 1,
        gateway: dict[str, Any] | None = None,
        bridge: dict[str, Any] | None = None,
        bridge_program: list[str] | None = None,
        world: dict[str, Any] | None = None,
    ) -> None:
        """Start the processes.

        Args:
            folder: for scenario and log.
            domain_id: ROS_DOMAIN_ID.
            sensors: of the scenario.
            num_agents: egos.
            gateway, bridge: parameters beside those that they need.
            bridge_program: what to run as the bridge in place of the installed one.
            world: fields of the scenario in place of town01_basic's.
        """
        scenario = yaml.safe_load((SCENARIOS / "town01_basic.yaml").read_text())
        scenario |= {"sensors": sensors} | (world or {})
        scenario["limits"] |= {"off_road": False, "max_lane_offset_m": 100.0, "blocked_s": 3600.0}
        path = folder / "scenario.yaml"
        path.write_text(yaml.safe_dump(scenario))
        self.port = first_free_port(25000, 26000)
        self.environment = os.environ | process_settings() | {"ROS_DOMAIN_ID": domain_id}
        self._log = (folder / "processes.log").open("w+")
        self._processes: list[subprocess.Popen[str]] = []
        self.start("carla_drl_sim", "server", "--port", str(self.port))
        self.start("carla_gateway", "gateway_node", *parameters(gateway or {}))
        settings = {"port": self.port, "scenario": path, "num_agents": num_agents, "connect_timeout_s": 60.0}
        words = parameters(settings | (bridge or {}))
        if bridge_program is None:
            self.start("carla_sensor_bridge", "bridge_node", *words)
        else:
            self.run([*bridge_program, *words])

        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=int(domain_id))
        self.node = rclpy.create_node("audience", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self.messages: dict[str, list[Any]] = defaultdict(list)
        self._values: dict[str, dict[str, str]] = {}
        self.observation = FleetObservation()
        self._actions = self.node.create_publisher(FleetAction, "/carla_drl/sim0/action", 4)
        self.listen(FleetObservation, "/carla_drl/sim0/observation", LATCHED)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 50)

    def start(self, package: str, name: str, *arguments: str) -> subprocess.Popen[str]:
        """Run a node; its output goes to the log."""
        command = str(Path(get_package_prefix(package)) / "lib" / package / name)
        return self.run([command, *arguments])

    def run(self, command: list[str]) -> subprocess.Popen[str]:
        """Run a command that ends with the loop."""
        process = subprocess.Popen(
            command, env=self.environment, stdout=self._log, stderr=subprocess.STDOUT, text=True
        )
        self._processes.append(process)
        return process

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            values = {item.key: item.value for item in status.values}
            self._values[status.name.rpartition(": ")[2]] = values

    def values(self, part: str) -> dict[str, str]:
        """Return what a part of the nodes' diagnostics has said last."""
        return self._values.get(part, {})

    def listen(self, kind: Any, topic: str, qos: QoSProfile | int = 10) -> None:
        """Collect what comes on a topic."""
        self.node.create_subscription(kind, topic, self.messages[topic].append, qos)

    def wait_until(self, condition: Callable[[], Any], what: str) -> Any:
        """Take messages until `condition` returns something true, and return that."""
        deadline = time.monotonic() + PATIENCE_S
        while not (result := condition()):
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
            assert all(process.poll() is None for process in self._processes), "a process has ended"
            self._executor.spin_once(timeout_sec=0.02)
        return result

    def observe(self, frame: int) -> FleetObservation:
        """Wait for a frame's observation."""
        observations = self.messages["/carla_drl/sim0/observation"]
        self.wait_until(lambda: observations and observations[-1].frame == frame, f"frame {frame}")
        self.observation = observations[-1]
        return self.observation

    def act(self, acceleration: float = 0.0, steer: float = 0.0) -> None:
        """Answer the current frame, the same for all agents."""
        now = self.observation
        action = FleetAction(session=now.session, frame=now.frame, num_agents=now.num_agents)
        action.action.extend([acceleration, steer] * now.num_agents)
        self._actions.publish(action)

    def step(self, acceleration: float = 0.0, steer: float = 0.0) -> FleetObservation:
        """Answer the current frame, the same for all agents, and wait for the next."""
        self.act(acceleration, steer)
        return self.observe(self.observation.frame + 1)

    def begin(self) -> None:
        """Wait for the first frame and the gateway's ear."""
        self.observe(1)
        self.wait_until(lambda: self._actions.get_subscription_count() > 0, "the gateway")

    def log(self) -> str:
        """Return what the processes have printed."""
        return Path(self._log.name).read_text()

    def __enter__(self) -> SensorLoop:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)
        # The bridge before the gateway and the simulator, which it restores.
        for process in reversed(self._processes):
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_S)
            if process.poll() is None:
                process.kill()
                process.wait()
        self._log.close()
        if error is not None:
            print(self.log()[-6000:])
