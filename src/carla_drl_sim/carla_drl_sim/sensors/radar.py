"""Radar: rays spread over a cone, with the distance and the radial speed of what they hit."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.protocol.streams import SENSOR_RADAR
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.device import Batch, Floats, Ints, Kind, Moment
from carla_drl_sim.sensors.noise import uniforms
from carla_drl_sim.sensors.rays import NOBODY, cast

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

MAX_POINTS = 1 << 20
"""Most rays of one measurement."""

RADARS_PER_TASK = 16
"""So many radars are worth a thread of their own."""


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
    frame = moment.episode.frame
    rays = [
        radar.rays(actor.id, frame, elapsed_s)
        for radar, actor, elapsed_s in zip(batch.devices, batch.actors, batch.elapsed_s.tolist(), strict=True)
    ]
    ends = np.cumsum([len(part) for part in rays])
    radar_of = np.repeat(np.arange(len(batch)), [len(part) for part in rays])
    local = np.concatenate(rays)
    ranges = np.sqrt(np.einsum("ni,ni->n", local, local))
    local /= np.maximum(ranges, 1e-9)[:, None]
    directions = np.einsum("ni,nij->nj", local, batch.axes[radar_of])
    origins = batch.location[radar_of]
    own = own_velocity(batch, moment)

    def detect(radars: slice) -> list[bytes]:
        """Detections of neighbouring radars that look through the same actors."""
        first = ends[radars.start - 1] if radars.start else 0
        mine = slice(first, ends[radars.stop - 1])
        ignored = batch.devices[radars.start].ignored
        hits = cast(moment.scene, origins[mine], directions[mine], ranges[mine], ignored=ignored)
        relative = hits.velocity - own[radar_of[mine]]
        result = np.empty((len(hits.distance), 4), "<f4")
        result[:, 0] = np.einsum("ni,ni->n", relative, directions[mine])
        result[:, 1] = np.arctan2(local[mine, 1], local[mine, 0])
        result[:, 2] = np.arcsin(np.clip(local[mine, 2], -1.0, 1.0))
        result[:, 3] = hits.distance
        found = np.isfinite(hits.distance)
        parts = np.split(np.arange(len(found)), ends[radars] - first)[:-1]
        return [result[part[found[part]]].tobytes() for part in parts]

    groups = list(_groups([radar.ignored for radar in batch.devices]))
    return [payload for payloads in moment.workers.map(detect, groups) for payload in payloads]


def _groups(ignored: Sequence[Ints]) -> Iterator[slice]:
    """Runs of radars that look through the same actors, of at most `RADARS_PER_TASK`."""
    start = 0
    for index in range(1, len(ignored) + 1):
        if (
            index == len(ignored)
            or index - start == RADARS_PER_TASK
            or not np.array_equal(ignored[index], ignored[start])
        ):
            yield slice(start, index)
            start = index


KIND = Kind(SENSOR_RADAR, make, measure, needs_scene=True)
