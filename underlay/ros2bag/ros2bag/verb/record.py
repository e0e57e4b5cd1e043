"""Records bags."""

from __future__ import annotations

import argparse
import time
from typing import Any

from . import VerbExtension

_DEFAULT_CACHE = 100 * 1024 * 1024


class RecordVerb(VerbExtension):
    """Record ROS data to a bag."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        _add_selection(parser)
        _add_storage(parser)
        _add_node(parser)

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Record until SIGINT or SIGTERM."""
        selecting = (
            args.all,
            args.all_topics,
            args.topics,
            args.topics_positional,
            args.topic_types,
            args.regex,
        )
        if not any(selecting):
            return "Need to specify at least one option out of --all, --all-topics, --topics, --topic-types or --regex"
        if args.compression_mode == "none" and args.compression_format:
            return "Invalid choice: Cannot specify compression format without a compression mode"
        from rosbag2_py import Recorder, StorageOptions

        storage = StorageOptions(
            uri=args.output or time.strftime("rosbag2_%Y_%m_%d-%H_%M_%S"),
            storage_id=args.storage,
            max_bagfile_size=args.max_bag_size,
            max_bagfile_duration=args.max_bag_duration,
            max_cache_size=args.max_cache_size,
            storage_preset_profile=args.storage_preset_profile,
            custom_data=_custom_data(args.custom_data),
        )
        Recorder(args.log_level).record(storage, _record_options(args), args.node_name)
        return None


def _add_selection(parser: argparse.ArgumentParser) -> None:
    from ..api import add_qos_overrides

    add = parser.add_argument
    add("topics_positional", default=[], metavar="Topic", nargs="*", help="Topics to record (use --topics)")
    add("--topics", default=[], metavar="Topic", nargs="+", help="Topics to record")
    add("--topic-types", default=[], metavar="TopicType", nargs="+", help="Types of topics to record")
    add("-a", "--all", action="store_true", help="Record all topics")
    add("--all-topics", action="store_true", help="Record all topics")
    add("-e", "--regex", default="", help="Record topics whose name has a match of the expression")
    add("--exclude-regex", default="", help="Do not record topics whose name has a match of the expression")
    add(
        "--exclude-topic-types",
        default=[],
        metavar="TopicType",
        nargs="+",
        help="Types that are not recorded",
    )
    add("--exclude-topics", default=[], metavar="Topic", nargs="+", help="Topics that are not recorded")
    add(
        "--include-unpublished-topics",
        action="store_true",
        help="Record topics without publishers, too, with a quality of service that may be overridden",
    )
    add(
        "--include-hidden-topics",
        action="store_true",
        help="Record topics with a part that starts with '_', too",
    )
    add("--no-discovery", action="store_true", help="Record only topics that are there at the start")
    add(
        "-p",
        "--polling-interval",
        type=int,
        default=100,
        metavar="MS",
        help="Milliseconds between looks for new topics (default: 100)",
    )
    add("--ignore-leaf-topics", action="store_true", help="Do not record topics without subscriptions")
    add_qos_overrides(parser)


def _add_storage(parser: argparse.ArgumentParser) -> None:
    from ..api import STORAGE_IDS, check_not_negative_int

    add = parser.add_argument
    add("-o", "--output", default="", help="Folder of the bag (default: a name made of the time)")
    add("-s", "--storage", default="mcap", choices=STORAGE_IDS, help="Storage format (default: mcap)")
    add("-f", "--serialization-format", default="cdr", choices=["cdr"], help="Format of messages")
    add(
        "-b",
        "--max-bag-size",
        type=check_not_negative_int,
        default=0,
        metavar="BYTES",
        help="Size at which to go on in a new file (default: 0, never)",
    )
    add(
        "-d",
        "--max-bag-duration",
        type=check_not_negative_int,
        default=0,
        metavar="SECONDS",
        help="Duration after which to go on in a new file (default: 0, never)",
    )
    add(
        "--max-cache-size",
        type=check_not_negative_int,
        default=_DEFAULT_CACHE,
        metavar="BYTES",
        help="Bytes that may wait to be written; what comes on top is dropped and reported (default: 100 MiB)",
    )
    add(
        "--storage-preset-profile",
        default="none",
        choices=["none", "fastwrite", "zstd_fast", "zstd_small", "resilient"],
        help="Settings of the storage format: fastwrite, zstd_fast and zstd_small for mcap, resilient for sqlite3",
    )
    add("--compression-mode", default="none", choices=["none", "file", "message"], help="What is compressed")
    add("--compression-format", default="", choices=["", "zstd"], help="Compression format")
    add("--compression-queue-size", type=int, default=1, help="Accepted: the cache is the queue")
    add(
        "--compression-threads",
        type=check_not_negative_int,
        default=0,
        help="Threads that compress finished files (default: 0, one)",
    )
    add(
        "--custom-data",
        nargs="*",
        metavar="KEY=VALUE",
        default=[],
        help="Pairs that are stored in the bag's metadata",
    )


def _add_node(parser: argparse.ArgumentParser) -> None:
    from ..api import add_log_level

    add = parser.add_argument
    add("--disable-keyboard-controls", action="store_true", help="Accepted: there are none")
    add("--use-sim-time", action="store_true", help="Take the times of messages from /clock")
    add("--node-name", default="rosbag2_recorder", help="Name of the recorder's node")
    add_log_level(parser)


def _custom_data(pairs: list[str]) -> dict[str, str]:
    result = {}
    for pair in pairs:
        key, separator, value = pair.partition("=")
        if not separator or not key:
            raise RuntimeError(f"--custom-data has '{pair}'; allowed: KEY=VALUE")
        result[key] = value
    return result


def _record_options(args: argparse.Namespace) -> Any:
    from rosbag2_py import RecordOptions

    from ..api import read_qos_overrides

    return RecordOptions(
        all_topics=args.all or args.all_topics,
        is_discovery_disabled=args.no_discovery,
        topics=[*args.topics, *args.topics_positional],
        topic_types=args.topic_types,
        exclude_topics=args.exclude_topics,
        exclude_topic_types=args.exclude_topic_types,
        topic_polling_interval=args.polling_interval / 1000.0,
        regex=args.regex,
        exclude_regex=args.exclude_regex,
        compression_mode=args.compression_mode,
        compression_format=args.compression_format,
        compression_queue_size=args.compression_queue_size,
        compression_threads=args.compression_threads,
        topic_qos_profile_overrides=read_qos_overrides(args.qos_profile_overrides_path),
        include_hidden_topics=args.include_hidden_topics,
        include_unpublished_topics=args.include_unpublished_topics,
        ignore_leaf_topics=args.ignore_leaf_topics,
        use_sim_time=args.use_sim_time,
    )
