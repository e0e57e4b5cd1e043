"""Where the sensors' payloads are in the ring, and what the gateway has to know about each sensor.

Layout as in docs/architecture.md, "Sensors"; the constants are those of `carla_drl_msgs/SensorLayout`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from carla_drl_msgs.msg import SensorLayout

from carla_sensor_bridge.frame_ring import ALIGNMENT
from carla_sensor_bridge.sensor_config import Sensor

COLOR: Final = int(SensorLayout.KIND_COLOR)
DEPTH: Final = int(SensorLayout.KIND_DEPTH)
SEMANTIC: Final = int(SensorLayout.KIND_SEMANTIC)
FLOW: Final = int(SensorLayout.KIND_FLOW)
EVENTS: Final = int(SensorLayout.KIND_EVENTS)
LIDAR: Final = int(SensorLayout.KIND_LIDAR)
SEMANTIC_LIDAR: Final = int(SensorLayout.KIND_SEMANTIC_LIDAR)
RADAR: Final = int(SensorLayout.KIND_RADAR)
IMU: Final = int(SensorLayout.KIND_IMU)
GNSS: Final = int(SensorLayout.KIND_GNSS)
COLLISION: Final = int(SensorLayout.KIND_COLLISION)
LANE_INVASION: Final = int(SensorLayout.KIND_LANE_INVASION)
OBSTACLE: Final = int(SensorLayout.KIND_OBSTACLE)

FLAG_DATA: Final = int(SensorLayout.FLAG_DATA)
FLAG_MISSING: Final = int(SensorLayout.FLAG_MISSING)
FLAG_TRUNCATED: Final = int(SensorLayout.FLAG_TRUNCATED)

KINDS: Final = {
    "sensor.camera.rgb": COLOR,
    "sensor.camera.instance_segmentation": COLOR,
    "sensor.camera.normals": COLOR,
    "sensor.camera.cosmos_visualization": COLOR,
    "sensor.camera.depth": DEPTH,
    "sensor.camera.semantic_segmentation": SEMANTIC,
    "sensor.camera.optical_flow": FLOW,
    "sensor.camera.dvs": EVENTS,
    "sensor.lidar.ray_cast": LIDAR,
    "sensor.lidar.ray_cast_semantic": SEMANTIC_LIDAR,
    "sensor.other.radar": RADAR,
    "sensor.other.imu": IMU,
    "sensor.other.gnss": GNSS,
    "sensor.other.collision": COLLISION,
    "sensor.other.lane_invasion": LANE_INVASION,
    "sensor.other.obstacle": OBSTACLE,
}
"""What a sensor of a CARLA blueprint sends."""

EVENT_KINDS: Final = frozenset({COLLISION, LANE_INVASION, OBSTACLE})
"""Kinds that speak only when something happens: nobody waits for them."""
CAMERA_KINDS: Final = frozenset({COLOR, DEPTH, SEMANTIC, FLOW, EVENTS})
LIDAR_KINDS: Final = frozenset({LIDAR, SEMANTIC_LIDAR})

BLOCK: Final = np.dtype(
    {
        "names": ["frame", "sim_time_s", "bytes", "width", "height", "count", "flags"],
        "formats": ["<u8", "<f8", "<u8", "<u4", "<u4", "<u4", "<u4"],
        "itemsize": 64,
    }
)
"""The block of one sensor; those of all sensors stand at the start of the array "sensors"."""

RECORD: Final = np.dtype(
    {
        "names": [
            "agent",
            "kind",
            "offset",
            "capacity",
            "position",
            "orientation",
            "rate_hz",
            "fov_rad",
            "width",
            "height",
            "name",
            "type",
            "lower_rad",
            "upper_rad",
        ],
        "formats": [
            *("<u4", "<u4", "<u8", "<u8", "3<f8", "4<f8", "<f8", "<f8", "<u4", "<u4", "S32", "S48"),
            *("<f4", "<f4"),
        ],
        "itemsize": 192,
    }
)
"""A row of the static array "sensor_table"."""

EVENT: Final = np.dtype(
    [
        ("sim_time_s", "<f8"),
        ("actor", "<u4"),
        ("marking", "<u4"),
        ("values", "<f4", 3),
        ("type", "S36"),
    ]
)
"""One event: time; the other actor and its blueprint; impulse (N s, REP-103) or distance (m); a lane marking."""

WORLD: Final = np.dtype([("map_name", "S64"), ("role_prefix", "S64")])
"""The static array "world"."""

POINT_BYTES: Final = {EVENTS: 13, LIDAR: 16, SEMANTIC_LIDAR: 24, RADAR: 28}
_FIXED_BYTES: Final = {IMU: 80, GNSS: 24}
_EVENTS_PER_FRAME: Final = 32
# Rays per frame are counted by the simulator in its own way; some more than by the rate are room enough.
_RAY_SLACK: Final = 1.1
_ROUNDING: Final = 1e-6
_ELEVATIONS: Final = ("lower_rad", "upper_rad")


@dataclass(frozen=True)
class SensorPlace:
    """One sensor of one agent, and where its payload is in the array "sensors" of a slot."""

    agent: int
    config: Sensor
    kind: int
    period: int
    """Frames from one measurement to the next."""
    capacity: int
    """Bytes of payload."""
    offset: int
    width: int = 0
    """Of cameras, like the field of view."""
    height: int = 0
    """Of cameras; of lidars: channels."""
    fov_rad: float = 0.0
    lower_rad: float = 0.0
    """Of lidars: elevation of the lowest channel, and of the highest."""
    upper_rad: float = 0.0


def quaternion(roll_deg: float, pitch_deg: float, yaw_deg: float) -> tuple[float, float, float, float]:
    """Return x, y, z, w of a rotation about fixed axes: first roll, then pitch, then yaw (REP-103)."""
    halves = (math.radians(angle) / 2 for angle in (roll_deg, pitch_deg, yaw_deg))
    (sr, cr), (sp, cp), (sy, cy) = ((math.sin(half), math.cos(half)) for half in halves)
    return (
        sr * cp * cy - cr * sp * sy,
        cr * sp * cy + sr * cp * sy,
        cr * cp * sy - sr * sp * cy,
        cr * cp * cy + sr * sp * sy,
    )


def capacity(kind: int, attributes: Mapping[str, float], interval_s: float) -> int:
    """Return the most bytes that a measurement may have.

    Args:
        kind: of the sensor.
        attributes: those of its blueprint that are numbers.
        interval_s: simulated time from one measurement to the next, s.
    """
    if kind in EVENT_KINDS:
        return _EVENTS_PER_FRAME * EVENT.itemsize
    if kind in _FIXED_BYTES:
        return _FIXED_BYTES[kind]
    if kind in CAMERA_KINDS:
        pixels = int(attributes["image_size_x"]) * int(attributes["image_size_y"])
        return pixels * {FLOW: 8, EVENTS: POINT_BYTES[EVENTS]}.get(kind, 4)
    rays = math.ceil(attributes["points_per_second"] * interval_s * _RAY_SLACK - _ROUNDING)
    return (rays + int(attributes.get("channels", 1))) * POINT_BYTES[kind]


class SensorTable:
    """All sensors of a fleet, agent by agent in the order of the scenario.

    Attributes:
        places: the sensors.
        sensor_bytes: size of the array "sensors" of a slot.
    """

    def __init__(
        self,
        sensors: Sequence[Sensor],
        num_agents: int,
        step_s: float,
        attributes: Mapping[str, Mapping[str, float]],
    ) -> None:
        """Lay out the array.

        Args:
            sensors: of the scenario.
            num_agents: N.
            step_s: simulated time per frame, s.
            attributes: those of its blueprint that are numbers, by the sensor's name.
        """
        pairs = [(agent, sensor) for agent in range(num_agents) for sensor in sensors if sensor.on(agent)]
        offset = len(pairs) * BLOCK.itemsize
        self.places: list[SensorPlace] = []
        for agent, sensor in pairs:
            kind, period = KINDS[sensor.type], sensor.period(step_s)
            values = attributes[sensor.name]
            size = capacity(kind, values, period * step_s)
            camera, lidar = kind in CAMERA_KINDS, kind in LIDAR_KINDS
            self.places.append(
                SensorPlace(
                    agent,
                    sensor,
                    kind,
                    period,
                    size,
                    offset,
                    int(values["image_size_x"]) if camera else 0,
                    int(values["image_size_y"]) if camera else int(values["channels"]) if lidar else 0,
                    math.radians(values["fov"]) if camera else 0.0,
                    math.radians(values["lower_fov"]) if lidar else 0.0,
                    math.radians(values["upper_fov"]) if lidar else 0.0,
                )
            )
            offset += -(-size // ALIGNMENT) * ALIGNMENT
        self.sensor_bytes = offset

    def records(self, step_s: float) -> npt.NDArray[np.uint8]:
        """Return the static array "sensor_table", u8 [S, 192]."""
        rows = np.zeros(len(self.places), RECORD)
        for row, place in zip(rows, self.places, strict=True):
            at = place.config.transform
            for name in ("agent", "kind", "offset", "capacity", "fov_rad", "width", "height", *_ELEVATIONS):
                row[name] = getattr(place, name)
            row["position"] = at.x_m, at.y_m, at.z_m
            row["orientation"] = quaternion(at.roll_deg, at.pitch_deg, at.yaw_deg)
            row["rate_hz"] = 0.0 if place.kind in EVENT_KINDS else 1.0 / (place.period * step_s)
            row["name"] = place.config.name.encode()
            row["type"] = place.config.type.encode()
        return rows.view(np.uint8).reshape(-1, RECORD.itemsize)


def world_record(map_name: str, role_prefix: str) -> npt.NDArray[np.uint8]:
    """Return the static array "world", u8 [128]."""
    row: npt.NDArray[Any] = np.zeros(1, WORLD)
    row["map_name"] = map_name.encode()
    row["role_prefix"] = role_prefix.encode()
    return row.view(np.uint8)
