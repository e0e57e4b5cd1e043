"""Finds actions by type."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class FindVerb(VerbExtension):
    """Find actions from type."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        add_arguments(parser)
        parser.add_argument("action_type", help="Name of the ROS action type to find")
        parser.add_argument(
            "-c", "--count-actions", action="store_true", help="Only display the number of actions discovered"
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        from ..api import get_action_names_and_types

        with NodeStrategy(args) as node:
            actions = get_action_names_and_types(node=node)
        names = sorted(name for name, types in actions if args.action_type in types)
        print(len(names) if args.count_actions else "\n".join(names))
