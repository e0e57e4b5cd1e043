"""Where vehicles may start: places on the driving lanes of a generated town's streets."""

from __future__ import annotations

import math
from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.opendrive import Road

MARGIN = 9.0
"""Distance of spawn points from the ends of a road, m."""
MOTORWAY_FACTOR = 3.0
"""How much longer the spacing is on motorways."""
HEIGHT = 0.3
"""Of spawn points above the lane, m."""


def spawn_points(roads: Sequence[Road], rng: Random, spacing: float) -> npt.NDArray[np.float64]:
    """Places every `spacing` metres on all driving lanes, `MOTORWAY_FACTOR` times that on motorways, in random order.

    Returns:
        float64 [K, 6] as in ``Town.spawn_points``.
    """
    points: list[tuple[float, float, float, float, float, float]] = []
    for road in roads:
        usable = road.length - 2.0 * MARGIN
        if usable < 0.0:
            continue
        distance = spacing * (MOTORWAY_FACTOR if road.kind == "motorway" else 1.0)
        count = int(usable / distance) + 1
        first = 0.5 * (road.length - (count - 1) * distance)
        for side in (-1, 1):
            for offset in _lane_middles(road, side):
                for i in range(count):
                    points.append(_point(road, first + i * distance, side, offset))
    for i in range(len(points) - 1, 0, -1):
        j = int(rng.random() * (i + 1))
        points[i], points[j] = points[j], points[i]
    return np.array(points, dtype=np.float64)


def _lane_middles(road: Road, side: int) -> list[float]:
    middles, edge = [], 0.0
    for lane in sorted((lane for lane in road.lanes if lane.id * side > 0), key=lambda lane: abs(lane.id)):
        if lane.kind == "driving":
            middles.append(side * (edge + 0.5 * lane.width))
        edge += lane.width
    return middles


def _point(road: Road, s: float, side: int, offset: float) -> tuple[float, float, float, float, float, float]:
    x, y, heading = road.pose(s)
    x, y = x - offset * math.sin(heading), y + offset * math.cos(heading)
    yaw = -math.degrees(heading if side < 0 else heading + math.pi)
    yaw = (yaw + 180.0) % 360.0 - 180.0
    pitch = -side * math.degrees(math.atan(road.slope(s)))
    z = road.height(s) + HEIGHT
    return round(x, 6), round(-y, 6), round(z, 6), round(pitch, 6) + 0.0, round(yaw, 6) + 0.0, 0.0
