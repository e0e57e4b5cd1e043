"""Lists actions."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class ListVerb(VerbExtension):
    """Output a list of action names."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        add_arguments(parser)
        parser.add_argument(
            "-t", "--show-types", action="store_true", help="Additionally show the action type"
        )
        parser.add_argument(
            "-c", "--count-actions", action="store_true", help="Only display the number of actions discovered"
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        from ..api import get_action_names_and_types

        with NodeStrategy(args) as node:
            actions = get_action_names_and_types(node=node)
        if args.count_actions:
            print(len(actions))
            return
        for name, types in sorted(actions):
            print(f"{name} [{', '.join(types)}]" if args.show_types else name)
