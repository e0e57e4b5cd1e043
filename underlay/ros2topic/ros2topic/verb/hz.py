"""Measures rates."""

from __future__ import annotations

import argparse
import math
import time
from collections import deque
from collections.abc import Callable
from typing import Any

from ros2cli.node.direct import DirectNode
from ros2cli.node.strategy import add_arguments

from . import VerbExtension

DEFAULT_WINDOW_SIZE = 10000
_REPORT_PERIOD_S = 1.0
_SPIN_S = 0.2


class RateWindow:
    """Times between the last messages of a topic; times are in seconds."""

    def __init__(self, size: int) -> None:
        self._intervals: deque[float] = deque(maxlen=max(size - 1, 1))
        self._last: float | None = None
        self._fresh = False

    def add(self, now_s: float) -> None:
        """Note a message; time that went backwards starts the window anew."""
        if self._last is not None and now_s < self._last:
            self._intervals.clear()
        elif self._last is not None:
            self._intervals.append(now_s - self._last)
        self._last = now_s
        self._fresh = True

    def report(self) -> tuple[float, float, float, float, int] | None:
        """Return rate (1/s), shortest, longest and standard deviation of the intervals, and their number + 1.

        None if nothing came since the last report, or too little to tell.
        """
        total = math.fsum(self._intervals)
        if not self._fresh or not self._intervals or total <= 0.0:
            return None
        self._fresh = False
        count = len(self._intervals)
        mean = total / count
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in self._intervals) / count)
        return 1.0 / mean, min(self._intervals), max(self._intervals), deviation, count + 1


class HzVerb(VerbExtension):
    """Print the average publishing rate to screen."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import TopicNameCompleter, positive_int

        add_arguments(parser)
        topic = parser.add_argument(
            "topic_name", nargs="+", help="Names of the ROS topics to listen to (e.g. '/chatter')"
        )
        topic.completer = TopicNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument(
            "--window",
            "-w",
            dest="window_size",
            type=positive_int,
            default=DEFAULT_WINDOW_SIZE,
            help=f"Window size, in # of messages, for calculating rate (default: {DEFAULT_WINDOW_SIZE})",
            metavar="WINDOW",
        )
        parser.add_argument(
            "--filter", dest="filter_expr", help="Only measure messages matching the Python expression over m"
        )
        parser.add_argument(
            "--wall-time", dest="use_wtime", action="store_true", help="Calculates rate using wall time"
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Print rates once a second until Ctrl-C."""
        from rclpy.qos import QoSHistoryPolicy, QoSProfile, QoSReliabilityPolicy

        from ..api import get_msg_class, has_publishers
        from .echo import _compile_filter

        accept = _compile_filter(args.filter_expr)
        windows: dict[str, RateWindow] = {}
        with DirectNode(args, until=lambda node: has_publishers(node, args.topic_name)) as direct:
            node = direct.node

            def now() -> float:
                if args.use_sim_time and not args.use_wtime:
                    return float(node.get_clock().now().nanoseconds) * 1e-9
                return time.monotonic()

            qos = QoSProfile(
                history=QoSHistoryPolicy.KEEP_LAST, depth=1000, reliability=QoSReliabilityPolicy.BEST_EFFORT
            )
            for name in args.topic_name:
                message_class = get_msg_class(node, name, blocking=True, include_hidden_topics=True)
                window = windows[name] = RateWindow(args.window_size)

                def count(msg: Any, window: RateWindow = window) -> None:
                    if accept is None or accept(msg):
                        window.add(now())

                node.create_subscription(message_class, name, count, qos, raw=accept is None)
            report_for_ever(node, lambda: _print_rates(windows))


def report_for_ever(node: Any, report: Callable[[], None]) -> None:
    """Spin a node, and call `report` once a second, until Ctrl-C."""
    import rclpy

    next_report = time.monotonic() + _REPORT_PERIOD_S
    while rclpy.ok():
        rclpy.spin_once(node, timeout_sec=max(0.0, min(_SPIN_S, next_report - time.monotonic())))
        if time.monotonic() >= next_report:
            next_report += _REPORT_PERIOD_S
            report()


def _print_rates(windows: dict[str, RateWindow]) -> None:
    for name, window in windows.items():
        values = window.report()
        if values is None:
            continue
        rate, shortest, longest, deviation, count = values
        heading = f"{name}: " if len(windows) > 1 else ""
        print(
            f"{heading}average rate: {rate:.3f}\n"
            f"\tmin: {shortest:.3f}s max: {longest:.3f}s std dev: {deviation:.5f}s window: {count}",
            flush=True,
        )
