"""Convex polygons as lists of points: cutting, subtracting, joining. Metres; convexity is that of the view from above."""

from __future__ import annotations

import math
from collections.abc import Sequence

Point = tuple[float, float, float]
Polygon = list[Point]
"""Corners in clockwise order when x points right and y up (counter-clockwise on CARLA's left-handed ground)."""

TOLERANCE_M = 0.01
"""Distances below this do not count."""

_LEAST_AREA_M2 = 0.02
_LEAST_THICKNESS_M = 0.03


def twice_area(polygon: Sequence[Point]) -> float:
    """Twice the area as seen from above; negative for the order that `Polygon` has."""
    total = 0.0
    x0, y0, _ = polygon[-1]
    for x1, y1, _ in polygon:
        total += x0 * y1 - x1 * y0
        x0, y0 = x1, y1
    return total


def oriented(polygon: Sequence[Point]) -> Polygon:
    """The corners in the order that `Polygon` has, without repeated ones."""
    corners = [
        point for index, point in enumerate(polygon) if math.dist(point, polygon[index - 1]) > TOLERANCE_M
    ]
    return corners[::-1] if len(corners) > 2 and twice_area(corners) > 0.0 else corners


def is_worth_keeping(polygon: Sequence[Point]) -> bool:
    """Whether a polygon is more than a sliver."""
    if len(polygon) < 3:
        return False
    area = 0.5 * abs(twice_area(polygon))
    longest = max(math.dist(point, polygon[index - 1]) for index, point in enumerate(polygon))
    return area >= _LEAST_AREA_M2 and area >= _LEAST_THICKNESS_M * longest


def cut(polygon: Polygon, x: float, y: float, normal_x: float, normal_y: float) -> tuple[Polygon, Polygon]:
    """The part of a polygon before a line (against the normal) and the part behind it.

    Args:
        x, y: a point of the line.
        normal_x, normal_y: unit vector across the line.
    """
    before: Polygon = []
    behind: Polygon = []
    last = polygon[-1]
    last_distance = (last[0] - x) * normal_x + (last[1] - y) * normal_y
    for point in polygon:
        distance = (point[0] - x) * normal_x + (point[1] - y) * normal_y
        if (distance > TOLERANCE_M and last_distance < -TOLERANCE_M) or (
            distance < -TOLERANCE_M and last_distance > TOLERANCE_M
        ):
            share = last_distance / (last_distance - distance)
            crossing = (
                last[0] + share * (point[0] - last[0]),
                last[1] + share * (point[1] - last[1]),
                last[2] + share * (point[2] - last[2]),
            )
            before.append(crossing)
            behind.append(crossing)
        if distance <= TOLERANCE_M:
            before.append(point)
        if distance >= -TOLERANCE_M:
            behind.append(point)
        last, last_distance = point, distance
    return before, behind


def subtract(polygon: Polygon, other: Polygon) -> list[Polygon]:
    """Convex pieces of what is left of a polygon when another one is taken away; the polygon itself if they are apart."""
    pieces: list[Polygon] = []
    rest = polygon
    x0, y0, _ = other[-1]
    for x1, y1, _ in other:
        length = math.hypot(x1 - x0, y1 - y0)
        # With this order of corners the inside is to the right of an edge, and the normal points to its left: outwards.
        normal_x, normal_y = -(y1 - y0) / length, (x1 - x0) / length
        rest, outside = cut(rest, x0, y0, normal_x, normal_y)
        if not is_worth_keeping(rest):
            return [polygon]
        if is_worth_keeping(outside):
            pieces.append(outside)
        x0, y0 = x1, y1
    return pieces


def without_straight_corners(polygon: Polygon) -> Polygon:
    """Leave out corners that lie on the line between their neighbours, heights included."""
    kept: Polygon = []
    count = len(polygon)
    for index, point in enumerate(polygon):
        before = kept[-1] if kept else polygon[index - 1]
        after = polygon[(index + 1) % count]
        along = math.dist(before[:2], after[:2])
        if along > TOLERANCE_M:
            aside = (after[0] - before[0]) * (point[1] - before[1]) - (after[1] - before[1]) * (
                point[0] - before[0]
            )
            share = math.dist(before[:2], point[:2]) / along
            height = before[2] + share * (after[2] - before[2])
            if (
                abs(aside) / along < TOLERANCE_M
                and share < 1.0
                and abs(point[2] - height) < 2.0 * TOLERANCE_M
            ):
                continue
        kept.append(point)
    return kept


def is_convex(polygon: Polygon) -> bool:
    """Whether no corner points inwards."""
    count = len(polygon)
    for index in range(count):
        a, b, c = polygon[index - 2], polygon[index - 1], polygon[index]
        turn = (b[0] - a[0]) * (c[1] - b[1]) - (b[1] - a[1]) * (c[0] - b[0])
        if turn > TOLERANCE_M * math.dist(a[:2], c[:2]):
            return False
    return True


def joined(first: Polygon, second: Polygon) -> Polygon | None:
    """One convex polygon for two that share a whole edge, or None where that is not possible."""
    for i, start in enumerate(first):
        end = first[i - 1]
        for j, other_end in enumerate(second):
            other_start = second[j - 1]
            if (
                math.dist(start, other_start) > 2.0 * TOLERANCE_M
                or math.dist(end, other_end) > 2.0 * TOLERANCE_M
            ):
                continue
            # `first` runs from `start` all the way around to `end`, `second` from `end` (its j) around to `start`.
            around = [*first[i:], *first[:i]]
            inner = [*second[j:], *second[:j]][1:-1]
            together = without_straight_corners([*around, *inner])
            return together if len(together) > 2 and is_convex(together) else None
    return None
