"""Deletes parameters."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import add_arguments

from . import VerbExtension


class DeleteVerb(VerbExtension):
    """Delete parameter."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_node_name, add_timeout

        add_arguments(parser)
        add_node_name(parser)
        add_timeout(parser)
        parser.add_argument("parameter_name", help="Name of the parameter")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Delete it; only parameters that were declared with a dynamic type can be."""
        from rcl_interfaces.msg import Parameter

        from ..api import call_set_parameters, open_node

        with open_node(args) as direct:
            response = call_set_parameters(
                node=direct.node, node_name=args.node_name, parameters=[Parameter(name=args.parameter_name)]
            )
        result = response.results[0]
        if not result.successful:
            return f"Deleting parameter failed: {result.reason}"
        print("Deleted parameter successfully")
        return None
