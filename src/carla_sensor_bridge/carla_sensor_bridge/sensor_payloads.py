"""Measurements of the client library as the bytes that the ring holds: one pass, REP-103 axes.

Each function takes a measurement and the room for it, u8. More than there is room for is cut off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import sensor_table as table

Bytes = npt.NDArray[np.uint8]


class Written(NamedTuple):
    """What is in the ring of one measurement."""

    size: int
    """Bytes."""
    points: int
    """Points or events; 1 for everything else."""
    truncated: bool
    """Whether there was more than there is room for."""


Writer = Callable[[Any, Bytes], Written]

_MIRROR_POINT: Final = np.array([1.0, -1.0, 1.0, 1.0], np.float32)
_SEMANTIC_POINT: Final = np.dtype([("xyzc", "<f4", 4), ("object", "<u4"), ("label", "<u4")])
_CARLA_EVENT: Final = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("polarity", "i1")])
_EVENT_POINT: Final = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<f8"), ("polarity", "i1")])


def _raw(measurement: Any, dtype: Any, room: Bytes) -> tuple[npt.NDArray[Any], int]:
    """Return the points of a measurement as far as they fit, and how many there were."""
    points: npt.NDArray[Any] = np.frombuffer(measurement.raw_data, dtype)
    return points[: room.size // points.itemsize], len(points)


def write_image(image: Any, room: Bytes) -> Written:
    """Copy the pixels as they are."""
    pixels = np.frombuffer(image.raw_data, np.uint8)
    if pixels.size > room.size:
        return Written(0, 0, True)
    room[: pixels.size] = pixels
    return Written(pixels.size, 1, False)


def write_lidar(scan: Any, room: Bytes) -> Written:
    """Points x, y, z, intensity: float32."""
    flat = np.frombuffer(scan.raw_data, np.float32).reshape(-1, 4)
    points = flat[: room.size // table.POINT_BYTES[table.LIDAR]]
    np.multiply(points, _MIRROR_POINT, out=room[: points.nbytes].view(np.float32).reshape(-1, 4))
    return Written(points.nbytes, len(points), len(points) < len(flat))


def write_semantic_lidar(scan: Any, room: Bytes) -> Written:
    """Points x, y, z, cosine: float32; object, label: uint32."""
    points, count = _raw(scan, _SEMANTIC_POINT, room)
    out = room[: points.nbytes].view(_SEMANTIC_POINT)
    out[...] = points
    np.multiply(points["xyzc"], _MIRROR_POINT, out=out["xyzc"])
    return Written(points.nbytes, len(points), len(points) < count)


def write_radar(scan: Any, room: Bytes) -> Written:
    """Points x, y, z, range, speed, azimuth, elevation: float32; azimuth to the left is positive."""
    detections = np.frombuffer(scan.raw_data, np.float32).reshape(-1, 4)
    seen = detections[: room.size // table.POINT_BYTES[table.RADAR]]
    speed, azimuth, elevation, distance = seen.T
    size = len(seen) * table.POINT_BYTES[table.RADAR]
    out = room[:size].view(np.float32).reshape(-1, 7)
    flat = distance * np.cos(elevation)
    out[:, 0] = flat * np.cos(azimuth)
    out[:, 1] = -flat * np.sin(azimuth)
    out[:, 2] = distance * np.sin(elevation)
    out[:, 3] = distance
    out[:, 4] = speed
    out[:, 5] = -azimuth
    out[:, 6] = elevation
    return Written(size, len(seen), len(seen) < len(detections))


def write_events(events: Any, room: Bytes) -> Written:
    """Points x, y, t (s), polarity of a dynamic vision sensor."""
    points, count = _raw(events, _CARLA_EVENT, room)
    out = room[: points.nbytes].view(_EVENT_POINT)
    for name in ("x", "y", "polarity"):
        out[name] = points[name]
    np.multiply(points["t"], 1e-9, out=out["t"])
    return Written(points.nbytes, len(points), len(points) < count)


def imu_values(
    rotation: Sequence[float], gyroscope: Sequence[float], accelerometer: Sequence[float]
) -> list[float]:
    """Return orientation x, y, z, w; angular velocity, rad/s; acceleration, m/s^2, in REP-103.

    Args:
        rotation: roll, pitch, yaw in CARLA's degrees.
        gyroscope: x, y, z in CARLA's axes: the vector w with v = w x r for a point at r, so that under the mirroring
            of y its y stays and x and z change sign.
        accelerometer: x, y, z in CARLA's axes; at rest it points up.
    """
    roll, pitch, yaw = rotation
    wx, wy, wz = gyroscope
    ax, ay, az = accelerometer
    return [*table.quaternion(roll, -pitch, -yaw), -wx, wy, -wz, ax, -ay, az]


def write_imu(measurement: Any, room: Bytes) -> Written:
    """Write `imu_values` as float64."""
    turn, gyro, force = (
        measurement.transform.rotation,
        measurement.gyroscope,
        measurement.accelerometer,
    )
    values = imu_values(
        (turn.roll, turn.pitch, turn.yaw), (gyro.x, gyro.y, gyro.z), (force.x, force.y, force.z)
    )
    room[: 8 * len(values)].view(np.float64)[:] = values
    return Written(8 * len(values), 1, False)


def write_gnss(measurement: Any, room: Bytes) -> Written:
    """Latitude, longitude (degrees), altitude (m): float64."""
    room[:24].view(np.float64)[:] = measurement.latitude, measurement.longitude, measurement.altitude
    return Written(24, 1, False)


def event_rows(kind: int, event: Any) -> list[tuple[Any, ...]]:
    """Return the records (`sensor_table.EVENT`) of one event."""
    time_s = event.timestamp
    if kind == table.LANE_INVASION:
        markings = [int(marking.type) for marking in event.crossed_lane_markings]
        return [(time_s, 0, marking, (0.0, 0.0, 0.0), b"") for marking in markings]
    other = event.other_actor
    actor, blueprint = (0, b"") if other is None else (other.id, other.type_id.encode())
    if kind == table.OBSTACLE:
        return [(time_s, actor, 0, (event.distance, 0.0, 0.0), blueprint)]
    impulse = event.normal_impulse
    return [(time_s, actor, 0, (impulse.x, -impulse.y, impulse.z), blueprint)]


def write_event_rows(rows: Sequence[tuple[Any, ...]], room: Bytes) -> Written:
    """Write the records of the events of a frame."""
    fitting = rows[: room.size // table.EVENT.itemsize]
    size = len(fitting) * table.EVENT.itemsize
    room[:size].view(table.EVENT)[:] = fitting
    return Written(size, len(fitting), len(fitting) < len(rows))


WRITERS: Final[dict[int, Writer]] = {
    table.COLOR: write_image,
    table.DEPTH: write_image,
    table.SEMANTIC: write_image,
    table.FLOW: write_image,
    table.EVENTS: write_events,
    table.LIDAR: write_lidar,
    table.SEMANTIC_LIDAR: write_semantic_lidar,
    table.RADAR: write_radar,
    table.IMU: write_imu,
    table.GNSS: write_gnss,
}
