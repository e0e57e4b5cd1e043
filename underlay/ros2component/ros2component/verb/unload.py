"""Unloads components."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import add_arguments

from . import VerbExtension


class UnloadVerb(VerbExtension):
    """Unload a component from a container node."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_container_name

        add_arguments(parser)
        add_container_name(parser)
        parser.add_argument(
            "component_uid", type=int, nargs="+", help="Unique ID of the component to be unloaded"
        )
        parser.add_argument(
            "-q", "--quiet", action="store_true", help="Do not print component unload information"
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Unload them."""
        from ..api import open_container, unload_component_from_container

        with open_container(args) as direct:
            for number in args.component_uid:
                unload_component_from_container(
                    node=direct.node, container_node_name=args.container_node_name, unique_id=number
                )
                if not args.quiet:
                    print(f"Unloaded component {number} from '{args.container_node_name}' container node")
