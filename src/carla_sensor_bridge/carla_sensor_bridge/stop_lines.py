"""Where traffic lights and stop signs make vehicles stop, on the lanes of a map and along a route."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.conversion import points_to_rep103
from carla_sensor_bridge.lane_graph import LaneGraph

if TYPE_CHECKING:
    import carla

    from carla_sensor_bridge.routes import Route

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

STOP_SIGN: Final = -1
"""What a line has in place of the index of its light."""

# Types of OpenDRIVE signals, as CARLA's maps use them.
_TRAFFIC_LIGHT: Final = "1000001"
_STOP: Final = "206"
# Lines of one route that are closer together are one.
_SAME_LINE_M: Final = 0.5


@dataclass(frozen=True)
class StopLines:
    """Stop lines on the segments of a lane graph, ordered by segment and place. Q lines in all."""

    s: Array
    """[Q] distance from the segment's start, m."""
    light: IntArray
    """[Q] index into `light_ids`, or STOP_SIGN."""
    first: IntArray
    """[S + 1] the lines of segment i are first[i] to first[i + 1]."""
    light_ids: tuple[str, ...]
    """Ids of the OpenDRIVE signals that are traffic lights with lines."""

    @staticmethod
    def none(num_segments: int) -> StopLines:
        """Return those of a map without lights and stop signs."""
        zeros = np.zeros(num_segments + 1, dtype=np.int64)
        return StopLines(np.zeros(0), zeros[:0], zeros, ())

    def along(self, route: Route) -> Array:
        """Return [L, 2] of a route's lines in order: place along the route, m, and light or STOP_SIGN.

        Where a light and a sign share a line, the light counts.
        """
        found = []
        for segment, start in zip(route.segments.tolist(), route.starts.tolist(), strict=True):
            for line in range(int(self.first[segment]), int(self.first[segment + 1])):
                place = start + float(self.s[line])
                if 0.0 <= place <= route.length_m:
                    found.append((place, float(self.light[line])))
        kept: list[tuple[float, float]] = []
        for place, light in sorted(found):
            if kept and place - kept[-1][0] < _SAME_LINE_M:
                if kept[-1][1] == STOP_SIGN:
                    kept[-1] = kept[-1][0], light
            else:
                kept.append((place, light))
        return np.array(kept).reshape(-1, 2)


def _lanes(validities: Iterable[tuple[int, int]]) -> list[int]:
    return [lane for ends in validities for lane in range(min(ends), max(ends) + 1) if lane != 0]


def build_stop_lines(carla_map: carla.Map, graph: LaneGraph) -> StopLines:
    """Find the stop lines of all traffic lights and stop signs of a map.

    A line lies where the map has its signal. One that a map puts inside a junction lies where that junction begins.
    """
    number = {tuple(key): segment for segment, key in enumerate(graph.key.tolist())}
    lights: dict[str, int] = {}
    rows = []
    for landmark in carla_map.get_all_landmarks():
        if landmark.type not in (_TRAFFIC_LIGHT, _STOP):
            continue
        for lane in _lanes(landmark.get_lane_validities()):
            waypoint = carla_map.get_waypoint_xodr(landmark.road_id, lane, landmark.s)
            key = None if waypoint is None else (landmark.road_id, waypoint.section_id, lane)
            segment = None if key is None else number.get(key)
            if segment is None:
                continue
            light = STOP_SIGN
            if landmark.type == _TRAFFIC_LIGHT:
                light = lights.setdefault(landmark.id, len(lights))
            rows.append((segment, _place(graph, segment, waypoint), light))
    rows.sort()
    segments = np.array([row[0] for row in rows], dtype=np.int64)
    return StopLines(
        s=np.array([row[1] for row in rows], dtype=np.float64),
        light=np.array([row[2] for row in rows], dtype=np.int64),
        first=np.searchsorted(segments, np.arange(graph.num_segments + 1)),
        light_ids=tuple(lights),
    )


def _place(graph: LaneGraph, segment: int, waypoint: Any) -> float:
    """Return how far from the segment's start a waypoint on it is, m."""
    if graph.junction[segment]:
        return 0.0
    at = waypoint.transform.location
    x, y, _ = points_to_rep103(np.array([[at.x, at.y, at.z]]))[0]
    points = graph.points(segment)
    dx, dy = x - graph.x[points], y - graph.y[points]
    nearest = int(np.argmin(dx * dx + dy * dy))
    yaw = graph.yaw[points][nearest]
    place = graph.s[points][nearest] + dx[nearest] * np.cos(yaw) + dy[nearest] * np.sin(yaw)
    return float(np.clip(place, 0.0, graph.length[segment]))
