"""Blueprints of all sensors, with the attributes of CARLA's sensor reference, version 0.9.16."""

from __future__ import annotations

from collections.abc import Mapping

from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol.structs import WireValue
from carla_drl_sim.sensors.attributes import (
    NOISE_SEED,
    ROLE_NAME,
    SENSOR_TICK,
    Attribute,
    Value,
    flag,
    real,
    settings,
    whole,
)
from carla_drl_sim.sensors.camera_blueprints import CAMERA_ATTRIBUTES

MAX_POINTS_PER_SECOND = 50_000_000
"""Bound of the memory and time that one measurement of a ranging sensor may take."""

MAX_RANGE_M = 10_000.0
MAX_CHANNELS = 1024

_COMMON = (ROLE_NAME, SENSOR_TICK)


def _noise(*names: str, stddev: bool) -> tuple[Attribute, ...]:
    return tuple(real(name, 0.0, 0.0 if stddev else float("-inf")) for name in names)


_LIDAR_PATTERN = (
    whole("channels", 32, 1, MAX_CHANNELS),
    real("range", 10.0, 0.0, MAX_RANGE_M),
    whole("points_per_second", 56000, 1, MAX_POINTS_PER_SECOND),
    real("rotation_frequency", 10.0, 0.0, 1e4),
    real("upper_fov", 10.0, -90.0, 90.0),
    real("lower_fov", -30.0, -90.0, 90.0),
    real("horizontal_fov", 360.0, 0.0, 360.0),
)

ATTRIBUTES: dict[str, tuple[Attribute, ...]] = {
    **CAMERA_ATTRIBUTES,
    "sensor.lidar.ray_cast": (
        *_COMMON,
        *_LIDAR_PATTERN,
        real("atmosphere_attenuation_rate", 0.004, 0.0),
        real("dropoff_general_rate", 0.45, 0.0, 1.0),
        real("dropoff_intensity_limit", 0.8, 0.0, 1.0),
        real("dropoff_zero_intensity", 0.4, 0.0, 1.0),
        real("noise_stddev", 0.0, 0.0),
        NOISE_SEED,
    ),
    "sensor.lidar.ray_cast_semantic": (*_COMMON, *_LIDAR_PATTERN),
    "sensor.other.collision": (ROLE_NAME,),
    "sensor.other.gnss": (
        *_COMMON,
        NOISE_SEED,
        *_noise("noise_alt_bias", "noise_lat_bias", "noise_lon_bias", stddev=False),
        *_noise("noise_alt_stddev", "noise_lat_stddev", "noise_lon_stddev", stddev=True),
    ),
    "sensor.other.imu": (
        *_COMMON,
        NOISE_SEED,
        *_noise("noise_accel_stddev_x", "noise_accel_stddev_y", "noise_accel_stddev_z", stddev=True),
        *_noise("noise_gyro_stddev_x", "noise_gyro_stddev_y", "noise_gyro_stddev_z", stddev=True),
        *_noise("noise_gyro_bias_x", "noise_gyro_bias_y", "noise_gyro_bias_z", stddev=False),
    ),
    "sensor.other.lane_invasion": (ROLE_NAME,),
    "sensor.other.obstacle": (
        *_COMMON,
        real("distance", 5.0, 0.0, MAX_RANGE_M),
        real("hit_radius", 0.5, 0.0, 100.0),
        flag("only_dynamics", False),
        flag("debug_linetrace", False),
    ),
    "sensor.other.radar": (
        *_COMMON,
        real("horizontal_fov", 30.0, 0.0, 179.0),
        real("vertical_fov", 30.0, 0.0, 179.0),
        real("range", 100.0, 0.0, MAX_RANGE_M),
        whole("points_per_second", 1500, 1, MAX_POINTS_PER_SECOND),
        NOISE_SEED,
    ),
}
"""Attributes by blueprint."""

CLIENT_SENSORS = frozenset({"sensor.other.lane_invasion"})
"""Sensors that the client computes itself from the map and the snapshots; they must have no stream."""

REFUSED: dict[str, str] = {
    "sensor.camera.cosmos_visualization": "its images need NVIDIA's Cosmos",
    "sensor.other.rss": "responsibility-sensitive safety needs a client that is built with the RSS library",
    "sensor.other.v2x": "vehicles do not exchange messages in this world",
    "sensor.other.v2x_custom": "vehicles do not exchange messages in this world",
}
"""Sensors of CARLA that cannot be spawned here, and why."""


def is_served(type_id: str) -> bool:
    """Whether the server sends data of this sensor, so that it gets a stream."""
    return type_id in ATTRIBUTES and type_id not in CLIENT_SENSORS


def wire_attributes() -> dict[str, list[WireValue]]:
    """Attributes of all sensor blueprints as they are sent, by blueprint."""
    known: dict[str, tuple[Attribute, ...]] = dict.fromkeys(REFUSED, (ROLE_NAME,)) | ATTRIBUTES
    return {type_id: [item.wire() for item in known[type_id]] for type_id in sorted(known)}


def check(type_id: str, chosen: Mapping[str, str]) -> dict[str, Value]:
    """All settings of a sensor that is to be spawned; none for what is no sensor.

    Raises:
        RpcError: this sensor cannot be had here, or a name or a value is not allowed.
    """
    if type_id in REFUSED:
        raise RpcError(
            f"unable to spawn actor: '{type_id}' is not supported by carla_drl_sim: {REFUSED[type_id]}"
        )
    attributes = ATTRIBUTES.get(type_id)
    return {} if attributes is None else settings(type_id, attributes, chosen)
