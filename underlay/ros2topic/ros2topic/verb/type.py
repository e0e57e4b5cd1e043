"""Tells the type of a topic."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class TypeVerb(VerbExtension):
    """Print a topic's type."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import TopicNameCompleter

        add_arguments(parser)
        argument = parser.add_argument(
            "topic_name", help="Name of the ROS topic to get type (e.g. '/chatter')"
        )
        argument.completer = TopicNameCompleter()  # type: ignore[attr-defined]

    def main(self, *, args: argparse.Namespace) -> int:
        """Print it; return 1 if there is no such topic."""
        from ..api import expand_name, get_topic_names_and_types

        with NodeStrategy(args) as node:
            wanted = expand_name(node, args.topic_name)
            types = dict(get_topic_names_and_types(node=node, include_hidden_topics=True)).get(wanted, [])
        for name in types:
            print(name)
        return 0 if types else 1
