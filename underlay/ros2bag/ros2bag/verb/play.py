"""Plays bags."""

from __future__ import annotations

import argparse

from . import VerbExtension

_NANOSECONDS = 1_000_000_000


class PlayVerb(VerbExtension):
    """Play back ROS data from a bag."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from .. import api

        api.add_standard_reader_args(parser)
        add = parser.add_argument
        add(
            "--read-ahead-queue-size",
            type=int,
            default=1000,
            help="Accepted for upstream's sake: messages are read one by one",
        )
        add("-r", "--rate", type=api.check_positive_float, default=1.0, help="Rate at which to play back")
        add("--topics", default=[], metavar="topic", nargs="+", help="Topics to play (default: all)")
        add("-e", "--regex", default="", help="Play topics whose whole name matches the expression")
        add("-x", "--exclude-regex", default="", help="Do not play topics whose whole name matches")
        add("--exclude-topics", default=[], metavar="topic", nargs="+", help="Topics that are not played")
        api.add_qos_overrides(parser)
        add("-l", "--loop", action="store_true", help="Start again at the end")
        add("--remap", "-m", default=[], nargs="+", metavar="OLD:=NEW", help="Topics to rename")
        add(
            "--clock",
            type=api.check_positive_float,
            nargs="?",
            const=40.0,
            default=0.0,
            help="Publish to /clock at a frequency in Hz, to act as a ROS time source (default: off, 40 Hz if no value is given)",
        )
        add(
            "--clock-topics",
            default=[],
            nargs="+",
            help="Publish to /clock just before messages of these topics",
        )
        add("--clock-topics-all", action="store_true", help="Publish to /clock just before every message")
        add(
            "-d",
            "--delay",
            type=api.check_not_negative_float,
            default=0.0,
            help="Seconds to wait before playing",
        )
        add("--playback-duration", type=float, default=-1.0, help="Seconds of the bag to play (default: all)")
        add(
            "--playback-until-sec", type=float, default=-1.0, help="Stop at this time, in seconds since epoch"
        )
        add(
            "--playback-until-nsec",
            type=int,
            default=-1,
            help="Stop at this time, in nanoseconds since epoch",
        )
        add("--disable-keyboard-controls", action="store_true", help="Accepted: there are none")
        add(
            "--start-offset",
            type=api.check_not_negative_float,
            default=0.0,
            help="Seconds of the bag to leave out at its start",
        )
        add(
            "--wait-for-all-acked",
            type=api.check_not_negative_int,
            default=-1,
            metavar="TIMEOUT",
            help="At the end, wait so many milliseconds until reliable subscriptions have everything (0: for ever)",
        )
        add("--disable-loan-message", action="store_true", help="Accepted: messages are never loaned")
        api.add_log_level(parser)

    def main(self, *, args: argparse.Namespace) -> None:
        """Play."""
        from rosbag2_py import Player, PlayOptions, StorageOptions

        from ..api import read_qos_overrides

        until = args.playback_until_nsec
        if until < 0 and args.playback_until_sec >= 0.0:
            until = int(args.playback_until_sec * _NANOSECONDS)
        options = PlayOptions(
            rate=args.rate,
            topics_to_filter=args.topics,
            exclude_topics_to_filter=args.exclude_topics,
            regex_to_filter=args.regex,
            exclude_regex_to_filter=args.exclude_regex,
            topic_qos_profile_overrides=read_qos_overrides(args.qos_profile_overrides_path),
            loop=args.loop,
            topic_remapping_options=args.remap,
            clock_publish_frequency=args.clock,
            clock_publish_on_topic_publish=args.clock_topics_all,
            clock_topics=args.clock_topics,
            delay=args.delay,
            playback_duration=args.playback_duration,
            playback_until_timestamp=until,
            start_offset=args.start_offset,
            wait_acked_timeout=args.wait_for_all_acked,
        )
        Player(args.log_level).play(StorageOptions(args.bag_path, args.storage), options)
