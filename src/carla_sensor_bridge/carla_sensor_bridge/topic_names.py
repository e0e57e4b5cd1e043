"""How topics and frames of one simulator begin, and how times are stamped, as the gateway does it."""

from __future__ import annotations

from dataclasses import dataclass

from builtin_interfaces.msg import Time


@dataclass(frozen=True)
class TopicNames:
    """What stands before the names of sensors, egos and world; the gateway has parameters of the same names."""

    prefix: str = "/carla"
    """Before topics."""
    frame_prefix: str = ""
    """Before frames."""


def stamp_of(sim_time_s: float) -> Time:
    """Return simulated time as a stamp."""
    nanoseconds = round(sim_time_s * 1e9)
    return Time(sec=nanoseconds // 10**9, nanosec=nanoseconds % 10**9)
