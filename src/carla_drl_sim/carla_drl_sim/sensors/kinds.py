"""All kinds of sensors whose data the server sends, by blueprint."""

from __future__ import annotations

from carla_drl_sim.sensors import gnss, imu, lidar, obstacle, radar
from carla_drl_sim.sensors.camera_sensors import CAMERA_SENSORS
from carla_drl_sim.sensors.device import Kind

KINDS: dict[str, Kind] = {
    **CAMERA_SENSORS,
    "sensor.lidar.ray_cast": lidar.KIND,
    "sensor.lidar.ray_cast_semantic": lidar.SEMANTIC_KIND,
    "sensor.other.gnss": gnss.KIND,
    "sensor.other.imu": imu.KIND,
    "sensor.other.obstacle": obstacle.KIND,
    "sensor.other.radar": radar.KIND,
}
"""Sensors that measure by themselves. Collisions are told by the world's step instead."""
