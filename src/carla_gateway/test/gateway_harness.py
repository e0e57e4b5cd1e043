# SPDX-License-Identifier: Apache-2.0
"""The gateway as a child process, and an agent on real topics, for tests."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import rclpy
from carla_drl_msgs.msg import FleetAction, FleetObservation, Heartbeat, ObservationLayout, SafetyEvent
from carla_drl_msgs.srv import ResetFleet
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from fake_bridge import socket_name
from numpy.typing import NDArray
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy
from std_srvs.srv import SetBool

DOMAIN_ID = 130 + os.getpid() % 10
SIMULATOR = "sim0"
ADDRESS = socket_name(DOMAIN_ID, SIMULATOR)
PATIENCE_S = 15.0
LATCHED = QoSProfile(
    depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
)


def executable() -> str:
    """Return the gateway's path: the one that was just built, else the installed one."""
    built = os.environ.get("GATEWAY_NODE")
    if built:
        return built
    from ament_index_python.packages import get_package_prefix

    return str(Path(get_package_prefix("carla_gateway")) / "lib" / "carla_gateway" / "gateway_node")


class Gateway:
    """A gateway process that ends with the test."""

    def __init__(self, log: Path, **parameters: object) -> None:
        command = [executable(), "--ros-args"]
        for name, value in parameters.items():
            command += ["-p", f"{name}:={value}"]
        environment = dict(
            os.environ, ROS_DOMAIN_ID=str(DOMAIN_ID), ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST"
        )
        environment["ROS_LOG_DIR"] = str(log.parent)
        self.log = log
        with log.open("w") as out:
            self.process = subprocess.Popen(command, env=environment, stdout=out, stderr=subprocess.STDOUT)

    def __enter__(self) -> Gateway:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()  # a killed process would leave its shared memory behind
        try:
            self.process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(PATIENCE_S)
            raise

    def wait(self) -> int:
        return self.process.wait(PATIENCE_S)

    def text(self) -> str:
        return self.log.read_text()


class Agent:
    """The topics' other end: keeps what arrives, answers when told to."""

    def __init__(self) -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self.context = Context()
        rclpy.init(context=self.context, domain_id=DOMAIN_ID)
        self.node = rclpy.create_node("agent", context=self.context)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.observations: list[FleetObservation] = []
        self.layouts: list[ObservationLayout] = []
        self.heartbeats: list[Heartbeat] = []
        self.statuses: list[DiagnosticStatus] = []
        self.safety_events: list[SafetyEvent] = []
        prefix = f"/carla_drl/{SIMULATOR}/"
        node = self.node
        node.create_subscription(FleetObservation, prefix + "observation", self.observations.append, LATCHED)
        node.create_subscription(
            ObservationLayout, prefix + "observation_layout", self.layouts.append, LATCHED
        )
        best_effort = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
        node.create_subscription(Heartbeat, "/carla_drl/heartbeat", self.heartbeats.append, best_effort)
        node.create_subscription(
            DiagnosticArray, "/diagnostics", lambda m: self.statuses.extend(m.status), 10
        )
        node.create_subscription(SafetyEvent, prefix + "safety_event", self.safety_events.append, 100)
        self.stops = node.create_client(SetBool, prefix + "emergency_stop")
        self.actions = node.create_publisher(FleetAction, prefix + "action", 4)
        self.resets = node.create_client(ResetFleet, prefix + "reset")

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self.context)

    def wait_until(self, condition: Callable[[], Any], what: str) -> Any:
        """Spin until `condition` returns something true, and return that."""
        deadline = time.monotonic() + PATIENCE_S
        while not (result := condition()):
            assert time.monotonic() < deadline, f"waited {PATIENCE_S} s for {what}"
            self.executor.spin_once(timeout_sec=0.05)
        return result

    def wait_for_gateway(self) -> None:
        self.wait_until(
            lambda: (
                self.actions.get_subscription_count() > 0
                and self.node.count_publishers(f"/carla_drl/{SIMULATOR}/observation") > 0
                and self.node.count_publishers(f"/carla_drl/{SIMULATOR}/safety_event") > 0
                and self.resets.service_is_ready()
                and self.stops.service_is_ready()
            ),
            "discovery",
        )

    def layout(self, session: int) -> ObservationLayout:
        """Wait for a session's layout, the last thing that the gateway does when it takes a bridge."""
        self.wait_for_gateway()
        return self.wait_until(
            lambda: next((one for one in self.layouts if one.session == session), None),
            f"layout of {session}",
        )

    def observe(self, session: int, frame: int) -> FleetObservation:
        """Wait for an observation and take it."""

        def find() -> FleetObservation | None:
            found = [o for o in self.observations if (o.session, o.frame) == (session, frame)]
            return found[-1] if found else None

        observation = self.wait_until(find, f"observation {frame} of session {session}")
        self.observations.clear()
        return observation

    def act(self, session: int, frame: int, action: list[list[float]] | NDArray[Any]) -> None:
        values = np.asarray(action, np.float32)
        message = FleetAction(session=session, frame=frame, num_agents=len(values))
        message.action.extend(values.ravel().tolist())
        self.actions.publish(message)

    def diagnosis(
        self, accept: Callable[[DiagnosticStatus, dict[str, str]], bool], what: str
    ) -> dict[str, str]:
        """Wait for a report of the gateway from now on that `accept` likes, and return its values."""
        self.statuses.clear()

        def find() -> dict[str, str] | None:
            for status in self.statuses:
                values = {value.key: value.value for value in status.values}
                if status.hardware_id == SIMULATOR and "frames" in values and accept(status, values):
                    return {**values, "message": status.message}
            return None

        found: dict[str, str] = self.wait_until(find, what)
        return found

    def safety_event(self, kind: int, session: int) -> SafetyEvent:
        """Wait for the first event of a kind in a session."""
        return self.wait_until(
            lambda: next((e for e in self.safety_events if (e.kind, e.session) == (kind, session)), None),
            f"safety event {kind}",
        )

    def emergency_stop(self, on: bool) -> None:
        future = self.stops.call_async(SetBool.Request(data=on))
        self.wait_until(future.done, "the answer of the emergency stop")
        assert future.result().success

    def reset(self, **fields: Any) -> Any:
        return self.resets.call_async(ResetFleet.Request(**fields))
