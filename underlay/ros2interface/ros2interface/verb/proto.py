"""Shows an interface with its defaults."""

from __future__ import annotations

import argparse

from . import VerbExtension


class ProtoVerb(VerbExtension):
    """Output an interface prototype."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import complete_interface

        argument = parser.add_argument(
            "type", help="Show a prototype of an interface (e.g. 'std_msgs/msg/String')"
        )
        argument.completer = complete_interface  # type: ignore[attr-defined]
        parser.add_argument("--no-quotes", action="store_true", help="Output without outer quotes")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it as YAML, which `ros2 topic pub` and `ros2 service call` take."""
        from rosidl_runtime_py import message_to_yaml
        from rosidl_runtime_py.utilities import get_interface

        try:
            interface = get_interface(args.type)
        except (AttributeError, ModuleNotFoundError, ValueError) as error:
            return f"Unknown interface '{args.type}': {error}"
        message_class = getattr(interface, "Request", getattr(interface, "Goal", interface))
        text = message_to_yaml(message_class())
        print(text if args.no_quotes else f'"{text}"')
        return None
