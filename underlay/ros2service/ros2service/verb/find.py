"""Finds services by type."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class FindVerb(VerbExtension):
    """Output a list of available services of a given type."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        add_arguments(parser)
        parser.add_argument("service_type", help="Name of the ROS service type to filter for")
        parser.add_argument(
            "-c",
            "--count-services",
            action="store_true",
            help="Only display the number of services discovered",
        )
        parser.add_argument(
            "--include-hidden-services", action="store_true", help="Consider hidden services as well"
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        from ..api import get_service_names_and_types

        with NodeStrategy(args) as node:
            services = get_service_names_and_types(
                node=node, include_hidden_services=args.include_hidden_services
            )
        names = sorted(name for name, types in services if args.service_type in types)
        print(len(names) if args.count_services else "\n".join(names))
