"""The node around the aggregator."""

from __future__ import annotations

import sys
import time
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.executors import ExternalShutdownException
from rclpy.node import Node
from rclpy.qos import QoSProfile

from .aggregator import Aggregator
from .status import ERROR, STALE, Status

_NODE_NAME = "analyzers"


class AggregatorNode(Node):
    """Subscribes to `/diagnostics`, publishes `/diagnostics_agg` and `/diagnostics_toplevel_state`."""

    def __init__(self, **options: Any) -> None:
        """ValueError for parameters that are not valid."""
        super().__init__(_NODE_NAME, automatically_declare_parameters_from_overrides=True, **options)
        settings = nested({name: p.value for name, p in self.get_parameters_by_prefix("").items()})
        rate_hz = settings.get("pub_rate", 1.0)
        if isinstance(rate_hz, bool) or not isinstance(rate_hz, (int, float)) or rate_hz <= 0:
            raise ValueError(f"parameter 'pub_rate' is {rate_hz}; a frequency in Hz above 0 is expected")
        depth = settings.get("history_depth", 1000)
        if not isinstance(depth, int) or depth < 1:
            raise ValueError(f"parameter 'history_depth' is {depth}; a whole number above 0 is expected")
        self._critical = bool(settings.get("critical", False))
        self._aggregator = Aggregator(settings)
        self._level = STALE
        self._unstamped: set[str] = set()
        self._publisher = self.create_publisher(DiagnosticArray, "/diagnostics_agg", 1)
        self._toplevel = self.create_publisher(DiagnosticStatus, "/diagnostics_toplevel_state", 1)
        self.create_subscription(
            DiagnosticArray, "/diagnostics", self._on_diagnostics, QoSProfile(depth=depth)
        )
        self.create_timer(1.0 / rate_hz, self._publish)

    def _on_diagnostics(self, message: DiagnosticArray) -> None:
        self._warn_without_stamp(message)
        now_s = time.monotonic()
        for status in message.status:
            level = status.level[0]
            if self._critical and level == ERROR and self._level != ERROR:
                self._level = ERROR
                self._toplevel.publish(DiagnosticStatus(name="toplevel_state_critical", level=status.level))
            values = [(value.key, value.value) for value in status.values]
            self._aggregator.add(
                Status(status.name, level, status.message, status.hardware_id, values), now_s
            )

    def _warn_without_stamp(self, message: DiagnosticArray) -> None:
        if message.header.stamp.sec:
            return
        names = ", ".join(status.name for status in message.status)
        if names not in self._unstamped:
            self._unstamped.add(names)
            self.get_logger().warning(f"No timestamp set for diagnostic message. Message names: {names}")

    def _publish(self) -> None:
        reports, self._level = self._aggregator.report(time.monotonic())
        message = DiagnosticArray(status=[to_message(status) for status in reports])
        message.header.stamp = self.get_clock().now().to_msg()
        self._publisher.publish(message)
        self._toplevel.publish(DiagnosticStatus(name="toplevel_state", level=bytes([self._level])))


def to_message(status: Status) -> DiagnosticStatus:
    """Return a status as message."""
    return DiagnosticStatus(
        name=status.name,
        level=bytes([status.level]),
        message=status.message,
        hardware_id=status.hardware_id,
        values=[KeyValue(key=key, value=value) for key, value in status.values],
    )


def nested(parameters: dict[str, Any]) -> dict[str, Any]:
    """Return parameters with dots in their names as dictionaries in dictionaries."""
    tree: dict[str, Any] = {}
    for name, value in parameters.items():
        *groups, last = name.split(".")
        branch = tree
        for group in groups:
            branch = branch.setdefault(group, {})
        branch[last] = value
    return tree


def main() -> None:
    """Run the node until SIGINT or SIGTERM; exit code 1 with a message for bad parameters."""
    rclpy.init()
    try:
        rclpy.spin(AggregatorNode())
    except (KeyboardInterrupt, ExternalShutdownException):
        pass
    except ValueError as error:
        print(f"aggregator_node: {error}", file=sys.stderr)
        sys.exit(1)
    finally:
        rclpy.try_shutdown()
