"""Makes one mesh of convex polygons from walkways that overlap or only touch: who walks from which piece to which."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from carla_drl_sim.world.convex import (
    TOLERANCE_M,
    Point,
    Polygon,
    is_worth_keeping,
    joined,
    oriented,
    subtract,
    twice_area,
)
from carla_drl_sim.world.walkways import Walkway, WalkwayKind

MAX_CORNERS = 6
"""Most corners of a polygon of the mesh (Detour's ``DT_VERTS_PER_POLYGON``)."""

NO_NEIGHBOUR = -1

_LONGEST_M = 60.0
_CELL_M = 16.0
_EDGE_GAP_M = 0.08
"""Edges that run along each other no further apart than this are one."""

_LEAST_OPENING_M = 0.25
_MOST_PARALLEL = -0.9
"""Edges that run along each other have opposite directions; the cosine between them."""

_STEP_M = 0.5
"""Walkways whose heights differ by more are above each other and not side by side."""

_ORDER = (WalkwayKind.SIDEWALK, WalkwayKind.CROSSWALK, WalkwayKind.GRASS, WalkwayKind.ROAD)


@dataclass(frozen=True)
class Piece:
    """A polygon of the mesh.

    Attributes:
        kind: what it is.
        corners: 3 to MAX_CORNERS.
        neighbours: index of the piece across the edge from each corner to the next, or NO_NEIGHBOUR.
    """

    kind: WalkwayKind
    corners: Polygon
    neighbours: list[int]


_Shape = tuple[WalkwayKind, Polygon]


class _Grid:
    """Shapes by the cells that their bounding boxes touch."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, int], list[int]] = defaultdict(list)

    @staticmethod
    def _keys(points: Sequence[Point]) -> Iterable[tuple[int, int]]:
        xs, ys = [point[0] for point in points], [point[1] for point in points]
        for i in range(
            math.floor((min(xs) - _EDGE_GAP_M) / _CELL_M), math.floor((max(xs) + _EDGE_GAP_M) / _CELL_M) + 1
        ):
            for j in range(
                math.floor((min(ys) - _EDGE_GAP_M) / _CELL_M),
                math.floor((max(ys) + _EDGE_GAP_M) / _CELL_M) + 1,
            ):
                yield i, j

    def add(self, index: int, points: Sequence[Point]) -> None:
        for key in self._keys(points):
            self._cells[key].append(index)

    def near(self, points: Sequence[Point]) -> list[int]:
        return sorted({index for key in self._keys(points) for index in self._cells.get(key, ())})


def _merge(shapes: Iterable[_Shape]) -> list[_Shape]:
    """Join shapes that follow each other in a straight line."""
    merged: list[_Shape] = []
    for kind, polygon in shapes:
        if merged and merged[-1][0] == kind:
            together = joined(merged[-1][1], polygon)
            if together is not None and len(together) <= MAX_CORNERS and _size(together) <= _LONGEST_M:
                merged[-1] = (kind, together)
                continue
        merged.append((kind, polygon))
    return merged


def _size(polygon: Polygon) -> float:
    xs, ys = [point[0] for point in polygon], [point[1] for point in polygon]
    return max(max(xs) - min(xs), max(ys) - min(ys))


def _bounds(polygon: Polygon) -> tuple[float, float, float, float, float, float]:
    xs, ys, zs = zip(*polygon, strict=True)
    return min(xs), max(xs), min(ys), max(ys), min(zs), max(zs)


def _are_apart(a: tuple[float, ...], b: tuple[float, ...]) -> bool:
    return (
        a[0] > b[1] - TOLERANCE_M
        or b[0] > a[1] - TOLERANCE_M
        or a[2] > b[3] - TOLERANCE_M
        or b[2] > a[3] - TOLERANCE_M
        or a[4] > b[5] + _STEP_M
        or b[4] > a[5] + _STEP_M
    )


def _without_overlap(shapes: Sequence[_Shape]) -> list[_Shape]:
    """Take from each shape what the ones before it cover."""
    accepted: list[_Shape] = []
    bounds: list[tuple[float, ...]] = []
    grid = _Grid()
    for kind, polygon in shapes:
        parts = [polygon]
        around = _bounds(polygon)
        for index in grid.near(polygon):
            if _are_apart(around, bounds[index]):
                continue
            other = accepted[index][1]
            parts = [
                piece
                for part in parts
                for piece in ([part] if _are_apart(_bounds(part), bounds[index]) else subtract(part, other))
            ]
        for part in parts:
            corners = oriented(part)
            if is_worth_keeping(corners):
                grid.add(len(accepted), corners)
                bounds.append(_bounds(corners))
                accepted.append((kind, corners))
    return accepted


@dataclass
class _Opening:
    """A stretch of an edge, from `start` to `end` metres along it, that leads to another shape."""

    start: float
    end: float
    door: int


def _openings(shapes: Sequence[_Shape]) -> dict[tuple[int, int], list[_Opening]]:
    """Where the edges (shape, number) of shapes run along each other; both sides name the same door."""
    edges: list[tuple[int, int, Point, Point, float, float, float]] = []
    grid = _Grid()
    for index, (_, polygon) in enumerate(shapes):
        for number, start in enumerate(polygon):
            end = polygon[(number + 1) % len(polygon)]
            length = math.dist(start[:2], end[:2])
            if length < _LEAST_OPENING_M:
                continue
            grid.add(len(edges), (start, end))
            along_x, along_y = (end[0] - start[0]) / length, (end[1] - start[1]) / length
            edges.append((index, number, start, end, length, along_x, along_y))

    found: dict[tuple[int, int], list[_Opening]] = defaultdict(list)
    doors = 0
    for mine, (shape, number, start, end, length, along_x, along_y) in enumerate(edges):
        for other in grid.near((start, end)):
            if other <= mine:
                continue
            other_shape, other_number, other_start, other_end, other_length, other_x, other_y = edges[other]
            if along_x * other_x + along_y * other_y > _MOST_PARALLEL or other_shape == shape:
                continue
            to, back = (
                _place(other_end, start, along_x, along_y),
                _place(other_start, start, along_x, along_y),
            )
            if back[0] <= to[0]:
                continue
            low, high = max(0.0, to[0]), min(length, back[0])
            if high - low < _LEAST_OPENING_M:
                continue
            slope = (back[1] - to[1]) / (back[0] - to[0])
            gaps = [to[1] + slope * (value - to[0]) for value in (low, high)]
            if max(map(abs, gaps)) > _EDGE_GAP_M:
                continue
            middle = 0.5 * (low + high)
            height = start[2] + middle / length * (end[2] - start[2])
            share = (middle - to[0]) / (back[0] - to[0])
            if abs(height - other_end[2] - share * (other_start[2] - other_end[2])) > _STEP_M:
                continue
            found[shape, number].append(_Opening(low, high, doors))
            first = (back[0] - high) / (back[0] - to[0]) * other_length
            last = (back[0] - low) / (back[0] - to[0]) * other_length
            found[other_shape, other_number].append(_Opening(first, last, doors))
            doors += 1
    return found


def _place(point: Point, origin: Point, along_x: float, along_y: float) -> tuple[float, float]:
    """How far a point is along and beside a line."""
    x, y = point[0] - origin[0], point[1] - origin[1]
    return x * along_x + y * along_y, y * along_x - x * along_y


def _with_doors(polygon: Polygon, openings: Sequence[list[_Opening]]) -> tuple[Polygon, list[int]]:
    """The polygon with corners at the ends of all openings, and the door of each of its edges."""
    corners: Polygon = []
    doors: list[int] = []
    for number, start in enumerate(polygon):
        end = polygon[(number + 1) % len(polygon)]
        length = math.dist(start[:2], end[:2])
        here = 0.0
        corners.append(start)
        doors.append(NO_NEIGHBOUR)
        for opening in sorted(openings[number], key=lambda item: item.start):
            first = max(opening.start, here)
            if opening.end - first < 0.5 * _LEAST_OPENING_M:
                continue
            if first > here + TOLERANCE_M:
                corners.append(_between(start, end, first / length))
                doors.append(NO_NEIGHBOUR)
            doors[-1] = opening.door
            here = opening.end
            if here < length - TOLERANCE_M:
                corners.append(_between(start, end, here / length))
                doors.append(NO_NEIGHBOUR)
    return corners, doors


def _between(start: Point, end: Point, share: float) -> Point:
    return (
        start[0] + share * (end[0] - start[0]),
        start[1] + share * (end[1] - start[1]),
        start[2] + share * (end[2] - start[2]),
    )


def _split(corners: Polygon, doors: list[int], next_door: list[int]) -> list[tuple[Polygon, list[int]]]:
    """Cut a polygon along chords into pieces of at most MAX_CORNERS corners; chords are doors as well."""
    count = len(corners)
    if count <= MAX_CORNERS:
        return [(corners, doors)]
    total = abs(twice_area(corners))
    best, chord = -1.0, (0, 0)
    for i in range(count - 2):
        for j in range(i + 2, count - (i == 0)):
            part = abs(twice_area(corners[i : j + 1]))
            if min(part, total - part) < 0.02 * total and min(part, total - part) < 0.1:
                continue
            balance = min(j - i, count - j + i) + min(part, total - part) / total
            if balance > best:
                best, chord = balance, (i, j)
    if best < 0.0:  # a sliver that cannot be cut: keep its outermost corners
        kept = corners[:MAX_CORNERS]
        return [(kept, [*doors[: MAX_CORNERS - 1], NO_NEIGHBOUR])]
    i, j = chord
    door = next_door[0]
    next_door[0] += 1
    first = corners[i : j + 1], [*doors[i:j], door]
    second = [*corners[j:], *corners[: i + 1]], [*doors[j:], *doors[:i], door]
    return [*_split(*first, next_door), *_split(*second, next_door)]


def _stretched(polygon: Polygon, by: float) -> Polygon:
    """A polygon made longer at both ends of its longer side: crosswalks end at kerbs, short of the sidewalks."""
    longest, heading = 0.0, (1.0, 0.0)
    for index, point in enumerate(polygon):
        x, y = point[0] - polygon[index - 1][0], point[1] - polygon[index - 1][1]
        length = math.hypot(x, y)
        if length > longest:
            longest, heading = length, (x / length, y / length)
    places = [point[0] * heading[0] + point[1] * heading[1] for point in polygon]
    middle = 0.5 * (min(places) + max(places))
    return [
        (
            point[0] + math.copysign(by, place - middle) * heading[0],
            point[1] + math.copysign(by, place - middle) * heading[1],
            point[2],
        )
        for point, place in zip(polygon, places, strict=True)
    ]


def pieces(walkways: Iterable[Walkway], crosswalk_reach: float = 1.0) -> list[Piece]:
    """The mesh of all walkways.

    Where walkways overlap, sidewalks go before crosswalks and both before roads, and the one named first before
    others of its kind.

    Args:
        crosswalk_reach: how far crosswalks are made longer to meet the sidewalks, m.

    Raises:
        ValueError: a walkway is not convex.
    """
    shapes: list[_Shape] = []
    for walkway in walkways:
        corners = oriented([(float(x), float(y), float(z)) for x, y, z in walkway.corners.tolist()])
        if not is_worth_keeping(corners):
            continue
        if walkway.kind == WalkwayKind.CROSSWALK:
            corners = _stretched(corners, crosswalk_reach)
        shapes.append((walkway.kind, corners))
    shapes = _without_overlap(
        [shape for kind in _ORDER for shape in _merge(s for s in shapes if s[0] == kind)]
    )
    openings = _openings(shapes)
    next_door = [1 + max((item.door for items in openings.values() for item in items), default=-1)]
    parts: list[tuple[WalkwayKind, Polygon, list[int]]] = []
    for index, (kind, polygon) in enumerate(shapes):
        corners, doors = _with_doors(
            polygon, [openings.get((index, number), []) for number in range(len(polygon))]
        )
        parts += [(kind, *piece) for piece in _split(corners, doors, next_door)]

    sides: dict[int, list[int]] = defaultdict(list)
    for index, (_, _, doors) in enumerate(parts):
        for door in doors:
            if door != NO_NEIGHBOUR:
                sides[door].append(index)
    return [
        Piece(kind, corners, [_other_side(sides, door, index) for door in doors])
        for index, (kind, corners, doors) in enumerate(parts)
    ]


def _other_side(sides: dict[int, list[int]], door: int, index: int) -> int:
    if door == NO_NEIGHBOUR or len(sides[door]) != 2:
        return NO_NEIGHBOUR
    first, second = sides[door]
    return second if first == index else first
