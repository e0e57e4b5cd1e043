"""All kinds of sensors whose data the server sends, by blueprint."""

from __future__ import annotations

from carla_drl_sim.sensors import gnss, imu
from carla_drl_sim.sensors.device import Kind

KINDS: dict[str, Kind] = {
    "sensor.other.gnss": gnss.KIND,
    "sensor.other.imu": imu.KIND,
}
"""Sensors that measure by themselves. Collisions are told by the world's step instead."""
