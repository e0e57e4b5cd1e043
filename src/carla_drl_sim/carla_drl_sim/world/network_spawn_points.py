"""Where vehicles may start on any road network: places on driving lanes outside of junctions."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.road_network import Road, RoadNetwork

SPACING = 18.0
"""Distance of spawn points along a lane, m; more on maps that would get more than `MOST`."""
MARGIN = 9.0
"""Distance from the ends of a road, m."""
HEIGHT = 0.3
"""Above the lane, m."""
MOST = 1000
LEAST_WIDTH = 2.4
"""Narrower lanes have no spawn points, m."""
_APART = 6.0
"""Points of different lanes that are nearer to each other along the lane and in the same lane's width are dropped, m."""
_LANE_APART = 2.2

Floats = npt.NDArray[np.float64]


def network_spawn_points(network: RoadNetwork, rng: Random) -> Floats:
    """Places on all driving lanes, in random order.

    Returns:
        float64 [K, 6] as in ``Town.spawn_points``.

    Raises:
        ValueError: there is no driving lane.
    """
    roads = [road for road in network.roads.values() if road.junction < 0]
    points = _along(roads, SPACING)
    if len(points) > MOST:
        points = _along(roads, SPACING * len(points) / MOST)
    if not len(points):
        points = _along(network.roads.values(), SPACING, margin_share=0.5)
    if not len(points):
        raise ValueError(
            f"the map has no driving lane that is {LEAST_WIDTH} m wide: vehicles could not start"
        )
    order = list(range(len(points)))
    for i in range(len(order) - 1, 0, -1):
        j = int(rng.random() * (i + 1))
        order[i], order[j] = order[j], order[i]
    return _apart(points[order])


def _along(roads: Iterable[Road], spacing: float, margin_share: float = 0.25) -> Floats:
    found = [np.empty((0, 6))]
    for road in roads:
        margin = min(MARGIN, margin_share * road.length)
        usable = road.length - 2.0 * margin
        count = int(usable / spacing) + 1
        if margin_share < 0.5 and road.length < MARGIN:
            continue
        places: Floats = 0.5 * (road.length - (count - 1) * spacing) + spacing * np.arange(
            count, dtype=np.float64
        )
        for section in road.sections:
            s = places[(places >= section.s) & (places < section.end)]
            if not s.size:
                continue
            for lane in section.lanes():
                if lane.kind == "driving":
                    line = road.lane_line(section, lane.id, s)
                    yaw = (np.degrees(line.yaw) + 180.0) % 360.0 - 180.0
                    rows = np.column_stack(
                        (
                            line.points + np.array([0.0, 0.0, HEIGHT]),
                            np.degrees(line.pitch),
                            yaw,
                            np.degrees(line.roll),
                        )
                    )
                    found.append(rows[line.width >= LEAST_WIDTH])
    points: Floats = np.vstack(found)
    return points.round(6) + 0.0


def _apart(points: Floats) -> Floats:
    """The points without those that are in the way of an earlier one."""
    kept = np.ones(len(points), dtype=np.bool_)
    cos, sin = np.cos(np.radians(points[:, 4])), np.sin(np.radians(points[:, 4]))
    for i in range(1, len(points)):
        dx, dy, dz = (points[:i, axis] - points[i, axis] for axis in range(3))
        along, aside = dx * cos[i] + dy * sin[i], dy * cos[i] - dx * sin[i]
        near = (np.abs(along) < _APART) & (np.abs(aside) < _LANE_APART) & (np.abs(dz) < 3.0)
        kept[i] = not np.any(near & kept[:i])
    return points[kept]
