"""Calls services."""

from __future__ import annotations

import argparse
import time
from typing import Any

from ros2cli.helpers import add_values, values_from
from ros2cli.node.direct import DirectNode, add_arguments

from . import VerbExtension


def _positive(text: str) -> float:
    value = float(text)
    if not 0.0 < value < float("inf"):
        raise argparse.ArgumentTypeError(f"{text} must be positive")
    return value


class CallVerb(VerbExtension):
    """Call a service."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import ServiceNameCompleter

        add_arguments(parser)
        argument = parser.add_argument(
            "service_name", help="Name of the ROS service to call (e.g. '/add_two_ints')"
        )
        argument.completer = ServiceNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument("service_type", help="Type of the ROS service (e.g. 'std_srvs/srv/Empty')")
        add_values(parser, "Values to fill the service request with in YAML format (e.g. '{a: 1, b: 2}')")
        parser.add_argument(
            "-r", "--rate", metavar="N", type=_positive, help="Repeat the call at a rate in Hz"
        )

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Call once, or until Ctrl-C with `--rate`."""
        import rclpy
        import yaml
        from ros2cli.node.calls import call, has_service
        from rosidl_runtime_py import set_message_fields

        from ..api import expand_name, get_class

        service_class = get_class(args.service_type)
        request = service_class.Request()
        try:
            set_message_fields(request, yaml.safe_load(values_from(args)) or {})
        except (yaml.YAMLError, ValueError, AttributeError, TypeError) as error:
            return f"Failed to populate field: {error}"

        def there(node: Any) -> bool:
            return has_service(node, expand_name(node, args.service_name))

        with DirectNode(args, until=there) as direct:
            node = direct.node
            client = node.create_client(service_class, args.service_name)
            if not client.service_is_ready():
                print("waiting for service to become available...")
                while not client.wait_for_service(timeout_sec=0.2):
                    pass
            due = time.monotonic()
            while rclpy.ok():
                print(f"requester: making request: {request!r}\n")
                print(f"response:\n{call(node, client, request, None)!r}\n", flush=True)
                if args.rate is None:
                    break
                due += 1.0 / args.rate
                time.sleep(max(0.0, due - time.monotonic()))
        return None
