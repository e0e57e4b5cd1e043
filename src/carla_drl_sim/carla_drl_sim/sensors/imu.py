"""Inertial measurement unit: accelerometer, gyroscope and compass."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.protocol.rpc_framing import pack
from carla_drl_sim.protocol.streams import SENSOR_IMU
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.device import Batch, Floats, Kind, Moment
from carla_drl_sim.sensors.noise import normals

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

GRAVITY_MPS2 = 9.81
_NOISES = 6


@dataclass
class Imu:
    """One unit: its noise, and the turning of its last measurement, from which angular acceleration follows."""

    seed: int
    stddev: Floats
    bias: Floats
    is_noisy: bool
    turning: Floats | None = None


def make(actor: Actor, settings: dict[str, Value], episode: Episode) -> Imu:
    """Read the settings of one unit."""
    names = [f"noise_accel_stddev_{axis}" for axis in "xyz"] + [f"noise_gyro_stddev_{axis}" for axis in "xyz"]
    stddev = np.array([float(settings[name]) for name in names])
    bias = np.array([0.0] * 3 + [float(settings[f"noise_gyro_bias_{axis}"]) for axis in "xyz"])
    return Imu(int(settings["noise_seed"]), stddev, bias, bool(stddev.any() or bias.any()))


def compass(forward: Floats) -> Floats:
    """Heading [N] of forward axes [N, 3] in radians: 0 is north (decreasing y), clockwise, below 2 pi.

    Source: CARLA's sensor reference, which puts east at the direction of increasing x.
    """
    heading = np.arctan2(forward[:, 0], -forward[:, 1])
    return np.where(heading < 0.0, heading + 2.0 * math.pi, heading)


def motion(batch: Batch, moment: Moment) -> tuple[Floats, Floats]:
    """Acceleration (m/s^2) and angular velocity (rad/s) of the sensors' places, world axes, each [N, 3].

    A sensor away from its carrier's origin by r feels a + w' x r + w x (w x r) (rigid body kinematics); w' is the mean
    since the measurement before.
    """
    carrier = moment.records[batch.carriers]
    turning = np.radians(carrier["angular_velocity"].astype(np.float64))
    arm = batch.location - carrier["location"].astype(np.float64)
    before = np.array(
        [
            now if device.turning is None else device.turning
            for device, now in zip(batch.devices, turning, strict=True)
        ]
    )
    angular_acceleration = (turning - before) / batch.elapsed_s[:, None]
    acceleration = (
        carrier["acceleration"].astype(np.float64)
        + np.cross(angular_acceleration, arm)
        + np.cross(turning, np.cross(turning, arm))
    )
    return acceleration, turning


def measure(batch: Batch, moment: Moment) -> Sequence[bytes]:
    """Measure in the sensors' own axes: specific force (at rest +g upwards), turning, and heading."""
    acceleration, turning = motion(batch, moment)
    for device, value in zip(batch.devices, turning, strict=True):
        device.turning = value
    acceleration[:, 2] += moment.episode.gravity_mps2
    readings = np.concatenate(
        (
            np.einsum("nij,nj->ni", batch.axes, acceleration),
            np.einsum("nij,nj->ni", batch.axes, turning),
        ),
        axis=1,
    )
    noise = np.empty(_NOISES)
    for row, (device, actor) in enumerate(zip(batch.devices, batch.actors, strict=True)):
        if device.is_noisy:
            normals(device.seed, actor.id, moment.episode.frame, noise)
            readings[row] += noise * device.stddev + device.bias
    headings = compass(batch.axes[:, 0]).tolist()
    return [
        pack([values[:3], values[3:], heading])
        for values, heading in zip(readings.tolist(), headings, strict=True)
    ]


KIND = Kind(SENSOR_IMU, make, measure)
