"""Quality of service on the command line."""

from __future__ import annotations

import argparse
from typing import Any

_PRESETS = (
    "unknown", "default", "system_default", "sensor_data", "services_default", "parameters",
    "parameter_events", "action_status_default", "best_available", "rosout_default",
)  # fmt: skip
_POLICIES = ("history", "reliability", "durability", "liveliness")
_CHOICES = {
    "history": ("system_default", "keep_last", "keep_all", "unknown"),
    "reliability": ("system_default", "reliable", "best_effort", "unknown", "best_available"),
    "durability": ("system_default", "transient_local", "volatile", "unknown", "best_available"),
    "liveliness": ("system_default", "automatic", "manual_by_topic", "unknown", "best_available"),
}


def add_qos_arguments(parser: argparse.ArgumentParser, entity_type: str, default_profile_str: str) -> None:
    """Add `--qos-profile` and an option for each policy."""
    parser.add_argument(
        "--qos-profile",
        choices=_PRESETS,
        help=f"Quality of service preset profile to {entity_type} with (default: {default_profile_str})",
    )
    parser.add_argument(
        "--qos-depth",
        metavar="N",
        type=int,
        default=-1,
        help=f"Queue size setting to {entity_type} with (overrides depth value of --qos-profile option)",
    )
    for policy in _POLICIES:
        parser.add_argument(
            f"--qos-{policy}",
            choices=_CHOICES[policy],
            help=f"Quality of service {policy} setting to {entity_type} with (overrides {policy} value of "
            "--qos-profile option)",
        )
    parser.add_argument(
        "--qos-liveliness-lease-duration-seconds",
        type=float,
        help=f"Quality of service liveliness lease duration setting to {entity_type} with",
    )


def was_given(args: argparse.Namespace) -> bool:
    """Whether the user asked for a quality of service."""
    values = [getattr(args, f"qos_{policy}") for policy in (*_POLICIES, "profile")]
    values.append(args.qos_liveliness_lease_duration_seconds)
    return args.qos_depth != -1 or any(value is not None for value in values)


def qos_from_args(args: argparse.Namespace, default_profile_str: str) -> Any:
    """Return the profile that the arguments ask for."""
    from rclpy.duration import Duration
    from rclpy.qos import QoSPresetProfiles, QoSProfile

    preset: QoSProfile = QoSPresetProfiles.get_from_short_key(args.qos_profile or default_profile_str)
    profile = QoSProfile(
        **{slot.lstrip("_"): getattr(preset, slot.lstrip("_")) for slot in QoSProfile.__slots__}
    )
    profile_configure_short_keys(
        profile,
        args.qos_reliability,
        args.qos_durability,
        args.qos_depth,
        args.qos_history,
        args.qos_liveliness,
        args.qos_liveliness_lease_duration_seconds,
    )
    del Duration
    return profile


def profile_configure_short_keys(
    profile: Any = None,
    reliability: str | None = None,
    durability: str | None = None,
    depth: int | None = None,
    history: str | None = None,
    liveliness: str | None = None,
    liveliness_lease_duration_s: float | None = None,
) -> Any:
    """Change the given settings of a profile; a depth without a history means keep last."""
    from rclpy.duration import Duration
    from rclpy.qos import (
        QoSDurabilityPolicy,
        QoSHistoryPolicy,
        QoSLivelinessPolicy,
        QoSReliabilityPolicy,
    )

    if history:
        profile.history = QoSHistoryPolicy.get_from_short_key(history)
    if durability:
        profile.durability = QoSDurabilityPolicy.get_from_short_key(durability)
    if reliability:
        profile.reliability = QoSReliabilityPolicy.get_from_short_key(reliability)
    if liveliness:
        profile.liveliness = QoSLivelinessPolicy.get_from_short_key(liveliness)
    if liveliness_lease_duration_s is not None and liveliness_lease_duration_s >= 0:
        profile.liveliness_lease_duration = Duration(seconds=liveliness_lease_duration_s)
    if depth is not None and depth >= 0:
        profile.depth = depth
    elif profile.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL and profile.depth == 0:
        profile.depth = 1
    return profile


def choose_qos(
    node: Any, topic_name: str, args: argparse.Namespace, default_profile_str: str = "sensor_data"
) -> Any:
    """Return what the arguments ask for; without any, what fits every publisher of the topic.

    Reliable only if all publishers are, transient local only if all are; publishers found later get
    best effort and volatile, which fit anything.
    """
    from rclpy.qos import QoSDurabilityPolicy, QoSReliabilityPolicy

    profile = qos_from_args(args, default_profile_str)
    if was_given(args):
        return profile
    infos = [info.qos_profile for info in node.get_publishers_info_by_topic(topic_name)]
    reliable = bool(infos) and all(q.reliability == QoSReliabilityPolicy.RELIABLE for q in infos)
    durable = bool(infos) and all(q.durability == QoSDurabilityPolicy.TRANSIENT_LOCAL for q in infos)
    profile.reliability = QoSReliabilityPolicy.RELIABLE if reliable else QoSReliabilityPolicy.BEST_EFFORT
    profile.durability = QoSDurabilityPolicy.TRANSIENT_LOCAL if durable else QoSDurabilityPolicy.VOLATILE
    return profile
