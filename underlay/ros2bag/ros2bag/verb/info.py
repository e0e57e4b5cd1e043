"""Describes bags."""

from __future__ import annotations

import argparse

from . import VerbExtension


class InfoVerb(VerbExtension):
    """Print information about a bag to the screen."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_standard_reader_args

        add_standard_reader_args(parser)
        parser.add_argument("-t", "--topic-name", action="store_true", help="Only display topic names")
        parser.add_argument(
            "-v", "--verbose", action="store_true", help="Display the size of each topic, which reads the bag"
        )
        parser.add_argument(
            "--sort",
            default="name",
            choices=["name", "type", "count"],
            help="Order of topics (default: name)",
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Print it."""
        from rosbag2_py import Info

        info = Info()
        metadata = info.read_metadata(args.bag_path, args.storage)
        if args.verbose:
            info.print_output_verbose(args.bag_path, metadata, args.sort)
        elif args.topic_name:
            info.print_output_topic_name_only(metadata, args.sort)
        else:
            info.print_output(metadata, args.sort)
