"""Tells about a service."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class InfoVerb(VerbExtension):
    """Print information about a service."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import ServiceNameCompleter

        add_arguments(parser)
        argument = parser.add_argument("service_name", help="Name of the ROS service to get info")
        argument.completer = ServiceNameCompleter()  # type: ignore[attr-defined]

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it."""
        from ..api import count_endpoints, expand_name

        with NodeStrategy(args) as node:
            name = expand_name(node, args.service_name)
            types = dict(node.get_service_names_and_types()).get(name)
            if types is None:
                return f"Unknown service '{args.service_name}'"
            clients, services = count_endpoints(node, name)
        print(f"Type: {types[0] if len(types) == 1 else types}")
        print(f"Clients count: {clients}")
        print(f"Services count: {services}")
        return None
