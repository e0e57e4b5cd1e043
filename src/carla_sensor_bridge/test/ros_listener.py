"""Listens to what the bridge publishes."""

from __future__ import annotations

import os
from types import TracebackType
from typing import Any

import rclpy
from carla_drl_msgs.msg import Heartbeat, PerformanceReport
from diagnostic_msgs.msg import DiagnosticArray
from processes import DOMAIN_ID
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy


class RosListener:
    """Collects heartbeats, performance reports, and values and messages of the bridge's last diagnostics."""

    def __init__(self) -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._context = rclpy.Context()
        rclpy.init(context=self._context, domain_id=DOMAIN_ID)
        self._node = rclpy.create_node("bridge_listener", context=self._context)
        self.beats: list[Any] = []
        self.reports: list[Any] = []
        self.values: dict[str, str] = {}
        self.messages: dict[str, str] = {}
        qos = QoSProfile(depth=100, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._node.create_subscription(Heartbeat, "/carla_drl/heartbeat", self.beats.append, qos)
        self._node.create_subscription(DiagnosticArray, "/diagnostics", self._on_diagnostics, 10)
        self._node.create_subscription(
            PerformanceReport, "/carla_drl/sim0/performance", self.reports.append, 10
        )
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self._node)

    def listen(self, kind: Any, topic: str, qos: QoSProfile | int = 10) -> list[Any]:
        """Return the list to which whatever comes on a topic is added."""
        messages: list[Any] = []
        self._node.create_subscription(kind, topic, messages.append, qos)
        return messages

    def _on_diagnostics(self, message: Any) -> None:
        for status in message.status:
            self.messages[status.name.rpartition(": ")[2]] = status.message
            values = {item.key: item.value for item in status.values}
            if float(values.get("ticks_per_s", 0.0)) > 0.0:
                self.values = values

    def complete(self) -> bool:
        """Whether diagnostics with ticks have come."""
        return bool(self.values)

    def spin(self) -> None:
        self._executor.spin_once(timeout_sec=0.02)

    def __enter__(self) -> RosListener:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown(context=self._context)
