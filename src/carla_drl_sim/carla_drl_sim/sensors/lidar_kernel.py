"""Compiled lidar: many rays from one place, column by column.

All rays of a column have the same azimuth in the sensor's axes, so that a column keeps only those of the gathered
parts (``candidates_kernel``) that this azimuth can meet.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.candidates_kernel import AZIMUTH, HALF_WIDTH, HIGH, LOW, NEAR, entry, gather
from carla_drl_sim.sensors.ground_blocks_kernel import hit_hills
from carla_drl_sim.sensors.noise import normal, stream_key, uniform
from carla_drl_sim.sensors.rays_kernel import FIRST_DYNAMIC, GROUND, NOTHING
from carla_drl_sim.sensors.scene_kernel import NO_HIT, ground_normal, hit_part
from carla_drl_sim.world.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_HALF_TURN = math.pi


@compiled
def scan_columns(
    static: Any,
    static_tree: Any,
    dynamic: Any,
    dynamic_tree: Any,
    ground: Any,
    blocks: Any,
    ignored: Ints,
    origin: Floats,
    axes: Floats,
    azimuths: Floats,
    elevations: Floats,
    reach: float,
    noise: Ints,
    skipped: float,
    first: int,
    last: int,
    distance: npt.NDArray[np.float32],
    target: npt.NDArray[np.int32],
    cosine: npt.NDArray[np.float32],
) -> None:
    """Cast the columns `first` to `last` (exclusive) of a scan.

    Args:
        ground, blocks: the ground, and `GroundBlocks` over it.
        ignored: owners of dynamic parts that rays go through.
        origin, axes: place [3] and axes [3, 3] of the sensor.
        azimuths, elevations: float64 [P] and [C], radians; azimuth from forward to the right, elevation upwards.
        reach: farthest distance.
        noise: int64 [3], seed, actor and frame.
        skipped: the part of the rays that is not cast at all.
        distance, target: results [C, P]; what a ray hits as in `rays_kernel`.
        cosine: result [C, P], of the angle between the ray and the surface's normal; not filled in when it is empty.
    """
    channels, columns = elevations.size, azimuths.size
    key = stream_key(noise[0], noise[1], noise[2])
    ce, se, slopes = np.cos(elevations), np.sin(elevations), np.empty(channels)
    for channel in range(channels):
        slopes[channel] = se[channel] / max(ce[channel], 1e-12)
    candidates, number = gather(
        static,
        static_tree,
        dynamic,
        dynamic_tree,
        ignored,
        origin,
        axes,
        reach,
        slopes.min(),
        slopes.max(),
        np.abs(azimuths[first:last]).max() if last > first else 0.0,
    )
    middle, half = candidates[:, AZIMUTH].copy(), candidates[:, HALF_WIDTH].copy()
    count = len(candidates)
    chosen = np.empty(count, np.int64)
    ox, oy, oz = origin[0], origin[1], origin[2]
    for column in range(first, last):
        azimuth = azimuths[column]
        ca, sa = math.cos(azimuth), math.sin(azimuth)
        kept = 0
        for place in range(count):
            away = abs(azimuth - middle[place])
            chosen[kept] = place
            kept += min(away, 2.0 * _HALF_TURN - away) <= half[place]
        hx = ca * axes[0, 0] + sa * axes[1, 0]
        hy = ca * axes[0, 1] + sa * axes[1, 1]
        hz = ca * axes[0, 2] + sa * axes[1, 2]
        for channel in range(channels):
            target[channel, column] = NOTHING
            if skipped > 0.0 and uniform(key, channel * columns + column) < skipped:
                continue
            level, rise = ce[channel], se[channel]
            dx = level * hx + rise * axes[2, 0]
            dy = level * hy + rise * axes[2, 1]
            dz = level * hz + rise * axes[2, 2]
            best, what = reach, NOTHING
            if ground.flat:
                if dz < 0.0 and oz > ground.level:
                    t, layer = (ground.level - oz) / dz, 0
                else:
                    t, layer = NO_HIT, 0
            else:
                t, layer = hit_hills(ground, blocks, ox, oy, oz, dx, dy, dz, best)
            if t <= best:
                best, what = t, GROUND - layer
            ray_slope = slopes[channel]
            for index in range(kept):
                place = chosen[index]
                if candidates[place, NEAR] > best * level:
                    break
                if candidates[place, LOW] <= ray_slope <= candidates[place, HIGH]:
                    t = entry(candidates[place], dx, dy, dz)
                    if t < best:
                        best, what = t, number[place]
            distance[channel, column] = best
            target[channel, column] = what
            if cosine.size > 0 and what != NOTHING:
                if what >= FIRST_DYNAMIC:
                    _, nx, ny, nz = hit_part(dynamic, what - FIRST_DYNAMIC, ox, oy, oz, dx, dy, dz)
                elif what >= 0:
                    _, nx, ny, nz = hit_part(static, what, ox, oy, oz, dx, dy, dz)
                else:
                    nx, ny, nz = ground_normal(ground, what != GROUND, ox + best * dx, oy + best * dy)
                cosine[channel, column] = -(dx * nx + dy * ny + dz * nz)


@compiled
def write_points(
    azimuths: Floats,
    elevations: Floats,
    distance: npt.NDArray[np.float32],
    target: npt.NDArray[np.int32],
    noise: Ints,
    attenuation: float,
    limit: float,
    at_zero: float,
    stddev: float,
    counts: npt.NDArray[np.uint32],
    points: npt.NDArray[np.float32],
) -> int:
    """Turn distances into points x, y, z, intensity [N, 4] in the sensor's axes, by channel; return how many.

    Intensity is exp(-attenuation distance). A point whose intensity is not above `limit` is kept with a probability
    that falls from 1 at the limit to 1 - `at_zero` at 0. Noise (seed, actor, frame) moves points along their rays.
    """
    channels, columns = distance.shape
    key = stream_key(noise[0], noise[1], noise[2])
    ca, sa = np.cos(azimuths), np.sin(azimuths)
    rays = channels * columns
    written = 0
    for channel in range(channels):
        ce, se = math.cos(elevations[channel]), math.sin(elevations[channel])
        start = written
        for column in range(columns):
            if target[channel, column] == NOTHING:
                continue
            away = np.float64(distance[channel, column])
            intensity = math.exp(-attenuation * away)
            index = channel * columns + column
            if limit > 0.0 and intensity <= limit:
                kept = 1.0 - at_zero * (1.0 - intensity / limit)
                if uniform(key, rays + index) >= kept:
                    continue
            if stddev > 0.0:
                away += stddev * normal(key, rays + index)  # its two numbers come after those above
            points[written, 0] = away * ce * ca[column]
            points[written, 1] = away * ce * sa[column]
            points[written, 2] = away * se
            points[written, 3] = intensity
            written += 1
        counts[channel] = written - start
    return written
