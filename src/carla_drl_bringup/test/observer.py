"""A node of the test's own that listens to a running loop: diagnostics with their times, and any other topic."""

from __future__ import annotations

import os
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import rclpy
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from rclpy.context import Context
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile

PATIENCE_S = 30.0


class Report:
    """One status of a node's diagnostics.

    Attributes:
        part: what it is about, the name's last part.
        time_s: when the node made it, wall time, s.
        level, message, values: as in `DiagnosticStatus`; values by key.
    """

    def __init__(self, message: DiagnosticArray, status: DiagnosticStatus) -> None:
        self.node, _, self.part = status.name.partition(": ")
        self.time_s = message.header.stamp.sec + message.header.stamp.nanosec * 1e-9
        self.level, self.message = status.level, status.message
        self.values = {pair.key: pair.value for pair in status.values}

    def __repr__(self) -> str:
        return f"{self.node}/{self.part} {self.level[0]} {self.message}"


class Observer:
    """Collects what comes.

    Attributes:
        node: to ask the graph.
        messages: by topic, for those that `listen` was called for.
    """

    def __init__(self, domain_id: str) -> None:
        os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
        self._context = Context()
        rclpy.init(context=self._context, domain_id=int(domain_id))
        self.node = rclpy.create_node("observer", context=self._context)
        self._executor = SingleThreadedExecutor(context=self._context)
        self._executor.add_node(self.node)
        self._reports: list[Report] = []
        self.messages: dict[str, list[Any]] = defaultdict(list)
        self.node.create_subscription(DiagnosticArray, "/diagnostics", self._take, 50)

    def _take(self, message: DiagnosticArray) -> None:
        # Without values: that a node begins.
        self._reports += [Report(message, status) for status in message.status if status.values]

    def listen(self, kind: Any, topic: str, qos: QoSProfile | int = 10) -> None:
        """Collect what comes on a topic."""
        self.node.create_subscription(kind, topic, self.messages[topic].append, qos)

    def wait_until(self, condition: Callable[[], Any], what: str, patience_s: float = PATIENCE_S) -> Any:
        """Take messages until the condition is true; return its value."""
        deadline = time.monotonic() + patience_s
        while not (found := condition()):
            assert time.monotonic() < deadline, f"no {what}; last reports: {self._reports[-12:]}"
            self._executor.spin_once(timeout_sec=0.05)
        return found

    def wait_for(self, condition: Callable[[Report], bool], what: str, since_s: float = 0.0) -> Report:
        """Return the first report from now on (or that was made after `since_s`) that fits."""
        if not since_s:
            self._reports.clear()

        def first() -> Report | None:
            return next((r for r in self._reports if r.time_s >= since_s and condition(r)), None)

        report: Report = self.wait_until(first, what)
        return report

    def close(self) -> None:
        self._executor.shutdown()
        self.node.destroy_node()
        rclpy.shutdown(context=self._context)


@contextmanager
def observing(domain_id: str) -> Iterator[Observer]:
    observer = Observer(domain_id)
    try:
        yield observer
    finally:
        observer.close()
