"""Publishes messages."""

from __future__ import annotations

import argparse
import time
from typing import Any

from ros2cli.helpers import add_values, values_from
from ros2cli.node.direct import DirectNode, add_arguments
from ros2cli.qos import add_qos_arguments, qos_from_args

from . import VerbExtension

_KEEP_ALIVE_S = 0.1
_SPIN_S = 0.1


class PubVerb(VerbExtension):
    """Publish a message to a topic."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import TopicNameCompleter, positive_float, positive_int

        add_arguments(parser)
        topic = parser.add_argument(
            "topic_name", help="Name of the ROS topic to publish to (e.g. '/chatter')"
        )
        topic.completer = TopicNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument("message_type", help="Type of the ROS message (e.g. 'std_msgs/msg/String')")
        add_values(parser, "Values to fill the message with in YAML format (e.g. 'data: Hello World')")
        parser.add_argument(
            "-r",
            "--rate",
            metavar="N",
            type=positive_float,
            default=1.0,
            help="Publishing rate in Hz (default: 1)",
        )
        parser.add_argument(
            "-p",
            "--print",
            metavar="N",
            type=positive_int,
            default=1,
            help="Only print every N-th published message (default: 1)",
        )
        group = parser.add_mutually_exclusive_group()
        group.add_argument("-1", "--once", action="store_true", help="Publish one message and exit")
        group.add_argument(
            "-t", "--times", type=positive_int, default=0, help="Publish this number of times and then exit"
        )
        parser.add_argument(
            "-w",
            "--wait-matching-subscriptions",
            type=int,
            default=None,
            help="Wait until finding the specified number of matching subscriptions (default: 1 with --once or --times)",
        )
        parser.add_argument(
            "--max-wait-time-secs",
            type=positive_float,
            default=None,
            help="Longest time to wait for matching subscriptions",
        )
        parser.add_argument(
            "--keep-alive",
            metavar="N",
            type=positive_float,
            default=_KEEP_ALIVE_S,
            help="Keep publishing node alive for N seconds after the last msg (default: 0.1)",
        )
        parser.add_argument("-n", "--node-name", help="Name of the created publishing node")
        add_qos_arguments(parser, "publish", "default")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Publish until Ctrl-C or as often as the arguments say."""
        import yaml
        from rosidl_runtime_py import set_message_fields

        from ..api import get_class

        message_class = get_class(args.message_type)
        message = message_class()
        try:
            values = yaml.safe_load(values_from(args)) or {}
            setters = set_message_fields(message, values, expand_header_auto=True, expand_time_now=True)
        except (yaml.YAMLError, ValueError, AttributeError, TypeError) as error:
            return f"Failed to populate field: {error}"
        times = 1 if args.once else args.times
        args.spin_time = 0.0 if args.spin_time is None else args.spin_time
        with DirectNode(args, node_name=args.node_name) as direct:
            node = direct.node
            publisher = node.create_publisher(message_class, args.topic_name, qos_from_args(args, "default"))
            wanted = args.wait_matching_subscriptions
            missing = _wait_for_subscriptions(
                node, publisher, int(times > 0) if wanted is None else wanted, args.max_wait_time_secs
            )
            if missing is not None:
                return missing
            print("publisher: beginning loop")
            _publish(node, publisher, message, setters, times, args)
            _spin_until(node, time.monotonic() + args.keep_alive)
        return None


def _wait_for_subscriptions(node: Any, publisher: Any, wanted: int, limit: float | None) -> str | None:
    import rclpy

    start = said = time.monotonic()
    while rclpy.ok() and publisher.get_subscription_count() < wanted:
        now = time.monotonic()
        if limit is not None and now - start > limit:
            return f"Timed out waiting for subscribers: Expected {wanted} subscribers but only got {publisher.get_subscription_count()}"
        if now - said > 1.0:
            print(f"Waiting for at least {wanted} matching subscription(s)...")
            said = now
        rclpy.spin_once(node, timeout_sec=_SPIN_S)
    return None


def _spin_until(node: Any, deadline: float) -> None:
    import rclpy

    while rclpy.ok():
        wait = deadline - time.monotonic()
        if wait <= 0.0:
            return
        rclpy.spin_once(node, timeout_sec=min(wait, _SPIN_S))


def _publish(
    node: Any, publisher: Any, message: Any, setters: list[Any], times: int, args: argparse.Namespace
) -> None:
    import rclpy

    count = 0
    due = time.monotonic()
    while rclpy.ok() and (times == 0 or count < times):
        stamp = node.get_clock().now().to_msg()
        for setter in setters:
            setter(stamp)
        count += 1
        if count % args.print == 0:
            print(f"publishing #{count}: {message!r}\n", flush=True)
        publisher.publish(message)
        due += 1.0 / args.rate
        if times == 0 or count < times:
            _spin_until(node, due)
