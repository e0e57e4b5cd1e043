"""Tells the type of an action."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class TypeVerb(VerbExtension):
    """Print an action's type."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_action_name

        add_arguments(parser)
        add_action_name(parser)

    def main(self, *, args: argparse.Namespace) -> int:
        """Print it; return 1 if there is no such action."""
        from ..api import expand_name, get_action_names_and_types

        with NodeStrategy(args) as node:
            types = dict(get_action_names_and_types(node=node)).get(expand_name(node, args.action_name), [])
        for name in types:
            print(name)
        return 0 if types else 1
