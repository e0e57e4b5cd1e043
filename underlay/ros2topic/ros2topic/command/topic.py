"""Looks at topics."""

import argparse

from ros2cli.verb.verb_command import VerbCommand


class TopicCommand(VerbCommand):
    """Various topic related sub-commands."""

    VERB_GROUP = "ros2topic.verb"

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the verbs."""
        parser.add_argument(
            "--include-hidden-topics", action="store_true", help="Consider hidden topics as well"
        )
        super().add_arguments(parser, cli_name)
