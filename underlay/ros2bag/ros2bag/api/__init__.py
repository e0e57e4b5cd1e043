"""Arguments that the verbs share."""

from __future__ import annotations

import argparse
import os
from typing import Any

STORAGE_IDS = ("mcap", "sqlite3")


def add_standard_reader_args(parser: argparse.ArgumentParser) -> None:
    """Add the bag and its storage."""
    parser.add_argument(
        "bag_path", type=check_path_exists, help="Bag to open: its folder or one of its files"
    )
    parser.add_argument(
        "-s",
        "--storage",
        default="",
        choices=STORAGE_IDS,
        help="Storage implementation of bag. By default found out from the bag",
    )


def add_log_level(parser: argparse.ArgumentParser) -> None:
    """Add the node's log level."""
    parser.add_argument(
        "--log-level",
        default="info",
        choices=["debug", "info", "warn", "error", "fatal"],
        help="Logging level",
    )


def add_qos_overrides(parser: argparse.ArgumentParser) -> None:
    """Add the file of qualities of service."""
    parser.add_argument(
        "--qos-profile-overrides-path",
        type=argparse.FileType("r"),
        help="Path to a YAML file that maps topics to quality of service settings",
    )


def read_qos_overrides(file: Any) -> dict[str, Any]:
    """Return the profiles of an override file by topic; RuntimeError if it is not valid. None gives none."""
    import yaml
    from rosbag2_py._qos import qos_from_dict

    if file is None:
        return {}
    try:
        content = yaml.safe_load(file) or {}
        if not isinstance(content, dict):
            raise ValueError("the file is no mapping of topics")
        profiles = {}
        for topic, settings in content.items():
            if not isinstance(settings, dict):
                raise ValueError(f"{topic} is '{settings}'; allowed: a mapping of policies")
            profiles[topic] = qos_from_dict(settings, topic)
        return profiles
    except (yaml.YAMLError, ValueError) as error:
        raise RuntimeError(f"'{file.name}' is no file of quality of service overrides: {error}") from error


def check_path_exists(value: str) -> str:
    """Return a path that exists, for argparse."""
    if not os.path.exists(value):
        raise argparse.ArgumentTypeError(f"Bag path '{value}' does not exist!")
    return value


def check_positive_float(value: str) -> float:
    """Return a number > 0, for argparse."""
    number = _number(value)
    if not number > 0.0:
        raise argparse.ArgumentTypeError(f"{value} is not in the valid range (> 0.0)")
    return number


def check_not_negative_float(value: str) -> float:
    """Return a number >= 0, for argparse."""
    number = _number(value)
    if not number >= 0.0:
        raise argparse.ArgumentTypeError(f"{value} is not in the valid range (>= 0.0)")
    return number


def check_not_negative_int(value: str) -> int:
    """Return a whole number >= 0, for argparse."""
    if not value.isdecimal():
        raise argparse.ArgumentTypeError(f"{value} is not in the valid range (whole numbers >= 0)")
    return int(value)


def _number(value: str) -> float:
    try:
        number = float(value)
    except ValueError:
        number = float("nan")
    if number in (float("inf"), float("-inf")) or number != number:
        raise argparse.ArgumentTypeError(f"{value} is not the valid type (float)")
    return number
