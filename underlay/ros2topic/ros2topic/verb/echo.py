"""Shows messages."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from ros2cli.node.direct import DirectNode
from ros2cli.node.strategy import add_arguments
from ros2cli.qos import add_qos_arguments, choose_qos

from . import VerbExtension

DEFAULT_TRUNCATE_LENGTH = 128
_SPIN_S = 0.2
_CLEAR = "\x1b[H\x1b[2J\x1b[3J"
"""Cursor to the corner, erase what is seen, erase what was scrolled away (ECMA-48; the last is xterm's)."""


class EchoVerb(VerbExtension):
    """Output messages from a topic."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import TopicNameCompleter, positive_float, positive_int

        add_arguments(parser)
        topic = parser.add_argument("topic_name", help="Name of the ROS topic to listen to (e.g. '/chatter')")
        topic.completer = TopicNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument(
            "message_type", nargs="?", help="Type of the ROS message (e.g. 'std_msgs/msg/String')"
        )
        add_qos_arguments(parser, "subscribe", "sensor_data")
        parser.add_argument(
            "--csv", action="store_true", help="Output all recursive fields separated by commas"
        )
        parser.add_argument(
            "--field",
            action="append",
            help="Echo a selected field of a message, e.g. 'pose.position' or 'ranges[0]'; may be given several times",
        )
        parser.add_argument(
            "-f",
            "--full-length",
            action="store_true",
            help="Output all elements for arrays, bytes, and strings",
        )
        parser.add_argument(
            "-l",
            "--truncate-length",
            type=positive_int,
            default=DEFAULT_TRUNCATE_LENGTH,
            help=f"The length to truncate arrays, bytes, and strings to (default: {DEFAULT_TRUNCATE_LENGTH})",
        )
        parser.add_argument("--no-arr", action="store_true", help="Don't print array fields of messages")
        parser.add_argument("--no-str", action="store_true", help="Don't print string fields of messages")
        parser.add_argument("--flow-style", action="store_true", help="Print collections in the block style")
        parser.add_argument(
            "--no-lost-messages", action="store_true", help="Don't report when a message is lost"
        )
        parser.add_argument("--raw", action="store_true", help="Echo the raw binary representation")
        parser.add_argument(
            "--filter",
            dest="filter_expr",
            help="Python expression over m; only messages it is true for are printed",
        )
        parser.add_argument(
            "--once", action="store_true", help="Print the first message received and then exit"
        )
        parser.add_argument("--timeout", type=positive_float, help="Set a timeout in seconds for waiting")
        parser.add_argument(
            "-i", "--include-message-info", action="store_true", help="Shows the associated message info"
        )
        parser.add_argument(
            "-c", "--clear", action="store_true", help="Clear screen before printing next message"
        )
        parser.add_argument("-n", "--node-name", help="Name of the echoing node (default: a hidden one)")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print messages until Ctrl-C, the first one with `--once`, or `--timeout`."""
        from ..api import get_class, get_msg_class, has_publishers

        def published(node: Any) -> bool:
            return has_publishers(node, [args.topic_name])

        with DirectNode(args, node_name=args.node_name, until=published) as direct:
            node = direct.node
            qos = choose_qos(node, args.topic_name, args)
            if args.message_type is None:
                message_class = get_msg_class(node, args.topic_name, include_hidden_topics=True)
                if message_class is None:
                    return (
                        f"WARNING: topic [{args.topic_name}] does not appear to be published yet\n"
                        "Could not determine the type for the passed topic"
                    )
            else:
                message_class = get_class(args.message_type)
            printer = MessagePrinter(args)
            events = None if args.no_lost_messages else _lost_messages()
            node.create_subscription(
                message_class, args.topic_name, printer, qos, event_callbacks=events, raw=args.raw
            )
            return _spin(node, printer, args.timeout)


def _lost_messages() -> Any:
    from rclpy.event_handler import SubscriptionEventCallbacks

    def report(status: Any) -> None:
        print(
            "A message was lost!!!\n"
            f"\ttotal count change:{status.total_count_change}\n\ttotal count: {status.total_count}---",
            flush=True,
        )

    return SubscriptionEventCallbacks(message_lost=report)


def _spin(node: Any, printer: MessagePrinter, timeout: float | None) -> str | None:
    import rclpy

    deadline = None if timeout is None else time.monotonic() + timeout
    while rclpy.ok() and not printer.done:
        wait = _SPIN_S if deadline is None else min(_SPIN_S, deadline - time.monotonic())
        if wait <= 0.0:
            return None
        rclpy.spin_once(node, timeout_sec=wait)
    return None


class MessagePrinter:
    """Subscription callback that prints messages as the arguments say; `done` after the first with `once`."""

    def __init__(self, args: argparse.Namespace) -> None:
        self._args = args
        self._filter = _compile_filter(args.filter_expr)
        self._options = {
            "truncate_length": None if args.full_length else args.truncate_length,
            "no_arr": args.no_arr,
            "no_str": args.no_str,
        }
        self._fields = [path for path in args.field or [] if path]
        self.done = False

    def __call__(self, msg: Any, info: Any = None) -> None:
        """Print a message."""
        args = self._args
        if self.done:
            return
        if args.raw:
            self._finish(str(msg) + "\n---")
            return
        if self._filter is not None and not self._filter(msg):
            return
        values = [_select(msg, path) for path in self._fields] or [msg]
        if args.csv:
            text = ",".join(self._csv(value) for value in values)
        else:
            text = "\n".join([*(self._yaml(value) for value in values), "---"])
        if args.include_message_info:
            text = f"{info}\n{text}"
        self._finish(text)

    def _finish(self, text: str) -> None:
        if self._args.clear:
            print(_CLEAR, end="")
        print(text, flush=True)
        self.done = self._args.once

    def _csv(self, value: Any) -> str:
        from rosidl_runtime_py import message_to_csv

        if hasattr(value, "get_fields_and_field_types"):
            return message_to_csv(value, **self._options)
        if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
            return str(value)
        return ",".join(self._csv(item) for item in self._cut(value))

    def _yaml(self, value: Any) -> str:
        from rosidl_runtime_py import message_to_yaml

        if hasattr(value, "get_fields_and_field_types"):
            return message_to_yaml(value, flow_style=self._args.flow_style, **self._options).rstrip("\n")
        if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
            return str(value)
        items = self._cut(value)
        if items and hasattr(items[0], "get_fields_and_field_types"):
            return "\n".join(self._yaml(item) for item in items)
        return str(items)

    def _cut(self, value: Any) -> list[Any]:
        length = self._options["truncate_length"]
        items = value if length is None else value[:length]
        plain = items.tolist() if hasattr(items, "tolist") else list(items)
        return plain if length is None or len(value) <= length else [*plain, "..."]


def _select(msg: Any, path: str) -> Any:
    value = msg
    for part in path.split("."):
        name, *indices = part.replace("]", "").split("[")
        try:
            value = getattr(value, name)
            for index in indices:
                value = value[int(index)]
        except (AttributeError, IndexError, ValueError) as error:
            raise RuntimeError(f"Invalid field '{path}': {error}") from error
    return value


def _compile_filter(expression: str | None) -> Callable[[Any], bool] | None:
    if expression is None:
        return None
    try:
        code = compile(expression, "<filter>", "eval")
    except SyntaxError as error:
        raise RuntimeError(f"the filter '{expression}' is no Python expression: {error}") from error
    return lambda m: bool(eval(code, {"m": m}))
