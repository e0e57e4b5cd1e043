"""Measures bandwidth."""

from __future__ import annotations

import argparse
import time
from collections import deque
from typing import Any

from ros2cli.node.direct import DirectNode
from ros2cli.node.strategy import add_arguments
from ros2cli.qos import add_qos_arguments, choose_qos

from . import VerbExtension

DEFAULT_WINDOW_SIZE = 100


class SizeWindow:
    """Sizes (bytes) and times (seconds) of the last messages of a topic."""

    def __init__(self, size: int) -> None:
        self._messages: deque[tuple[float, int]] = deque(maxlen=size)

    def add(self, now_s: float, size: int) -> None:
        """Note a message."""
        self._messages.append((now_s, size))

    def report(self, now_s: float) -> tuple[float, int, float, int, int] | None:
        """Return bytes per second, number of messages, mean, smallest and largest size; None for < 2 messages."""
        if len(self._messages) < 2 or now_s <= self._messages[0][0]:
            return None
        sizes = [size for _, size in self._messages]
        rate = sum(sizes) / (now_s - self._messages[0][0])
        return rate, len(sizes), sum(sizes) / len(sizes), min(sizes), max(sizes)


def human_size(size: float) -> str:
    """Return a number of bytes as people read it."""
    for limit, unit in ((1_000_000, "MB"), (1_000, "KB")):
        if size >= limit:
            return f"{size / limit:.2f} {unit}"
    return f"{size:.0f} B"


class BwVerb(VerbExtension):
    """Display bandwidth used by topic."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import TopicNameCompleter, positive_int

        add_arguments(parser)
        topic = parser.add_argument("topic_name", help="Topic name to monitor for bandwidth utilization")
        topic.completer = TopicNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument(
            "--window",
            "-w",
            dest="window_size",
            type=positive_int,
            default=DEFAULT_WINDOW_SIZE,
            help=f"Maximum window size, in # of messages, for calculating rate (default: {DEFAULT_WINDOW_SIZE})",
            metavar="WINDOW",
        )
        add_qos_arguments(parser, "subscribe", "sensor_data")

    def main(self, *, args: argparse.Namespace) -> None:
        """Print the bandwidth once a second until Ctrl-C."""
        from ..api import get_msg_class, has_publishers
        from .hz import report_for_ever

        window = SizeWindow(args.window_size)
        with DirectNode(args, until=lambda node: has_publishers(node, [args.topic_name])) as direct:
            node = direct.node
            message_class = get_msg_class(node, args.topic_name, blocking=True, include_hidden_topics=True)

            def count(data: bytes) -> None:
                window.add(time.monotonic(), len(data))

            qos = choose_qos(node, args.topic_name, args)
            node.create_subscription(message_class, args.topic_name, count, qos, raw=True)
            print(f"Subscribed to [{args.topic_name}]", flush=True)
            report_for_ever(node, lambda: _print_bandwidth(window.report(time.monotonic())))


def _print_bandwidth(values: Any) -> None:
    if values is None:
        return
    rate, count, mean, smallest, largest = values
    print(
        f"{human_size(rate)}/s from {count} messages\n"
        f"\tMessage size mean: {human_size(mean)} min: {human_size(smallest)} max: {human_size(largest)}",
        flush=True,
    )
