"""What tests ask of a town's map, all through the real client's `carla.Map`."""

from __future__ import annotations

import math
from typing import Any

import carla

Lane = tuple[int, int, int]


def lane_of(waypoint: Any) -> Lane:
    return waypoint.road_id, waypoint.section_id, waypoint.lane_id


def lane_starts(town_map: Any) -> dict[Lane, Any]:
    return {lane_of(w): w for pair in town_map.get_topology() for w in pair}


def lane_path(start: Any, step: float) -> list[Any]:
    """Waypoints along a lane, from its first to its last."""
    return [start, *start.next_until_lane_end(step)]


def turned(a: Any, b: Any) -> float:
    """Difference of the headings of two waypoints, degrees."""
    return abs((b.transform.rotation.yaw - a.transform.rotation.yaw + 180.0) % 360.0 - 180.0)


def gap(a: Any, b: Any, step: float) -> float:
    """Distance of `b` from where `a`'s heading leads in `step` m, less what a lane beside a bend is longer."""
    forward = a.transform.get_forward_vector()
    dx = b.transform.location.x - a.transform.location.x
    dy = b.transform.location.y - a.transform.location.y
    along = dx * forward.x + dy * forward.y
    across = dy * forward.x - dx * forward.y
    return math.hypot(max(abs(along - step) - 0.25 * step, 0.0), across)


def lane_graph(town_map: Any, *, with_lane_changes: bool) -> dict[Lane, set[Lane]]:
    """Which lanes follow which, asked of every lane's last waypoint, and which ones its marks allow to change to."""
    graph = {}
    for lane, start in lane_starts(town_map).items():
        path = lane_path(start, 0.5)
        graph[lane] = {lane_of(w) for w in path[-1].next(1.0)} - {lane}
        if with_lane_changes:
            middle = path[len(path) // 2]
            for side, other in (("Left", middle.get_left_lane), ("Right", middle.get_right_lane)):
                if middle.lane_change & getattr(carla.LaneChange, side):
                    graph[lane].add(lane_of(other()))
    return graph


def reachable(graph: dict[Lane, set[Lane]], start: Lane) -> set[Lane]:
    seen, waiting = {start}, [start]
    while waiting:
        for other in graph[waiting.pop()] - seen:
            seen.add(other)
            waiting.append(other)
    return seen


def strongly_connected(graph: dict[Lane, set[Lane]]) -> bool:
    backwards: dict[Lane, set[Lane]] = {lane: set() for lane in graph}
    for lane, others in graph.items():
        for other in others:
            backwards[other].add(lane)
    start = next(iter(graph))
    return len(reachable(graph, start)) == len(reachable(backwards, start)) == len(graph)
