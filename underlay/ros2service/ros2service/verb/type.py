"""Tells the type of a service."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class TypeVerb(VerbExtension):
    """Output a service's type."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import ServiceNameCompleter

        add_arguments(parser)
        argument = parser.add_argument("service_name", help="Name of the ROS service to get type")
        argument.completer = ServiceNameCompleter()  # type: ignore[attr-defined]

    def main(self, *, args: argparse.Namespace) -> int:
        """Print it; return 1 if there is no such service."""
        from ..api import expand_name

        with NodeStrategy(args) as node:
            types = dict(node.get_service_names_and_types()).get(expand_name(node, args.service_name), [])
        for name in types:
            print(name)
        return 0 if types else 1
