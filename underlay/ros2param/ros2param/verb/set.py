"""Sets parameters."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import add_arguments

from . import VerbExtension


class SetVerb(VerbExtension):
    """Set parameter."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_node_name, add_timeout

        add_arguments(parser)
        add_node_name(parser)
        add_timeout(parser)
        parser.add_argument(
            "words",
            nargs="+",
            metavar="parameter_name value",
            help="Names of parameters, each with its value",
        )

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Set them; an error text tells those that were refused."""
        from rcl_interfaces.msg import Parameter
        from rclpy.parameter import get_parameter_value

        from ..api import call_set_parameters, open_node

        if len(args.words) % 2:
            return "Must provide parameter name and value pairs"
        parameters = [
            Parameter(name=name, value=get_parameter_value(text))
            for name, text in zip(args.words[::2], args.words[1::2], strict=True)
        ]
        with open_node(args) as direct:
            response = call_set_parameters(node=direct.node, node_name=args.node_name, parameters=parameters)
        failed = []
        for parameter, result in zip(parameters, response.results, strict=True):
            if result.successful:
                print("Set parameter successful" + (f": {result.reason}" if result.reason else ""))
            else:
                failed.append(f"Setting parameter failed: {parameter.name}: {result.reason}")
        return "\n".join(failed) or None
