"""Sets parameters from files."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import add_arguments

from . import VerbExtension


class LoadVerb(VerbExtension):
    """Load parameter file for a node."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_node_name, add_timeout

        add_arguments(parser)
        add_node_name(parser)
        add_timeout(parser)
        parser.add_argument("parameter_file", help="Parameter file")
        parser.add_argument(
            "--no-use-wildcard",
            action="store_true",
            help="Do not load parameters in the '/**' namespace into the node",
        )

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Set them."""
        from ..api import load_parameter_file, open_node

        with open_node(args) as direct:
            return load_parameter_file(
                node=direct.node,
                node_name=args.node_name,
                parameter_file=args.parameter_file,
                use_wildcard=not args.no_use_wildcard,
            )
