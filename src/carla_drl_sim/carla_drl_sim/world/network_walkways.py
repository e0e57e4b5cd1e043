"""Finds where pedestrians may walk in a road network: sidewalks, crosswalks, and the streets that they may cross."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby, pairwise

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.network_corners import sidewalk_corners
from carla_drl_sim.world.road_network import Road, RoadNetwork, Section
from carla_drl_sim.world.walkways import Walkway, WalkwayKind

Floats = npt.NDArray[np.float64]

_STEP_M = 1.0
_LONGEST_M = 40.0
_TOLERANCE_M = 0.1
"""How far the straight edges of a walkway may be off the borders of its lanes."""

_LEAST_WIDTH_M = 0.2
_NOWHERE = frozenset({"none", "restricted"})


def network_walkways(network: RoadNetwork) -> tuple[Walkway, ...]:
    """All sidewalks, then crosswalks, then streets; a junction's streets are one piece."""
    sidewalks: list[Walkway] = []
    streets: list[Walkway] = []
    junctions: dict[int, list[Floats]] = {}
    for road in network.roads.values():
        for section in road.sections:
            for kind, strip in _strips(road, section):
                if kind == WalkwayKind.ROAD and road.junction >= 0:
                    junctions.setdefault(road.junction, []).append(strip.reshape(-1, 3))
                else:
                    found = sidewalks if kind == WalkwayKind.SIDEWALK else streets
                    found += [Walkway(kind, np.vstack((pair[0], pair[1][::-1]))) for pair in pairwise(strip)]
    for corner in sidewalk_corners(network):
        sidewalks += [
            Walkway(WalkwayKind.SIDEWALK, hull)
            for hull in (convex_hull(np.vstack(pair)) for pair in pairwise(corner))
            if len(hull) > 2
        ]
    streets += [
        Walkway(WalkwayKind.ROAD, convex_hull(np.vstack(points))) for _, points in sorted(junctions.items())
    ]
    crosswalks = [
        Walkway(WalkwayKind.CROSSWALK, convex_hull(item.outline))
        for road in network.roads.values()
        for item in road.objects
        if item.kind == "crosswalk" and len(item.outline) >= 3
    ]
    return (*sidewalks, *crosswalks, *streets)


def _strips(road: Road, section: Section) -> Iterator[tuple[WalkwayKind, Floats]]:
    """Kind and borders, float64 [K, 2, 3] left and right, of each group of neighbouring lanes of a kind."""
    s = road.samples(section.s, section.end, _STEP_M)
    borders = road.borders(section, s)
    kinds = [_kind(lane.kind) for lane in section.lanes()]
    first = 0
    for kind, group in groupby(kinds):
        last = first + len(list(group))
        if kind is not None and (borders[:, first] - borders[:, last]).max() >= _LEAST_WIDTH_M:
            edges = np.stack((road.points(s, borders[:, first]), road.points(s, borders[:, last])), axis=1)
            yield kind, edges[_corners(edges, s)]
        first = last


def _kind(lane: str) -> WalkwayKind | None:
    if lane == "sidewalk":
        return WalkwayKind.SIDEWALK
    return None if lane in _NOWHERE else WalkwayKind.ROAD


def _corners(edges: Floats, s: Floats) -> list[int]:
    """The samples that are needed so that straight lines between them are close to both edges."""
    keep = [0]
    waiting = [(0, len(s) - 1)]
    while waiting:
        start, end = waiting.pop()
        if end - start > 1:
            share = ((s[start : end + 1] - s[start]) / (s[end] - s[start]))[:, None, None]
            off = np.abs(edges[start : end + 1] - edges[start] - share * (edges[end] - edges[start]))
            off = off.max(axis=(1, 2))
            if off.max() > _TOLERANCE_M or s[end] - s[start] > _LONGEST_M:
                middle = start + int(np.argmax(off)) if off.max() > _TOLERANCE_M else (start + end) // 2
                waiting += [(middle, end), (start, middle)]
                continue
        keep.append(end)
    return keep


def convex_hull(points: Floats) -> Floats:
    """Corners of the convex hull of points [N, 3] as seen from above, with their heights: float64 [K, 3]."""
    ordered = points[np.lexsort((points[:, 1], points[:, 0]))].tolist()

    def chain(along: list[list[float]]) -> list[list[float]]:
        kept: list[list[float]] = []
        for point in along:
            while len(kept) > 1 and _turn(kept[-2], kept[-1], point) <= 1e-9:
                kept.pop()
            kept.append(point)
        return kept[:-1]

    return np.array([*chain(ordered), *chain(ordered[::-1])])


def _turn(a: list[float], b: list[float], c: list[float]) -> float:
    return (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
