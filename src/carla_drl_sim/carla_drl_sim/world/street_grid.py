"""Lays out the streets of a generated town: an irregular grid with missing blocks, bends and rounded corners.

Nodes sit on a grid whose lines are unevenly spaced; some are pushed aside, so that the streets between them bend.
Streets leave every node along a grid axis: junction arms are at right angles and meet in one point.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from carla_drl_sim.world.curves import Pen, draw_shift
from carla_drl_sim.world.opendrive import Geometry

Node = tuple[int, int]
EAST, NORTH, WEST, SOUTH = range(4)
_STEP: tuple[Node, ...] = ((1, 0), (0, 1), (-1, 0), (0, -1))


@dataclass(frozen=True)
class GridPlan:
    """What a grid town is made of; lengths in m, ranges as (least, most)."""

    columns: int = 7
    rows: int = 6
    column_spacing: tuple[float, float] = (100.0, 132.0)
    row_spacing: tuple[float, float] = (96.0, 124.0)
    removed_streets: int = 13
    displaced_share: float = 0.45
    displacement: tuple[float, float] = (4.0, 9.0)
    bend_radius: tuple[float, float] = (30.0, 45.0)
    corner_radius: tuple[float, float] = (18.0, 28.0)
    arm_length: float = 12.0
    """Distance from the middle of a junction to the end of the roads that lead into it."""


@dataclass(frozen=True)
class Street:
    """A street from junction to junction: `start`/`end` are nodes, the directions are those it leaves them in."""

    start: Node
    start_direction: int
    end: Node
    end_direction: int
    geometry: tuple[Geometry, ...]
    on_ring: bool


@dataclass
class StreetGrid:
    """Nodes, the directions that streets leave them in, and the streets between junctions."""

    position: dict[Node, tuple[float, float]]
    directions: dict[Node, list[int]]
    streets: list[Street] = field(default_factory=list)

    def junctions(self) -> list[Node]:
        """Nodes where three or four streets meet, in grid order."""
        return [node for node, around in sorted(self.directions.items()) if len(around) > 2]


def neighbour(node: Node, direction: int) -> Node:
    """The grid node next to `node`."""
    return node[0] + _STEP[direction][0], node[1] + _STEP[direction][1]


def _between(rng: Random, limits: tuple[float, float]) -> float:
    return limits[0] + (limits[1] - limits[0]) * rng.random()


def _lines(rng: Random, count: int, spacing: tuple[float, float]) -> list[float]:
    places = [0.0]
    for _ in range(count - 1):
        places.append(places[-1] + _between(rng, spacing))
    return [place - 0.5 * places[-1] for place in places]


def _follow(directions: dict[Node, list[int]], node: Node, direction: int) -> tuple[Node, int]:
    """Where a street that leaves `node` ends: the next junction and the direction back into the street."""
    while True:
        node, back = neighbour(node, direction), (direction + 2) % 4
        if len(directions[node]) != 2:
            return node, back
        direction = next(d for d in directions[node] if d != back)


def _is_sound(directions: dict[Node, list[int]]) -> bool:
    """Whether every direction of every street can be reached from every other without turning round.

    A street that comes back to its own junction is not sound either: OpenDRIVE could link it, CARLA's client cannot.
    """
    ahead: dict[tuple[Node, int], list[tuple[Node, int]]] = {}
    for node, around in directions.items():
        if len(around) > 2:
            for direction in around:
                end, back = _follow(directions, node, direction)
                if end == node:
                    return False
                ahead[node, direction] = [(end, turn) for turn in directions[end] if turn != back]
    behind: dict[tuple[Node, int], list[tuple[Node, int]]] = {state: [] for state in ahead}
    for state, following in ahead.items():
        for other in following:
            behind[other].append(state)
    for graph in (ahead, behind):
        start = next(iter(ahead))
        seen, waiting = {start}, [start]
        while waiting:
            for other in graph[waiting.pop()]:
                if other not in seen:
                    seen.add(other)
                    waiting.append(other)
        if len(seen) != len(ahead):
            return False
    reached = {node for node, around in directions.items() if len(around) > 2}
    for node, direction in ahead:
        while len(directions[node := neighbour(node, direction)]) == 2:
            reached.add(node)
            direction = next(d for d in directions[node] if d != (direction + 2) % 4)
    return len(reached) == len(directions)


def _remove_streets(rng: Random, directions: dict[Node, list[int]], count: int) -> None:
    """Take out `count` grid edges, as far as no dead end and no one-way trap comes of it."""
    edges = [(node, d) for node in sorted(directions) for d in (EAST, NORTH) if d in directions[node]]
    for i in range(len(edges) - 1, 0, -1):
        j = int(rng.random() * (i + 1))
        edges[i], edges[j] = edges[j], edges[i]
    for node, direction in edges:
        other, back = neighbour(node, direction), (direction + 2) % 4
        if count == 0:
            return
        if len(directions[node]) < 3 or len(directions[other]) < 3:
            continue
        directions[node].remove(direction)
        directions[other].remove(back)
        if _is_sound(directions):
            count -= 1
        else:
            directions[node] = sorted([*directions[node], direction])
            directions[other] = sorted([*directions[other], back])


def _draw_street(
    grid: StreetGrid,
    plan: GridPlan,
    bends: dict[frozenset[Node], float],
    corners: dict[Node, float],
    start: Node,
    out: int,
) -> Street:
    node, direction, cut = start, out, plan.arm_length
    x, y = grid.position[node]
    heading = direction * math.pi / 2.0
    pen = Pen((x + cut * _STEP[direction][0], y + cut * _STEP[direction][1], heading))
    on_ring = True
    while True:
        following = neighbour(node, direction)
        around = grid.directions[following]
        turn = direction if len(around) > 2 else next(d for d in around if d != (direction + 2) % 4)
        is_junction = len(around) > 2
        end_cut = plan.arm_length if is_junction else (corners[following] if turn != direction else 0.0)
        (x0, y0), (x1, y1) = grid.position[node], grid.position[following]
        step = _STEP[direction]
        along = (x1 - x0) * step[0] + (y1 - y0) * step[1] - cut - end_cut
        aside = -(x1 - x0) * step[1] + (y1 - y0) * step[0]
        draw_shift(pen, along, aside, bends[frozenset((node, following))])
        on_ring &= any(node[axis] == following[axis] and node[axis] in ends for axis, ends in _ring(grid))
        if is_junction:
            return Street(start, out, following, (direction + 2) % 4, tuple(pen.pieces), on_ring)
        if turn != direction:
            sign = 1.0 if turn == (direction + 1) % 4 else -1.0
            pen.draw(end_cut * math.pi / 2.0, sign / end_cut)
        node, direction, cut = following, turn, end_cut


def _ring(grid: StreetGrid) -> Iterator[tuple[int, tuple[int, int]]]:
    for axis in (0, 1):
        yield axis, (0, max(node[axis] for node in grid.position))


def lay_out(plan: GridPlan, rng: Random) -> StreetGrid:
    """Draw a town's streets.

    Raises:
        ValueError: the plan's bends or corners do not fit between its nodes.
    """
    xs, ys = _lines(rng, plan.columns, plan.column_spacing), _lines(rng, plan.rows, plan.row_spacing)
    position: dict[Node, tuple[float, float]] = {}
    directions: dict[Node, list[int]] = {}
    for column, x in enumerate(xs):
        for row, y in enumerate(ys):
            shift = [0.0, 0.0]
            for axis in (0, 1):
                sign = 1.0 if rng.random() < 0.5 else -1.0
                amount = _between(rng, plan.displacement)
                if rng.random() < plan.displaced_share:
                    shift[axis] = sign * amount
            position[column, row] = (x + shift[0], y + shift[1])
            directions[column, row] = [
                d
                for d in range(4)
                if 0 <= column + _STEP[d][0] < plan.columns and 0 <= row + _STEP[d][1] < plan.rows
            ]
    _remove_streets(rng, directions, plan.removed_streets)
    grid = StreetGrid(position, directions)
    bends = {
        frozenset((node, neighbour(node, d))): _between(rng, plan.bend_radius)
        for node in sorted(directions)
        for d in directions[node]
        if d in (EAST, NORTH)
    }
    corners = {node: _between(rng, plan.corner_radius) for node in sorted(directions)}
    for node in grid.junctions():
        for direction in directions[node]:
            end, back = _follow(directions, node, direction)
            if (node, direction) <= (end, back):
                grid.streets.append(_draw_street(grid, plan, bends, corners, node, direction))
    return grid
