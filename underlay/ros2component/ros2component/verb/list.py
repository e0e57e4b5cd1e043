"""Lists components."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class ListVerb(VerbExtension):
    """Output a list of running containers and components."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_container_name

        add_arguments(parser)
        add_container_name(parser, nargs="?")
        parser.add_argument("--containers-only", action="store_true", help="List found containers nodes only")

    def main(self, *, args: argparse.Namespace) -> None:
        """Print those of one container, or all with their containers."""
        from ..api import find_container_node_names, get_components_in_container, open_container

        if args.container_node_name:
            with open_container(args) as direct:
                found = get_components_in_container(
                    node=direct.node, container_node_name=args.container_node_name
                )
            print("".join(f"{number}  {name}\n" for number, name in found), end="")
            return
        with NodeStrategy(args) as strategy:
            node = strategy.direct_node.node
            for container in find_container_node_names(node=node):
                print(container)
                if args.containers_only:
                    continue
                for number, name in get_components_in_container(node=node, container_node_name=container):
                    print(f"  {number}  {name}")
