"""Tells about a topic."""

from __future__ import annotations

import argparse

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class InfoVerb(VerbExtension):
    """Print information about a topic."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import TopicNameCompleter

        add_arguments(parser)
        argument = parser.add_argument(
            "topic_name", help="Name of the ROS topic to get info (e.g. '/chatter')"
        )
        argument.completer = TopicNameCompleter()  # type: ignore[attr-defined]
        parser.add_argument(
            "-v",
            "--verbose",
            action="store_true",
            help="Prints detailed information like the node name, node namespace, topic type, GUID and QoS "
            "Profile of the publishers and subscribers to this topic",
        )

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it."""
        from ..api import expand_name, get_topic_names_and_types

        with NodeStrategy(args) as node:
            wanted = expand_name(node, args.topic_name)
            types = dict(get_topic_names_and_types(node=node, include_hidden_topics=True)).get(wanted, [])
            if not types:
                return f"Unknown topic '{args.topic_name}'"
            publishers = node.get_publishers_info_by_topic(wanted)
            subscriptions = node.get_subscriptions_info_by_topic(wanted)
        print(f"Type: {types[0] if len(types) == 1 else types}", end="\n\n" if args.verbose else "\n")
        for title, infos in (("Publisher", publishers), ("Subscription", subscriptions)):
            print(f"{title} count: {len(infos)}", end="\n\n" if args.verbose else "\n")
            if args.verbose:
                for info in infos:
                    print(info, end="\n\n")
        return None
