"""Record a running loop into a bag; Ctrl-C closes it. Start it before the loop to have the first frame, too."""

import time
from pathlib import Path
from typing import Any

from launch import LaunchContext, LaunchDescription, LaunchDescriptionEntity
from launch.actions import EmitEvent, OpaqueFunction, RegisterEventHandler
from launch.event_handlers import OnProcessExit
from launch.events import Shutdown
from launch_ros.actions import Node

from carla_drl_bringup import arguments as parse
from carla_drl_bringup.bag_topics import SETS, record_arguments
from carla_drl_bringup.loop_arguments import declare_only

ARGUMENTS = {
    "topics": ("dataset", "; ".join(f"{name}: {text}" for name, text in SETS.items())),
    "simulator_name": ("sim0", "name of the lock-step group"),
    "bag": ("", "folder to write, must not exist; empty: bags/<time>"),
    "storage": ("mcap", "mcap or sqlite3"),
    "compression": (
        "true",
        "true: chunks are compressed with zstd while they are written (mcap alone); false",
    ),
    "max_size_mb": ("1024", "begin a new file at this size, MB; 0: never"),
    "max_duration_s": ("0", "begin a new file after this time, s; 0: never"),
    "cache_mb": ("256", "messages that may wait for the disk, MB; more are dropped, counted and reported"),
    "min_free_mb": ("500", "the recording ends when less than this is free on its disk, MB"),
}


def _record(context: LaunchContext) -> list[LaunchDescriptionEntity]:
    value = context.launch_configurations
    topics, storage = value["topics"], value["storage"]
    if topics not in SETS:
        raise RuntimeError(str(parse.ArgumentError("topics", topics, ", ".join(SETS))))
    if storage not in {"mcap", "sqlite3"}:
        raise RuntimeError(str(parse.ArgumentError("storage", storage, "mcap, sqlite3")))
    try:
        simulator = parse.parse_simulator_name(value["simulator_name"])
        compression = parse.parse_bool("compression", value["compression"])
        size = parse.parse_int("max_size_mb", value["max_size_mb"], 0, 2**20)
        duration = parse.parse_int("max_duration_s", value["max_duration_s"], 0, 10**7)
        cache = parse.parse_int("cache_mb", value["cache_mb"], 1, 2**16)
        free = parse.parse_int("min_free_mb", value["min_free_mb"], 0, 2**30)
    except parse.ArgumentError as error:
        raise RuntimeError(str(error)) from None
    bag = Path(value["bag"] or f"bags/{time.strftime('%Y%m%d-%H%M%S')}").expanduser().resolve()
    if bag.exists():
        raise RuntimeError(str(parse.ArgumentError("bag", bag, "a folder that does not exist yet")))
    bag.parent.mkdir(parents=True, exist_ok=True)
    command = ["--min-free-mb", str(free), str(bag), "--", "--storage", storage]
    command += ["--max-bag-size", str(size * 10**6), "--max-bag-duration", str(duration)]
    command += ["--max-cache-size", str(cache * 10**6)]
    if compression and storage == "mcap":
        command += ["--storage-preset-profile", "zstd_fast"]
    command += record_arguments(topics, simulator)
    recorder = Node(
        package="carla_drl_tools",
        executable="recorder_node",
        namespace=f"/carla_drl/{simulator}",
        arguments=command,
        output="screen",
        # What waits for the disk is written first.
        sigterm_timeout="60",
    )
    return [recorder, RegisterEventHandler(OnProcessExit(target_action=recorder, on_exit=_on_exit))]


def _on_exit(event: Any, _context: LaunchContext) -> list[LaunchDescriptionEntity]:
    """End the launch; an exception is what gives it an exit code other than 0."""
    if event.returncode != 0:
        raise RuntimeError(f"the recording ended early (exit code {event.returncode}), see its message above")
    return [EmitEvent(event=Shutdown(reason="the recorder has ended"))]


def generate_launch_description() -> LaunchDescription:
    return LaunchDescription([*declare_only(ARGUMENTS), OpaqueFunction(function=_record)])
