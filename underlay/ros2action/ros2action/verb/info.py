"""Tells about an action."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class InfoVerb(VerbExtension):
    """Print information about an action."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_action_name

        add_arguments(parser)
        add_action_name(parser)
        parser.add_argument(
            "-t", "--show-types", action="store_true", help="Additionally show the action type"
        )
        parser.add_argument("-c", "--count", action="store_true", help="Only display the number of nodes")

    def main(self, *, args: argparse.Namespace) -> None:
        """Print the nodes that use and offer it."""
        from ..api import expand_name, get_action_clients_and_servers

        with NodeStrategy(args) as node:
            name = expand_name(node, args.action_name)
            clients, servers = get_action_clients_and_servers(node=node, action_name=name)
        print(f"Action: {name}")
        for title, nodes in (("Action clients", clients), ("Action servers", servers)):
            print(f"{title}: {len(nodes)}")
            if not args.count:
                for node_name, types in nodes:
                    print(f"    {node_name} [{', '.join(types)}]" if args.show_types else f"    {node_name}")
