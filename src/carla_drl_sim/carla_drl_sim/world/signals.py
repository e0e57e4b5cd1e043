"""Traffic lights and signs of a map, where they stand and where they apply. CARLA's axes, metres, degrees."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class SignalKind(Enum):
    """What a signal is; the value is the signal type in the OpenDRIVE document, as CARLA's own maps use it."""

    TRAFFIC_LIGHT = "1000001"
    STOP = "206"
    YIELD = "205"
    SPEED_LIMIT = "274"


@dataclass(frozen=True)
class StopLine:
    """Where one lane has to stop: the middle of the lane, facing along its traffic, and half the lane's width."""

    road_id: int
    lane_id: int
    x: float
    y: float
    z: float
    yaw_deg: float
    half_width: float


@dataclass(frozen=True)
class Signal:
    """A traffic light or sign.

    Attributes:
        id: id of the OpenDRIVE signal.
        value: speed limit in km/h; 0 for all other kinds.
        x, y, z, yaw_deg: foot of its pole; yaw is the way of the traffic that it is for.
        road_id, s: place along the road's reference line.
        stop_lines: one per lane that it applies to, for speed limits the place from which they apply.
        group: id of the OpenDRIVE controller that switches it, empty where there is none.
        junction_id: the junction that it guards, -1 where there is none.
    """

    id: str
    kind: SignalKind
    value: float
    x: float
    y: float
    z: float
    yaw_deg: float
    road_id: int
    s: float
    stop_lines: tuple[StopLine, ...]
    group: str = ""
    junction_id: int = -1
