"""Qualities of service as rosbag2 writes them to bags and reads them from override files."""

from __future__ import annotations

from typing import Any

from rclpy.duration import Duration
from rclpy.qos import (
    DurabilityPolicy,
    HistoryPolicy,
    LivelinessPolicy,
    QoSProfile,
    ReliabilityPolicy,
)

_POLICIES = {
    "history": HistoryPolicy,
    "reliability": ReliabilityPolicy,
    "durability": DurabilityPolicy,
    "liveliness": LivelinessPolicy,
}
_DURATIONS = ("deadline", "lifespan", "liveliness_lease_duration")
_OTHERS = ("depth", "avoid_ros_namespace_conventions")
_NANOSECONDS = 1_000_000_000


def qos_to_dict(profile: QoSProfile) -> dict[str, Any]:
    """Return a profile in the form of metadata version 9."""
    values: dict[str, Any] = {"history": profile.history.short_key, "depth": profile.depth}
    values.update((name, getattr(profile, name).short_key) for name in ("reliability", "durability"))
    for name in ("deadline", "lifespan"):
        values[name] = _duration_to_dict(getattr(profile, name))
    values["liveliness"] = profile.liveliness.short_key
    values["liveliness_lease_duration"] = _duration_to_dict(profile.liveliness_lease_duration)
    values["avoid_ros_namespace_conventions"] = profile.avoid_ros_namespace_conventions
    return values


def qos_from_dict(values: dict[str, Any], where: str = "quality of service") -> QoSProfile:
    """Return the profile that a dictionary describes; what it does not say has the default.

    Policies are names or the numbers of metadata before version 9. Raises ValueError that names the
    key, the value and what is allowed.
    """
    allowed = [*_POLICIES, *_DURATIONS, *_OTHERS]
    settings: dict[str, Any] = {}
    for key, value in values.items():
        if key in _POLICIES:
            settings[key] = _policy(key, value, where)
        elif key in _DURATIONS:
            settings[key] = _duration_from_dict(key, value, where)
        elif key in _OTHERS:
            settings[key] = value
        else:
            raise ValueError(f"{where}: unknown key '{key}'; allowed: {', '.join(allowed)}")
    if "depth" not in settings and settings.get("history") != HistoryPolicy.KEEP_ALL:
        settings["depth"] = 10
    if "history" not in settings:
        settings["history"] = HistoryPolicy.KEEP_LAST
    return QoSProfile(**settings)


def _policy(key: str, value: Any, where: str) -> Any:
    kind = _POLICIES[key]
    if isinstance(value, int) and value in {int(member) for member in kind}:
        return kind(value)
    names = kind.short_keys()
    if value not in names:
        raise ValueError(f"{where}: {key} is '{value}'; allowed: {', '.join(names)}")
    return kind.get_from_short_key(value)


def _duration_to_dict(duration: Duration) -> dict[str, int]:
    seconds, nanoseconds = divmod(duration.nanoseconds, _NANOSECONDS)
    return {"sec": seconds, "nsec": nanoseconds}


def _duration_from_dict(key: str, value: Any, where: str) -> Duration:
    if not isinstance(value, dict) or not set(value) <= {"sec", "nsec"} or not value:
        raise ValueError(f"{where}: {key} is '{value}'; allowed: a mapping of sec and nsec")
    total = int(value.get("sec", 0)) * _NANOSECONDS + int(value.get("nsec", 0))
    return Duration(nanoseconds=min(total, 2**63 - 1))


def qos_for_subscription(offered: list[QoSProfile], depth: int) -> QoSProfile:
    """Return what receives from every publisher: reliable only if all are, transient local only if all are."""
    reliable = bool(offered) and all(q.reliability == ReliabilityPolicy.RELIABLE for q in offered)
    durable = bool(offered) and all(q.durability == DurabilityPolicy.TRANSIENT_LOCAL for q in offered)
    return QoSProfile(
        history=HistoryPolicy.KEEP_LAST,
        depth=depth,
        reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
        durability=DurabilityPolicy.TRANSIENT_LOCAL if durable else DurabilityPolicy.VOLATILE,
    )


def qos_for_publisher(recorded: list[QoSProfile]) -> QoSProfile:
    """Return the recorded quality of service if all publishers had the same, else the default.

    Best effort if any publisher was: a reliable one might wait for readers that the original did not.
    History and depth are not recorded (discovery does not tell them), so they are keep last 10.
    """
    profile = QoSProfile(history=HistoryPolicy.KEEP_LAST, depth=10)
    if not recorded:
        return profile
    reliable = all(q.reliability == ReliabilityPolicy.RELIABLE for q in recorded)
    durable = all(q.durability == DurabilityPolicy.TRANSIENT_LOCAL for q in recorded)
    profile.reliability = ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT
    profile.durability = DurabilityPolicy.TRANSIENT_LOCAL if durable else DurabilityPolicy.VOLATILE
    first = recorded[0]
    for name in ("deadline", "lifespan", "liveliness", "liveliness_lease_duration"):
        if all(getattr(q, name) == getattr(first, name) for q in recorded):
            setattr(profile, name, getattr(first, name))
    return profile
