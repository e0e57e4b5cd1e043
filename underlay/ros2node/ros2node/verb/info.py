"""Tells about a node."""

from __future__ import annotations

import argparse
import sys

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class InfoVerb(VerbExtension):
    """Output information about a node."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import NodeNameCompleter

        add_arguments(parser)
        argument = parser.add_argument("node_name", help="Node name to request information")
        argument.completer = NodeNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument(
            "--include-hidden",
            action="store_true",
            help="Display hidden topics, services, and actions as well",
        )

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it."""
        from .. import api

        wanted = api.get_absolute_node_name(args.node_name)
        sections = (
            ("Subscribers", api.get_subscriber_info),
            ("Publishers", api.get_publisher_info),
            ("Service Servers", api.get_service_server_info),
            ("Service Clients", api.get_service_client_info),
            ("Action Servers", api.get_action_server_info),
            ("Action Clients", api.get_action_client_info),
        )
        with NodeStrategy(args) as node:
            names = [name.full_name for name in api.get_node_names(node=node, include_hidden_nodes=True)]
            if wanted not in names:
                return f"Unable to find node '{args.node_name}'"
            if names.count(wanted) > 1:
                text = api.INFO_NONUNIQUE_WARNING_TEMPLATE
                print(text.format(num_nodes=names.count(wanted), node_name=wanted), file=sys.stderr)
            print(wanted)
            for title, query in sections:
                infos = query(node=node, remote_node_name=wanted, include_hidden=args.include_hidden)
                print(f"  {title}:")
                print("\n".join(f"    {info.name}: {', '.join(info.types)}" for info in infos))
        return None
