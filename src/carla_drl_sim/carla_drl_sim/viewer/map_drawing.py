"""The map as polygons for the viewer: lanes, and what stands beside the roads."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import numpy as np

from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.road_network import RoadNetwork
from carla_drl_sim.world.scenery import Parts
from carla_drl_sim.world.town import Town

STEP_M = 2.0
_SHOWN = (Label.BUILDINGS, Label.VEGETATION, Label.WALLS, Label.FENCES, Label.BRIDGE, Label.STATIC)


def lane_polygons(network: RoadNetwork, step_m: float = STEP_M) -> Iterator[tuple[str, list[float]]]:
    """Lanes as (type, [x, y, x, y, ...]), each around once, CARLA's axes, m; lanes of junctions come last."""
    for road in sorted(network.roads.values(), key=lambda road: road.junction >= 0):
        for section in road.sections:
            s = road.samples(section.s, section.end, step_m)
            borders = road.borders(section, s)
            edges = [road.points(s, borders[:, place])[:, :2] for place in range(borders.shape[1])]
            for lane, left, right in zip(section.lanes(), edges[:-1], edges[1:], strict=True):
                yield lane.kind, np.round(np.vstack((left, right[::-1])), 2).ravel().tolist()


def part_polygons(parts: Parts) -> Iterator[tuple[int, list[float]]]:
    """Outlines from above of scenery, as (label, [x, y, ...])."""
    corners = np.array([[1.0, 1.0], [1.0, -1.0], [-1.0, -1.0], [-1.0, 1.0]])
    for row in np.flatnonzero(np.isin(parts.label, _SHOWN)).tolist():
        yaw = np.radians(parts.yaw_deg[row])
        turn = np.array([[np.cos(yaw), np.sin(yaw)], [-np.sin(yaw), np.cos(yaw)]])
        outline = corners * parts.extent[row, :2] @ turn + parts.centre[row, :2]
        yield int(parts.label[row]), np.round(outline, 2).ravel().tolist()


def as_json(town: Town, episode: int) -> str:
    """The map for the page."""
    content: dict[str, Any] = {
        "episode": episode,
        "bounds": [round(value, 1) for value in town.network.bounds(10.0)],
        "lanes": list(lane_polygons(town.network)),
        "parts": list(part_polygons(town.scenery.parts)),
    }
    return json.dumps(content, separators=(",", ":"))
