"""Radar: rays spread over a cone, with the distance and the radial speed of what they hit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.protocol.streams import SENSOR_RADAR
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.device import Batch, Floats, Ints, Kind, Moment
from carla_drl_sim.sensors.noise import uniforms
from carla_drl_sim.sensors.rays import NOBODY, cast_from

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

MAX_POINTS = 1 << 17
"""Most rays of one measurement."""


@dataclass
class Radar:
    """One radar: tangents of half its fields of view, range in metres, rays per second, and noise."""

    across: float
    upright: float
    reach: float
    points_per_second: int
    seed: int
    ignored: Ints = field(default_factory=lambda: NOBODY)

    def rays(self, actor: int, frame: int, elapsed_s: float) -> Floats:
        """Rays [N, 3] of one measurement in the sensor's axes; their lengths are the ranges.

        As in CARLA: a ray ends on a plane at the range, within an ellipse, at a radius and an angle that are each
        uniform, so that rays are densest in the middle.
        """
        count = min(int(self.points_per_second * elapsed_s + 1e-6), MAX_POINTS)
        random = np.empty((2, count))
        uniforms(self.seed, actor, frame, random.reshape(-1))
        radius, angle = random[0], 2.0 * math.pi * random[1]
        result = np.empty((count, 3))
        result[:, 0] = 1.0
        result[:, 1] = self.across * radius * np.cos(angle)
        result[:, 2] = self.upright * radius * np.sin(angle)
        return result * self.reach


def make(actor: Actor, settings: dict[str, Value], episode: Episode) -> Radar:
    """Read the settings of one radar."""
    return Radar(
        across=math.tan(0.5 * math.radians(float(settings["horizontal_fov"]))),
        upright=math.tan(0.5 * math.radians(float(settings["vertical_fov"]))),
        reach=float(settings["range"]),
        points_per_second=int(settings["points_per_second"]),
        seed=int(settings["noise_seed"]),
    )


def own_velocity(batch: Batch, moment: Moment) -> Floats:
    """Velocity [N, 3] of the sensors' places, m/s, as parts of rigid carriers."""
    carrier = moment.records[batch.carriers]
    arm = batch.location - carrier["location"].astype(np.float64)
    spin = np.radians(carrier["angular_velocity"].astype(np.float64))
    velocity: Floats = carrier["velocity"].astype(np.float64) + np.cross(spin, arm)
    return velocity


def measure(batch: Batch, moment: Moment) -> Sequence[bytes]:
    """Detections: speed, azimuth, altitude (radians) and depth, float32 [N, 4].

    As CARLA computes it, the speed is that of the target relative to the sensor along the ray: negative when the
    target comes nearer.
    """
    own = own_velocity(batch, moment)
    frame = moment.episode.frame

    def detect(index: int) -> bytes:
        radar: Radar = batch.devices[index]
        rays = radar.rays(batch.actors[index].id, frame, float(batch.elapsed_s[index]))
        ranges = np.sqrt(np.einsum("ni,ni->n", rays, rays))
        rays /= np.maximum(ranges, 1e-9)[:, None]
        axes = batch.axes[index]
        hits = cast_from(moment.scene, batch.location[index], axes, rays, ranges, radar.ignored)
        found = np.isfinite(hits.distance)
        rays = rays[found]
        result = np.empty((len(rays), 4), "<f4")
        result[:, 0] = np.einsum("ni,ni->n", hits.velocity[found] - own[index], rays @ axes)
        result[:, 1] = np.arctan2(rays[:, 1], rays[:, 0])
        result[:, 2] = np.arcsin(np.clip(rays[:, 2], -1.0, 1.0))
        result[:, 3] = hits.distance[found]
        return result.tobytes()

    return moment.workers.map(detect, range(len(batch)))


KIND = Kind(SENSOR_RADAR, make, measure, needs_scene=True)
