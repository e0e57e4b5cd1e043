"""Compiled casting of rays that start at one place and go in any directions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.candidates_kernel import AZIMUTH, HALF_WIDTH, HIGH, LOW, NEAR, entry, gather
from carla_drl_sim.sensors.ground_blocks_kernel import hit_hills
from carla_drl_sim.sensors.rays_kernel import GROUND, NOTHING
from carla_drl_sim.sensors.scene_kernel import NO_HIT
from carla_drl_sim.world.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_TURN = 2.0 * math.pi


@compiled
def cast_fan(
    static: Any,
    static_tree: Any,
    dynamic: Any,
    dynamic_tree: Any,
    ground: Any,
    blocks: Any,
    ignored: Ints,
    origin: Floats,
    axes: Floats,
    rays: Floats,
    ranges: Floats,
    distance: Floats,
    target: Ints,
) -> None:
    """What each ray [R] of a sensor hits first.

    Args:
        ignored: owners of dynamic parts that rays go through.
        origin, axes: place [3] and axes [3, 3] of the sensor.
        rays: float64 [R, 3], directions of length 1 in the sensor's axes.
        ranges: float64 [R], farthest distances.
        distance, target: results [R], as in `rays_kernel`; infinite and `NOTHING` where nothing is hit.
    """
    if len(rays) == 0:
        return
    slopes, low, high, wedge = np.empty(len(rays)), np.inf, -np.inf, 0.0
    for ray in range(len(rays)):
        slopes[ray] = rays[ray, 2] / max(math.hypot(rays[ray, 0], rays[ray, 1]), 1e-12)
        low, high = min(low, slopes[ray]), max(high, slopes[ray])
        wedge = max(wedge, abs(math.atan2(rays[ray, 1], rays[ray, 0])))
    candidates, number = gather(
        static, static_tree, dynamic, dynamic_tree, ignored, origin, axes, ranges.max(), low, high, wedge
    )
    ox, oy, oz = origin[0], origin[1], origin[2]
    for ray in range(len(rays)):
        x, y, z = rays[ray, 0], rays[ray, 1], rays[ray, 2]
        dx = x * axes[0, 0] + y * axes[1, 0] + z * axes[2, 0]
        dy = x * axes[0, 1] + y * axes[1, 1] + z * axes[2, 1]
        dz = x * axes[0, 2] + y * axes[1, 2] + z * axes[2, 2]
        azimuth, level, slope = math.atan2(y, x), math.hypot(x, y), slopes[ray]
        best, what = ranges[ray], NOTHING
        if not ground.flat:
            t, layer = hit_hills(ground, blocks, ox, oy, oz, dx, dy, dz, best)
        elif dz < 0.0 and oz > ground.level:
            t, layer = (ground.level - oz) / dz, 0
        else:
            t, layer = NO_HIT, 0
        if t <= best:
            best, what = t, GROUND - layer
        for place in range(len(candidates)):
            row = candidates[place]
            if row[NEAR] > best * level:
                break
            away = abs(azimuth - row[AZIMUTH])
            if min(away, _TURN - away) <= row[HALF_WIDTH] and row[LOW] <= slope <= row[HIGH]:
                t = entry(row, dx, dy, dz)
                if t < best:
                    best, what = t, number[place]
        distance[ray] = best if what != NOTHING else NO_HIT
        target[ray] = what
