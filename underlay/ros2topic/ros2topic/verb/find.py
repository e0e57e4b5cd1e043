"""Finds topics by type."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class FindVerb(VerbExtension):
    """Output a list of available topics of a given type."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        add_arguments(parser)
        parser.add_argument("topic_type", help="Name of the ROS topic type to filter for")
        parser.add_argument(
            "-c", "--count-topics", action="store_true", help="Only display the number of topics discovered"
        )
        parser.add_argument(
            "--include-hidden-topics", action="store_true", help="Consider hidden topics as well"
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        from ..api import get_topic_names_and_types

        with NodeStrategy(args) as node:
            topics = get_topic_names_and_types(node=node, include_hidden_topics=args.include_hidden_topics)
        names = sorted(name for name, types in topics if args.topic_type in types)
        print(len(names) if args.count_topics else "\n".join(names))
