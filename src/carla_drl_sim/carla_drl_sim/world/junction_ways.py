"""Joins the roads that meet at a junction: which lane leads to which, and the connecting roads between them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import NamedTuple

from carla_drl_sim.world.cross_section import BETWEEN, INNER_EDGE, NO_MARK
from carla_drl_sim.world.curves import arcs_between, reversed_pose, shifted, turned
from carla_drl_sim.world.opendrive import (
    Connection,
    ContactPoint,
    Cubic,
    Geometry,
    Junction,
    Lane,
    Pose,
    Road,
    RoadLink,
    RoadMark,
)

STRAIGHT_RAD = math.radians(35.0)
"""Ways that turn by less lead straight on."""
LEAST_TURN_KMH = 20
_COMFORT = 4.0
"""Lateral acceleration that limits in bends allow, m/s2: half of what tyres hold on a dry road.

Traffic that enters a bend at its limit can speed up in it without leaving its lane.
"""
_LEAST_CURVATURE = 1e-4
_EDGE_KINDS = ("parking", "shoulder", "sidewalk")
_INSIDE = replace(BETWEEN, lane_change="none")


class Slot(NamedTuple):
    """A lane at a road's end; `offset` is how far its left border is right of the reference line, m."""

    lane: Lane
    offset: float


@dataclass(frozen=True)
class Arm:
    """One road's end at a junction."""

    road: Road
    contact: ContactPoint

    @cached_property
    def pose(self) -> Pose:
        """The end of the reference line, looking away from the junction."""
        if self.contact == "start":
            return self.road.pose(0.0)
        return reversed_pose(self.road.pose(self.road.length))

    @cached_property
    def pose_in(self) -> Pose:
        """The end of the reference line, looking into the junction."""
        if self.contact == "end":
            return self.road.pose(self.road.length)
        return reversed_pose(self.road.pose(0.0))

    @cached_property
    def height(self) -> tuple[float, float]:
        """Height at the end, and the rise per metre looking away from the junction."""
        if self.contact == "start":
            return self.road.height(0.0), self.road.slope(0.0)
        return self.road.height(self.road.length), -self.road.slope(self.road.length)

    @property
    def in_sign(self) -> int:
        """Sign of the lanes that lead into the junction."""
        return -1 if self.contact == "end" else 1

    def slots(self, sign: int) -> list[Slot]:
        """The lanes of one side from the middle outwards."""
        found, offset = [], 0.0
        for lane in sorted(
            (lane for lane in self.road.lanes if lane.id * sign > 0), key=lambda lane: abs(lane.id)
        ):
            found.append(Slot(lane, offset))
            offset += lane.width
        return found

    @cached_property
    def inward(self) -> list[Slot]:
        """Driving lanes that lead into the junction, innermost first."""
        return [slot for slot in self.slots(self.in_sign) if slot.lane.kind == "driving"]

    def edge_offset(self, sign: int) -> float:
        """How far the outermost driving lane's right border is from the reference line, m."""
        return max(
            (slot.offset + slot.lane.width for slot in self.slots(sign) if slot.lane.kind not in _EDGE_KINDS),
            default=0.0,
        )

    @cached_property
    def outward(self) -> list[Slot]:
        """Driving lanes that lead out of the junction, innermost first."""
        return [slot for slot in self.slots(-self.in_sign) if slot.lane.kind == "driving"]


@dataclass(frozen=True)
class Movement:
    """A way through a junction; `pairs` are places in (into.inward, out.outward).

    Without pairs, it is a way for what lies beside the lanes alone.
    `has_edge`: the parking places, shoulders and sidewalks on the right go along; `has_median`: the median on the left.
    """

    into: Arm
    out: Arm
    pairs: tuple[tuple[int, int], ...]
    has_edge: bool = False
    has_median: bool = False


def turn_angle(into: Arm, out: Arm) -> float:
    """By how much traffic from `into` to `out` turns, left positive, rad."""
    return turned(out.pose[2] - into.pose[2] - math.pi)


def by_heading(arms: Sequence[Arm]) -> list[Arm]:
    """The arms counter-clockwise, from the one that points east."""
    return sorted(arms, key=lambda arm: round(arm.pose[2] % (2.0 * math.pi), 6) % round(2.0 * math.pi, 6))


def usual_movements(arms: Sequence[Arm]) -> list[Movement]:
    """Every way but back: left from the innermost lane, right from the outermost, straight on from all.

    Lanes without a way that would follow from this get one: a lane too many ahead merges into the outermost, a new
    lane behind is entered from the outermost.
    """
    arms = by_heading(arms)
    ways: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for i, into in enumerate(arms):
        for j, out in enumerate(arms):
            lanes_in, lanes_out = len(into.inward), len(out.outward)
            if i == j or not lanes_in or not lanes_out:
                continue
            angle = turn_angle(into, out)
            if abs(angle) < STRAIGHT_RAD:
                ways[i, j] = [(place, place) for place in range(min(lanes_in, lanes_out))]
            elif angle > 0.0:
                ways[i, j] = [(0, 0)]
            else:
                ways[i, j] = [(lanes_in - 1, lanes_out - 1)]
    _complete(arms, ways)
    edges = [(i, (i + 1) % len(arms)) for i in range(len(arms))]
    movements = [
        Movement(arms[i], arms[j], tuple(sorted(pairs)), (i, j) in edges) for (i, j), pairs in ways.items()
    ]
    return movements + [Movement(arms[i], arms[j], (), has_edge=True) for i, j in edges if (i, j) not in ways]


def _complete(arms: list[Arm], ways: dict[tuple[int, int], list[tuple[int, int]]]) -> None:
    """Add pairs until every lane in has a way on and every lane out has a way to it."""

    def straightest(keys: list[tuple[int, int]]) -> tuple[int, int]:
        return min(keys, key=lambda key: (abs(turn_angle(arms[key[0]], arms[key[1]])), key))

    for i, arm in enumerate(arms):
        keys = [key for key in ways if key[0] == i]
        for place in range(len(arm.inward) if keys else 0):
            if not any(a == place for key in keys for a, _ in ways[key]):
                key = straightest(keys)
                ways[key].append((place, min(place, len(arms[key[1]].outward) - 1)))
    for j, arm in enumerate(arms):
        keys = [key for key in ways if key[1] == j]
        for place in range(len(arm.outward) if keys else 0):
            if not any(b == place for key in keys for _, b in ways[key]):
                key = straightest(keys)
                ways[key].append((min(place, len(arms[key[0]].inward) - 1), place))


def _level(into: Arm, out: Arm, length: float) -> tuple[Cubic, ...]:
    """The cubic with the heights and slopes of both ends."""
    (z0, outward_slope), (z1, slope1) = into.height, out.height
    slope0 = -outward_slope
    if z0 == z1 == slope0 == slope1 == 0.0:
        return ()
    mean = (z1 - z0) / length
    return (
        Cubic(
            0.0,
            z0,
            slope0,
            (3.0 * mean - 2.0 * slope0 - slope1) / length,
            (slope0 + slope1 - 2.0 * mean) / length**2,
        ),
    )


def _edge_lanes(first: int, into: Arm, out: Arm) -> list[Lane]:
    """Parking places, shoulder and sidewalk beside a way; what one end lacks begins or ends with no width."""
    before = {slot.lane.kind: slot.lane for slot in into.slots(into.in_sign)}
    after = {slot.lane.kind: slot.lane for slot in out.slots(-out.in_sign)}
    lanes: list[Lane] = []
    for kind in _EDGE_KINDS:
        a, b = before.get(kind), after.get(kind)
        if a is None and b is None:
            continue
        mark = next(lane.mark for lane in (a, b) if lane is not None)
        lanes.append(
            Lane(
                -first - len(lanes),
                kind,
                a.width if a else 0.0,
                mark,
                a.id if a else None,
                b.id if b else None,
                b.width if b else 0.0,
            )
        )
    return lanes


def _median(into: Arm, out: Arm) -> list[Lane]:
    """This direction's half of the median, left of the connecting road's reference line."""
    before = next(slot.lane for slot in into.slots(into.in_sign) if slot.lane.kind == "median")
    after = next(slot.lane for slot in out.slots(-out.in_sign) if slot.lane.kind == "median")
    return [Lane(1, "median", before.width, NO_MARK, end_width=after.width)]


def _runs(pairs: Sequence[tuple[int, int]]) -> list[list[tuple[int, int]]]:
    """Pairs that lie side by side at both ends, together."""
    runs: list[list[tuple[int, int]]] = []
    for a, b in sorted(pairs):
        if runs and runs[-1][-1] == (a - 1, b - 1):
            runs[-1].append((a, b))
        else:
            runs.append([(a, b)])
    return runs


def turning_speed(pieces: Sequence[Geometry]) -> int:
    """The limit in km/h, in tens, that the tightest bend of a way allows; at least `LEAST_TURN_KMH`."""
    curvature = max(abs(piece.curvature) for piece in pieces)
    speed_mps = math.sqrt(_COMFORT / max(curvature, _LEAST_CURVATURE))
    return max(int(0.36 * speed_mps) * 10, LEAST_TURN_KMH)


class Joiner:
    """Makes junctions and their connecting roads; road ids go on from `next_road_id`.

    The limit on a way that turns is the speed that its bend allows.
    """

    def __init__(self, next_road_id: int) -> None:
        self.next_road_id = next_road_id
        self.roads: list[Road] = []

    def join(self, junction_id: int, movements: Sequence[Movement]) -> Junction:
        """Make the connecting roads of all movements.

        Raises:
            ValueError: there is no smooth way between two arms.
        """
        connections: list[Connection] = []
        for movement in movements:
            runs = _runs(movement.pairs)
            outermost = len(movement.into.inward) - 1, len(movement.out.outward) - 1
            edge_run = next((run for run in runs if movement.has_edge and run[-1] == outermost), None)
            for run in runs:
                lanes, offsets = self._lanes(movement, run, has_edge=run is edge_run)
                connections.append(self._way(len(connections), junction_id, movement, lanes, offsets))
            if movement.has_edge and edge_run is None:
                lanes = _edge_lanes(1, movement.into, movement.out)
                offsets = (
                    movement.into.edge_offset(movement.into.in_sign),
                    movement.out.edge_offset(-movement.out.in_sign),
                )
                if lanes:
                    connections.append(self._way(len(connections), junction_id, movement, lanes, offsets))
        return Junction(junction_id, f"Junction {junction_id}", tuple(connections))

    def _lanes(
        self, movement: Movement, run: list[tuple[int, int]], *, has_edge: bool
    ) -> tuple[list[Lane], tuple[float, float]]:
        """Lanes of the road for some pairs of a movement, and where its reference line begins and ends."""
        into, out = movement.into, movement.out
        pairs = [(into.inward[a], out.outward[b]) for a, b in run]
        edges = _edge_lanes(len(pairs) + 1, into, out) if has_edge else []
        lanes = [
            Lane(
                -place - 1,
                "driving",
                before.lane.width,
                self._mark(before.lane.mark, place == len(pairs) - 1, bool(edges)),
                before.lane.id,
                after.lane.id,
                after.lane.width,
            )
            for place, (before, after) in enumerate(pairs)
        ] + edges
        if movement.has_median and run[0] == (0, 0):
            lanes += _median(into, out)
        return lanes, (pairs[0][0].offset, pairs[0][1].offset)

    def _way(
        self,
        number: int,
        junction_id: int,
        movement: Movement,
        lanes: list[Lane],
        offsets: tuple[float, float],
    ) -> Connection:
        into, out = movement.into, movement.out
        geometry = arcs_between(shifted(into.pose_in, offsets[0]), shifted(out.pose, offsets[1]))
        speed = min(into.road.speed_kmh, out.road.speed_kmh, turning_speed(geometry))
        road = Road(
            id=self.next_road_id,
            name=f"{into.road.name} to {out.road.name.lower()}",
            geometry=geometry,
            lanes=tuple(lanes),
            centre_mark=INNER_EDGE if movement.has_median else NO_MARK,
            speed_kmh=speed,
            junction=junction_id,
            predecessor=RoadLink("road", into.road.id, into.contact),
            successor=RoadLink("road", out.road.id, out.contact),
            elevation=_level(into, out, math.fsum(piece.length for piece in geometry)),
            kind=into.road.kind,
        )
        self.roads.append(road)
        self.next_road_id += 1
        links = tuple((lane.predecessor, lane.id) for lane in lanes if lane.predecessor is not None)
        return Connection(number, into.road.id, road.id, links)

    @staticmethod
    def _mark(mark: RoadMark, is_last: bool, has_edge: bool) -> RoadMark:
        if not is_last:
            return _INSIDE
        return mark if has_edge else NO_MARK
