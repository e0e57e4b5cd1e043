"""Sidewalks round the corners of junctions, where a map lets them end at the last road before it.

CARLA's own maps have sidewalks on roads outside of junctions only; who follows one would stand before a gap.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.network_signals import DRIVABLE
from carla_drl_sim.world.road_network import Road, RoadNetwork

Floats = npt.NDArray[np.float64]

LONGEST = 60.0
"""Sidewalks that end further apart are not joined, m."""
_LEAST_WIDTH = 0.3
_PIECES = 8
_FLAT = 1e-3
"""Quads may be flat triangles, m2."""
_ROUND = 0.5523
"""Handles of a cubic Bezier curve that is nearly a quarter of a circle, in radii."""


@dataclass(frozen=True)
class _Side:
    """One side of a road where it meets a junction.

    Attributes:
        arm: number of the road's end.
        edges: float64 [2, 3], inner and outer edge of its sidewalk, None where there is none.
        middle: float64 [2], outermost point.
        ahead: float64 [2], unit vector into the junction.
    """

    arm: int
    edges: Floats | None
    middle: Floats
    ahead: Floats


def sidewalk_corners(network: RoadNetwork) -> list[Floats]:
    """Strips of sidewalk that join those of neighbouring roads at a junction.

    Returns:
        float64 [K, 2, 3] each: the two edges, point by point.
    """
    arms: dict[int, list[tuple[Road, bool]]] = {}
    closed: set[int] = set()
    lanes: dict[int, list[Floats]] = {}
    for road in network.roads.values():
        if road.junction >= 0:
            if any(lane.kind == "sidewalk" for section in road.sections for lane in section.lanes()):
                closed.add(road.junction)
            lanes.setdefault(road.junction, []).append(_lane_points(road))
            continue
        for end, at_end in ((road.predecessor, False), (road.successor, True)):
            if end is not None and end.is_junction:
                arms.setdefault(end.id, []).append((road, at_end))
    result = []
    for junction, ends in arms.items():
        if junction not in closed and junction in lanes:
            ways = np.vstack(lanes[junction])
            for first, second in _neighbours(ends):
                strip = _strip(first, second)
                if strip is not None and not _covers(strip, ways):
                    result.append(strip)
    return result


def _lane_points(road: Road) -> Floats:
    """Places on the driving lanes of a road: float64 [N, 2]."""
    found = [np.empty((0, 2))]
    for section in road.sections:
        s = road.samples(section.s, section.end)
        for lane in section.lanes():
            if lane.kind in DRIVABLE:
                found.append(road.lane_line(section, lane.id, s).points[:, :2])
    return np.vstack(found)


def _neighbours(ends: list[tuple[Road, bool]]) -> list[tuple[_Side, _Side]]:
    """Sides of different roads that follow each other around the junction and both have sidewalks."""
    sides = [side for arm, (road, at_end) in enumerate(ends) for side in _sides(arm, road, at_end)]
    if len(ends) < 2:
        return []
    centre = np.mean([side.middle for side in sides], axis=0)

    def angle(side: _Side) -> float:
        x, y = (side.middle - centre).tolist()
        return math.atan2(y, x)

    around = sorted(sides, key=angle)
    pairs = zip(around, [*around[1:], around[0]], strict=True)
    return [(a, b) for a, b in pairs if a.arm != b.arm and a.edges is not None and b.edges is not None]


def _sides(arm: int, road: Road, at_end: bool) -> list[_Side]:
    section = road.sections[-1 if at_end else 0]
    lanes = section.lanes()
    s = np.array([road.length if at_end else 0.0])
    t = road.borders(section, s)[0]
    heading = float(road.reference(s)[0, 2])
    ahead = (1.0 if at_end else -1.0) * np.array([math.cos(heading), math.sin(heading)])
    used = [column for column, lane in enumerate(lanes) if lane.kind != "none" and t[column] > t[column + 1]]
    result = []
    for column, inner, outer in ((used[0], 1, 0), (used[-1], 0, 1)) if used else ():
        points = road.points(s.repeat(2), t[[column + inner, column + outer]])
        is_sidewalk = lanes[column].kind == "sidewalk" and t[column] - t[column + 1] > _LEAST_WIDTH
        result.append(_Side(arm, points if is_sidewalk else None, points[1, :2], ahead))
    return result


def _strip(first: _Side, second: _Side) -> Floats | None:
    """The way from one sidewalk's end to the other's; None where it would be too long or folded."""
    assert first.edges is not None
    assert second.edges is not None
    inner = _curve(first.edges[0], first.ahead, second.edges[0], second.ahead)
    start, end = first.edges[1], second.edges[1]
    if inner is None:
        return None
    middle = np.tile(0.5 * (start + end), (_PIECES + 1, 1))
    # Where both sidewalks already meet behind the corner, the outer edge is a point.
    for outer in (
        _curve(start, first.ahead, end, second.ahead),
        np.linspace(start, end, _PIECES + 1),
        middle,
    ):
        if outer is not None:
            strip = np.stack((inner, outer), axis=1)
            turns = _turns(strip[:-1, 0], strip[1:, 0], strip[1:, 1], strip[:-1, 1])
            if (turns > -_FLAT).all() or (turns < _FLAT).all():
                return strip
    return None


def _turns(*corners: Floats) -> Floats:
    """Which way quads [N, 3] turn at each corner: float64 [4, N]."""
    found = []
    for i in range(4):
        a, b, c = corners[i - 2], corners[i - 1], corners[i]
        found.append((b[:, 0] - a[:, 0]) * (c[:, 1] - b[:, 1]) - (b[:, 1] - a[:, 1]) * (c[:, 0] - b[:, 0]))
    return np.array(found)


def _curve(start: Floats, ahead: Floats, end: Floats, back: Floats) -> Floats | None:
    """A smooth line that leaves `start` along `ahead` and comes to `end` against `back`: float64 [N, 3]."""
    chord = (end - start)[:2]
    length = float(np.hypot(*chord))
    if not 0.1 < length < LONGEST:
        return None
    handles = length / 3.0, length / 3.0
    cross = float(ahead[0] * back[1] - ahead[1] * back[0])
    if abs(cross) > 0.2:
        to_corner = float(chord[0] * back[1] - chord[1] * back[0]) / cross
        from_corner = float(chord[0] * ahead[1] - chord[1] * ahead[0]) / cross
        if to_corner > 0.0 and from_corner > 0.0:
            handles = _ROUND * to_corner, _ROUND * from_corner
    q = np.linspace(0.0, 1.0, _PIECES + 1)[:, None]
    a, d = start[:2], end[:2]
    b, c = a + handles[0] * ahead, d + handles[1] * back
    curve: Floats = (1 - q) ** 3 * a + 3 * (1 - q) ** 2 * q * b + 3 * (1 - q) * q**2 * c + q**3 * d
    return np.hstack((curve, start[2] + q * (end[2] - start[2])))


def _covers(strip: Floats, points: Floats) -> bool:
    """Whether any of the points [N, 2] is on the strip."""
    for a, b in pairwise(strip):
        corners = (a[0], b[0], b[1], a[1])
        inside = np.zeros(len(points), dtype=np.int64)
        for i in range(4):
            p, q = corners[i - 1], corners[i]
            inside += (q[0] - p[0]) * (points[:, 1] - p[1]) > (q[1] - p[1]) * (points[:, 0] - p[0])
        if ((inside == 0) | (inside == 4)).any():
            return True
    return False
