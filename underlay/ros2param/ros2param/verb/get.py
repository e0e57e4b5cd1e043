"""Shows a parameter."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import add_arguments

from . import VerbExtension

_LABELS = (
    "Parameter not set.", "Boolean value is:", "Integer value is:", "Double value is:", "String value is:",
    "Byte values are:", "Boolean values are:", "Integer values are:", "Double values are:",
    "String values are:",
)  # fmt: skip


class GetVerb(VerbExtension):
    """Get parameter."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_node_name, add_timeout

        add_arguments(parser)
        add_node_name(parser)
        add_timeout(parser)
        parser.add_argument("parameter_name", help="Name of the parameter")
        parser.add_argument("--hide-type", action="store_true", help="Hide the type information")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it."""
        from ..api import call_get_parameters, get_value, open_node

        with open_node(args) as direct:
            response = call_get_parameters(
                node=direct.node, node_name=args.node_name, parameter_names=[args.parameter_name]
            )
        if not response.values:
            return "Parameter not set"
        value = get_value(parameter_value=response.values[0])
        if value is None:
            print(_LABELS[0])
            return None
        print(value if args.hide_type else f"{_LABELS[response.values[0].type]} {value}")
        return None
