"""Sensor stream messages: headers, and the world snapshot as one packed array.

A message is ``u32 size`` and a payload; the payload starts with a 48-byte sensor header. The world snapshot goes on
with a 36-byte episode header and one 119-byte record per actor.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

import numpy as np

WORLD_STREAM_ID = 1
"""The stream of world snapshots."""

SENSOR_COLLISION = 0
SENSOR_DEPTH = 1
SENSOR_NORMALS = 2
SENSOR_DVS = 3
SENSOR_GNSS = 4
SENSOR_IMU = 5
SENSOR_OBSTACLE = 7
SENSOR_OPTICAL_FLOW = 8
SENSOR_RADAR = 9
SENSOR_SEMANTIC_LIDAR = 10
SENSOR_LIDAR = 11
SENSOR_RGB = 13
SENSOR_SEMANTIC_SEGMENTATION = 14
SENSOR_INSTANCE_SEGMENTATION = 15
SENSOR_WORLD = 17
"""Indices in the client's registry of sensor data types, version 0.9.16."""

SIZE = struct.Struct("<I")
SENSOR_HEADER = struct.Struct("<QQd6f")
SENSOR_PREFIX = struct.Struct("<IQQd6f")
"""Size and sensor header in one."""

EPISODE_HEADER = struct.Struct("<Qdf3iI")
SNAPSHOT_PREFIX = struct.Struct("<IQQd6fQdf3iI")
"""Size, sensor header and episode header in one."""

assert SNAPSHOT_PREFIX.size == SIZE.size + SENSOR_HEADER.size + EPISODE_HEADER.size

MAP_CHANGE = 1
"""Bit of the simulation state that makes the client fetch the map again."""

PENDING_LIGHT_UPDATE = 2
"""Bit of the simulation state that makes the client fetch the street lights again."""

ACTOR_ACTIVE = 1
TRAFFIC_LIGHT_GREEN = 2

VEHICLE_STATE = np.dtype(
    {
        "names": [
            "pedals",
            "flags",
            "gear",
            "speed_limit",
            "light_state",
            "has_light",
            "light_id",
            "failure",
        ],
        "formats": ["3<f4", "3u1", "<i4", "<f4", "u1", "u1", "<u4", "u1"],
        "offsets": [0, 12, 15, 19, 23, 24, 25, 29],
        "itemsize": 54,
    }
)
"""Vehicle part of a record: throttle, steer, brake; hand brake, reverse, manual gear; speed limit in km/h."""

WALKER_STATE = np.dtype(
    {
        "names": ["direction", "speed", "jump"],
        "formats": ["3<f4", "<f4", "u1"],
        "offsets": [0, 12, 16],
        "itemsize": 54,
    }
)
"""Walker part of a record: its control."""

SIGN_ID_BYTES = 32
TRAFFIC_LIGHT_STATE = np.dtype(
    {
        "names": ["sign_id", "times", "elapsed", "pole", "frozen", "state"],
        "formats": [f"S{SIGN_ID_BYTES}", "3<f4", "<f4", "<u4", "u1", "u1"],
        "offsets": [0, 32, 44, 48, 52, 53],
        "itemsize": 54,
    }
)
"""Traffic light part of a record: OpenDRIVE signal; green, yellow, red and elapsed time in s. Signs: the id alone."""

ACTOR_RECORD = np.dtype(
    {
        "names": [
            "id",
            "state",
            "location",
            "rotation",
            "velocity",
            "angular_velocity",
            "acceleration",
            "vehicle",
            "light",
            "walker",
        ],
        "formats": ["<u4", "u1", *["3<f4"] * 5, VEHICLE_STATE, TRAFFIC_LIGHT_STATE, WALKER_STATE],
        "offsets": [0, 4, 5, 17, 29, 41, 53, 65, 65, 65],
        "itemsize": 119,
    }
)
"""One actor: metres, degrees (pitch, yaw, roll), m/s, degrees/s, m/s^2; then its kind's own 54 bytes."""


def sensor_header(
    sensor: int, frame: int, timestamp_s: float, pose: Sequence[float], payload_bytes: int
) -> bytes:
    """What stands before the data of a sensor at ``pose`` (x, y, z, pitch, yaw, roll), its size included."""
    return SENSOR_PREFIX.pack(SENSOR_HEADER.size + payload_bytes, sensor, frame, timestamp_s, *pose)


class SnapshotBuffer:
    """A complete snapshot message for a fixed set of actors, whose records are written in place.

    ``records`` is an ``ACTOR_RECORD`` array [N] that shares memory with ``message``; ``record_bytes`` is the same as
    uint8.
    """

    def __init__(self, actor_count: int) -> None:
        size = SNAPSHOT_PREFIX.size + actor_count * ACTOR_RECORD.itemsize
        self._bytes = bytearray(size)
        self.message = memoryview(self._bytes)
        self.records = np.frombuffer(self._bytes, ACTOR_RECORD, actor_count, SNAPSHOT_PREFIX.size)
        self.record_bytes = np.frombuffer(self._bytes, np.uint8, offset=SNAPSHOT_PREFIX.size)
        self.records["state"] = ACTOR_ACTIVE

    def stamp(
        self, episode: int, frame: int, timestamp_s: float, delta_s: float, simulation_state: int
    ) -> None:
        """Write the headers. The platform time is the simulated time, so that runs repeat bit by bit."""
        SNAPSHOT_PREFIX.pack_into(
            self._bytes,
            0,
            len(self._bytes) - SIZE.size,
            SENSOR_WORLD,
            frame,
            timestamp_s,
            *(0.0, 0.0, 0.0, 0.0, 0.0, 0.0),
            episode,
            timestamp_s,
            delta_s,
            *(0, 0, 0),
            simulation_state,
        )
