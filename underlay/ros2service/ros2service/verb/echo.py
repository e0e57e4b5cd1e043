"""Shows calls of a service."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from ros2cli.node.direct import DirectNode, add_arguments

from . import VerbExtension

_EVENTS = ("REQUEST_SENT", "REQUEST_RECEIVED", "RESPONSE_SENT", "RESPONSE_RECEIVED")
"""Names of the event types of service_msgs/msg/ServiceEventInfo."""
_SPIN_S = 0.2
_PATIENCE_S = 1.0


class EchoVerb(VerbExtension):
    """Echo a service whose client or server has introspection on."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import ServiceNameCompleter

        add_arguments(parser)
        name = parser.add_argument(
            "service_name", help="Name of the ROS service to echo (e.g. '/add_two_ints')"
        )
        name.completer = ServiceNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument(
            "service_type", nargs="?", help="Type of the ROS service (e.g. 'std_srvs/srv/Empty')"
        )
        parser.add_argument(
            "--csv", action="store_true", help="Output all recursive fields separated by commas"
        )
        parser.add_argument("-f", "--full-length", action="store_true", help="Output all elements")
        parser.add_argument(
            "-l", "--truncate-length", type=int, default=128, help="Longest array or string (default: 128)"
        )
        parser.add_argument("--no-arr", action="store_true", help="Don't print array fields")
        parser.add_argument("--no-str", action="store_true", help="Don't print string fields")
        parser.add_argument("--flow-style", action="store_true", help="Print collections in the block style")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print requests and responses until Ctrl-C."""
        import rclpy
        from rclpy.qos import qos_profile_services_default
        from ros2cli.node.calls import has_service

        from ..api import expand_name, get_class

        def there(node: Any) -> bool:
            return has_service(node, expand_name(node, args.service_name))

        with DirectNode(args, until=there) as direct:
            node = direct.node
            name = expand_name(node, args.service_name)
            types = (
                [args.service_type]
                if args.service_type
                else dict(node.get_service_names_and_types()).get(name)
            )
            if not types:
                return f"Unknown service '{args.service_name}'"
            topic = f"{name}/_service_event"
            subscription = node.create_subscription(
                get_class(types[0]).Event,
                topic,
                lambda event: _show(event, args),
                qos_profile_services_default,
            )
            patience = time.monotonic() + _PATIENCE_S
            while rclpy.ok():
                rclpy.spin_once(node, timeout_sec=_SPIN_S)
                if time.monotonic() > patience:
                    patience = float("inf")
                    if not subscription.get_publisher_count():
                        print(
                            f"No publishers on topic '{topic}'; is service introspection on the client or server "
                            "enabled?",
                            flush=True,
                        )
        return None


def _show(event: Any, args: argparse.Namespace) -> None:
    import yaml
    from rosidl_runtime_py import message_to_csv, message_to_ordereddict

    options = {
        "truncate_length": None if args.full_length else args.truncate_length,
        "no_arr": args.no_arr,
        "no_str": args.no_str,
    }
    if args.csv:
        print(message_to_csv(event, **options), flush=True)
        return
    fields = _plain(message_to_ordereddict(event, **options))
    fields["info"]["event_type"] = _EVENTS[event.info.event_type]
    text = yaml.safe_dump(
        fields, allow_unicode=True, width=sys.maxsize, default_flow_style=args.flow_style, sort_keys=False
    )
    print(f"{text}---", flush=True)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value
