"""Routes through given waypoints: onto the lanes, along them and, where needed, across to the next lane."""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.routes import Route

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

LANE_CHANGE_M: Final = 15.0
"""Least length of a lane section in which a route changes lanes, m."""

_LANE_CHANGE_COST_M: Final = 20.0
# Lanes that lie over each other in junctions: all within this of the nearest one are looked at.
_AMBIGUITY_M: Final = 0.5
_SAME_POINT_M: Final = 1e-3
_LEAST_LENGTH_M: Final = 5.0


@dataclass(frozen=True)
class Place:
    """A place on a segment."""

    segment: int
    s: float
    """Distance from the segment's start, m."""


@dataclass(frozen=True)
class _Piece:
    """Driving on a segment between two places; with `other`, over to that segment."""

    segment: int
    begin: float
    end: float
    other: int | None = None


class RoutePlanner:
    """Shortest ways over a lane graph."""

    def __init__(self, graph: LaneGraph, snap_m: float) -> None:
        """Waypoints may lie `snap_m` from the nearest driving lane's middle, m."""
        self._graph = graph
        self._snap_m = snap_m
        self._segment_of = {tuple(key): segment for segment, key in enumerate(graph.key.tolist())}
        self._beside = [self._neighbours(segment) for segment in range(graph.num_segments)]

    def _neighbours(self, segment: int) -> list[int]:
        graph = self._graph
        if graph.length[segment] < LANE_CHANGE_M or graph.junction[segment]:
            return []
        road, section, lane = graph.key[segment].tolist()
        keys = [(road, section, lane + step) for step in (-1, 1) if lane + step != 0]
        return [self._segment_of[key] for key in keys if key in self._segment_of]

    def key(self, segment: int) -> tuple[int, ...]:
        """Return road, section and lane of a segment."""
        return tuple(self._graph.key[segment].tolist())

    def snap(self, x: float, y: float, what: str) -> list[Place]:
        """Return the places on driving lanes that a point may mean, the nearest first.

        Raises:
            ConfigurationError: when the point, `what` in the message, is too far off.
        """
        graph = self._graph
        distance = np.hypot(graph.x - x, graph.y - y)
        least = float(distance.min())
        if least > self._snap_m:
            raise ConfigurationError(
                f"{what} ({x:.2f}, {y:.2f}) is {least:.1f} m from the nearest driving lane; allowed: "
                f"routes.snap_m {self._snap_m:g} m"
            )
        near = np.flatnonzero(distance <= least + _AMBIGUITY_M)
        best: dict[int, int] = {}
        for point in near[np.argsort(distance[near], kind="stable")].tolist():
            best.setdefault(int(graph.segment[point]), point)
        return [Place(segment, float(graph.s[point])) for segment, point in best.items()]

    def plan(self, waypoints: Sequence[Sequence[Place]], what: str) -> Route:
        """Lay out the shortest route through waypoints, each given by the places that it may mean.

        Raises:
            ConfigurationError: when there is no way from one waypoint to the next, or the route is too short.
        """
        # Of every way to reach a place of the present waypoint only the shortest matters.
        ways: list[tuple[float, Place, list[_Piece]]] = [(0.0, place, []) for place in waypoints[0]]
        for number, places in enumerate(waypoints[1:], start=1):
            reached: dict[Place, tuple[float, Place, list[_Piece]]] = {}
            for cost, start, pieces in ways:
                for place, more, added in self._ways(start, places):
                    if place not in reached or cost + more < reached[place][0]:
                        reached[place] = (cost + more, place, pieces + added)
            if not reached:
                raise ConfigurationError(
                    f"{what}: no driving lanes lead from waypoint {number - 1} to waypoint {number}"
                )
            ways = list(reached.values())
        route = self._lay_out(_joined(min(ways, key=lambda way: way[0])[2]))
        if route is None or route.length_m < _LEAST_LENGTH_M:
            length = 0.0 if route is None else route.length_m
            raise ConfigurationError(f"{what} is {length:.1f} m long; allowed: {_LEAST_LENGTH_M:g} m or more")
        return route

    def _ways(self, start: Place, goals: Sequence[Place]) -> list[tuple[Place, float, list[_Piece]]]:
        """Return every goal that can be reached, how far it is, and the way (Dijkstra over segments)."""
        graph = self._graph
        found = [
            (goal, goal.s - start.s, [_Piece(start.segment, start.s, goal.s)])
            for goal in goals
            if goal.segment == start.segment and goal.s >= start.s
        ]
        missing = {goal.segment: goal for goal in goals if goal not in [way[0] for way in found]}
        # Cost up to where a segment is entered, the segment, where, and the way there.
        order = itertools.count()
        queue: list[tuple[float, int, int, float, tuple[_Piece, ...]]] = []

        def leave(cost: float, segment: int, at: float, way: tuple[_Piece, ...]) -> None:
            rest = float(graph.length[segment]) - at
            through = (*way, _Piece(segment, at, at + rest))
            for after in graph.successors[segment].tolist():
                heapq.heappush(queue, (cost + rest, next(order), after, 0.0, through))
            if rest < LANE_CHANGE_M:
                return
            for beside in self._beside[segment]:
                goal = missing.get(beside)
                share = at / float(graph.length[segment])
                length = float(graph.length[beside])
                end = length if goal is None or goal.s < share * length + LANE_CHANGE_M else goal.s
                over = (*way, _Piece(segment, at, end / length * float(graph.length[segment]), beside))
                heapq.heappush(queue, (cost + end - at + _LANE_CHANGE_COST_M, next(order), beside, end, over))

        leave(0.0, start.segment, start.s, ())
        done: set[int] = set()
        while queue and missing:
            cost, _, segment, at, way = heapq.heappop(queue)
            goal = missing.get(segment)
            if goal is not None and goal.s >= at - _SAME_POINT_M:
                del missing[segment]
                pieces = [*way, _Piece(segment, at, goal.s)]
                found.append((goal, cost + goal.s - at, pieces))
            if segment not in done:
                done.add(segment)
                leave(cost, segment, at, way)
        return found

    def _sampled(self, segment: int, places: Array) -> Array:
        """Return [K, 6] x, y, yaw (continuous), speed limit, half width and z at places on a segment, m."""
        graph = self._graph
        points = graph.points(segment)
        s = graph.s[points]
        columns = (
            graph.x[points],
            graph.y[points],
            np.unwrap(graph.yaw[points]),
            graph.speed_limit[points],
            graph.half_width[points],
            graph.z[points],
        )
        return np.stack([np.interp(places, s, column) for column in columns], axis=1)

    def _points(self, piece: _Piece) -> Array:
        """Return [K, 6] of a piece of a route, as `_sampled`."""
        graph = self._graph
        s = graph.s[graph.points(piece.segment)]
        inner = s[(s > piece.begin + _SAME_POINT_M) & (s < piece.end - _SAME_POINT_M)]
        places = np.concatenate(([piece.begin], inner, [piece.end]))
        here = self._sampled(piece.segment, places)
        if piece.other is None:
            return here
        there = self._sampled(piece.other, places * (graph.length[piece.other] / graph.length[piece.segment]))
        share = (places - piece.begin) / (piece.end - piece.begin)
        weight = (share * share * (3.0 - 2.0 * share))[:, None]
        blended = (1.0 - weight) * here + weight * there
        blended[1:-1, 2] = np.unwrap(np.arctan2(np.gradient(blended[:, 1]), np.gradient(blended[:, 0])))[1:-1]
        return np.asarray(blended)

    def _lay_out(self, pieces: Sequence[_Piece]) -> Route | None:
        graph = self._graph
        rows = [self._points(piece) for piece in pieces if piece.end - piece.begin > _SAME_POINT_M]
        if not rows:
            return None
        joined = np.concatenate(rows)
        steps = np.hypot(np.diff(joined[:, 0]), np.diff(joined[:, 1]))
        kept = np.concatenate(([True], steps > _SAME_POINT_M))
        joined = joined[kept]
        x, y = joined[:, 0].copy(), joined[:, 1].copy()
        s = np.concatenate(([0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))))
        segments, starts, at = [], [], 0.0
        for piece in pieces:
            last = piece.other if piece.other is not None else piece.segment
            segments.append(last)
            starts.append(at - piece.begin)
            at += piece.end - piece.begin
        first = pieces[0]
        points = graph.points(first.segment)
        return Route(
            x=x,
            y=y,
            yaw=np.unwrap(joined[:, 2]),
            s=s,
            speed_limit=joined[:, 3].copy(),
            half_width=joined[:, 4].copy(),
            start_z=float(np.interp(first.begin, graph.s[points], graph.z[points])),
            start_pitch=float(np.interp(first.begin, graph.s[points], graph.pitch[points])),
            segments=np.array(segments, dtype=np.int64),
            starts=np.array(starts),
            z=joined[:, 5].copy(),
        )


def _joined(pieces: Sequence[_Piece]) -> list[_Piece]:
    """Make one piece of those that follow each other on a segment."""
    joined = [pieces[0]]
    for piece in pieces[1:]:
        last = joined[-1]
        plain = last.other is None and piece.other is None
        if plain and piece.segment == last.segment and piece.begin == last.end:
            joined[-1] = _Piece(piece.segment, last.begin, piece.end)
        else:
            joined.append(piece)
    return joined
