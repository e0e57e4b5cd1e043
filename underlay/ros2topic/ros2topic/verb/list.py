"""Lists topics."""

from __future__ import annotations

import argparse
from typing import Any

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


def _print_verbose(node: Any, topics: list[tuple[str, list[str]]]) -> None:
    for title, word, query in (
        ("Published topics:", "publisher", "get_publishers_info_by_topic"),
        ("Subscribed topics:", "subscriber", "get_subscriptions_info_by_topic"),
    ):
        print(title)
        for name, types in topics:
            count = len(getattr(node, query)(name))
            if count:
                print(f" * {name} [{', '.join(types)}] {count} {word}{'s' if count > 1 else ''}")
        print()


class ListVerb(VerbExtension):
    """Output a list of available topics."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        add_arguments(parser)
        parser.add_argument(
            "-t", "--show-types", action="store_true", help="Additionally show the topic type"
        )
        parser.add_argument(
            "-c", "--count-topics", action="store_true", help="Only display the number of topics discovered"
        )
        parser.add_argument(
            "--include-hidden-topics", action="store_true", help="Consider hidden topics as well"
        )
        parser.add_argument(
            "-v",
            "--verbose",
            action="store_true",
            help="List full details about each topic, including the type and number of publishers and subscribers",
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        from ..api import get_topic_names_and_types

        with NodeStrategy(args) as node:
            topics = sorted(
                get_topic_names_and_types(node=node, include_hidden_topics=args.include_hidden_topics)
            )
            if args.count_topics:
                print(len(topics))
            elif args.verbose:
                _print_verbose(node, topics)
            else:
                for name, types in topics:
                    print(f"{name} [{', '.join(types)}]" if args.show_types else name)
