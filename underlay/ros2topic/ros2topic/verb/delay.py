"""Measures how old messages are when they arrive."""

from __future__ import annotations

import argparse
import statistics
from collections import deque
from typing import Any

from ros2cli.node.direct import DirectNode
from ros2cli.node.strategy import add_arguments

from . import VerbExtension

DEFAULT_WINDOW_SIZE = 10000


class DelayVerb(VerbExtension):
    """Display delay of topic from timestamp in header."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import TopicNameCompleter, positive_int

        add_arguments(parser)
        topic = parser.add_argument("topic_name", help="Topic name to calculate the delay for")
        topic.completer = TopicNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument(
            "--window",
            "-w",
            dest="window_size",
            type=positive_int,
            default=DEFAULT_WINDOW_SIZE,
            help=f"Window size, in # of messages, for calculating delay (default: {DEFAULT_WINDOW_SIZE})",
            metavar="WINDOW",
        )

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print the delay once a second until Ctrl-C."""
        from rclpy.qos import qos_profile_sensor_data
        from rclpy.time import Time

        from ..api import get_msg_class, has_publishers
        from .hz import report_for_ever

        delays: deque[float] = deque(maxlen=args.window_size)
        with DirectNode(args, until=lambda node: has_publishers(node, [args.topic_name])) as direct:
            node = direct.node
            message_class = get_msg_class(node, args.topic_name, blocking=True, include_hidden_topics=True)
            if "header" not in message_class.get_fields_and_field_types():
                return f"Messages of '{args.topic_name}' have no header"

            def measure(message: Any) -> None:
                stamp = Time.from_msg(message.header.stamp, clock_type=node.get_clock().clock_type)
                delays.append((node.get_clock().now() - stamp).nanoseconds * 1e-9)

            node.create_subscription(message_class, args.topic_name, measure, qos_profile_sensor_data)
            report_for_ever(node, lambda: _print_delay(delays))
        return None


def _print_delay(delays: deque[float]) -> None:
    if delays:
        print(
            f"average delay: {statistics.fmean(delays):.3f}\n"
            f"\tmin: {min(delays):.3f}s max: {max(delays):.3f}s std dev: {statistics.pstdev(delays):.5f}s "
            f"window: {len(delays)}",
            flush=True,
        )
