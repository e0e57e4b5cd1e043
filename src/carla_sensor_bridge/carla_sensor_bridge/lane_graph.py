"""The driving lanes of a map as arrays: pieces of lanes, sampled about every metre, and how they follow each other.

Built once per map, from `carla.Map.get_topology()` and waypoints. A segment is one lane in one lane section of one
road, in the direction of travel.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.conversion import pitch_to_rep103, points_to_rep103, yaw_to_rep103
from carla_sensor_bridge.errors import SimulatorLostError
from carla_sensor_bridge.opendrive_roads import Road, parse_roads

if TYPE_CHECKING:
    import carla

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SPACING_M: Final = 1.0
# Waypoints exactly on the seam of two sections may be given for either; stay this far inside, m.
_SEAM_M: Final = 1e-3
_QUERIES_AT_ONCE: Final = 64

SegmentKey = tuple[int, int, int]


@dataclass(frozen=True)
class LaneGraph:
    """Driving lanes in REP-103 axes, frame "map".

    P points in S segments; the points of segment i are offset[i] to offset[i + 1].
    """

    x: Array
    y: Array
    z: Array
    yaw: Array
    """[P] direction of travel, rad in [-pi, pi)."""
    pitch: Array
    """[P] slope of the lane, rad, downhill positive."""
    s: Array
    """[P] distance from the segment's start, m."""
    half_width: Array
    """[P] half the lane's width, m."""
    speed_limit: Array
    """[P] m/s."""
    segment: IntArray
    """[P] segment of each point."""
    offset: IntArray
    """[S + 1]."""
    junction: npt.NDArray[np.bool_]
    """[S] whether the segment lies in a junction."""
    length: Array
    """[S] m."""
    successors: tuple[IntArray, ...]
    """S arrays: segments that may follow."""
    key: IntArray
    """[S, 3] road, lane section and lane of OpenDRIVE."""

    @property
    def num_segments(self) -> int:
        """S."""
        return len(self.length)

    def points(self, segment: int) -> slice:
        """Return where the points of a segment are."""
        return slice(int(self.offset[segment]), int(self.offset[segment + 1]))

    def nearest(self, x: Array, y: Array) -> tuple[IntArray, Array]:
        """Return index and distance, m, of the point nearest to each query; all [M]."""
        index = np.empty(len(x), dtype=np.int64)
        distance = np.empty(len(x))
        for first in range(0, len(x), _QUERIES_AT_ONCE):
            chunk = slice(first, first + _QUERIES_AT_ONCE)
            squared = np.square(x[chunk, None] - self.x)
            squared += np.square(y[chunk, None] - self.y)
            index[chunk] = squared.argmin(axis=1)
            distance[chunk] = np.sqrt(squared.min(axis=1))
        return index, distance


def _sample(carla_map: carla.Map, start: Any, road: Road) -> Array | None:
    """Return [K, 8] of one segment: x, y, z, yaw, pitch (CARLA's axes), lane width, limit, in the direction of travel.

    None when the client knows no such lane.
    """
    forward = start.lane_id < 0  # OpenDRIVE: right lanes have negative ids and run along the reference line
    begin, end = road.section_range(start.s + _SEAM_M if forward else start.s - _SEAM_M)
    inset = min(_SEAM_M, 0.25 * (end - begin))
    count = max(math.ceil((end - begin) / SPACING_M), 1) + 1
    s_values = np.linspace(begin + inset, end - inset, count)
    if not forward:
        s_values = s_values[::-1]
    limits = road.speed_limit(s_values)
    rows = []
    for s, limit in zip(s_values.tolist(), limits.tolist(), strict=True):
        waypoint = carla_map.get_waypoint_xodr(start.road_id, start.lane_id, s)
        if waypoint is None or waypoint.section_id != start.section_id:
            continue
        transform = waypoint.transform
        at, turn = transform.location, transform.rotation
        rows.append((at.x, at.y, at.z, turn.yaw, turn.pitch, waypoint.lane_width, limit))
    return np.array(rows) if len(rows) >= 2 else None


def _key(waypoint: Any) -> SegmentKey:
    return waypoint.road_id, waypoint.section_id, waypoint.lane_id


def _distances(x: Array, y: Array) -> Array:
    return np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])


def build_lane_graph(carla_map: carla.Map) -> LaneGraph:
    """Sample every driving lane of a map.

    Raises:
        SimulatorLostError: when the map has no driving lane or its OpenDRIVE cannot be read.
    """
    roads = parse_roads(carla_map.to_opendrive())
    starts: dict[SegmentKey, Any] = {}
    follows: dict[SegmentKey, list[SegmentKey]] = {}
    for start, following in carla_map.get_topology():
        key, successor = _key(start), _key(following)
        starts.setdefault(key, start)
        followers = follows.setdefault(key, [])
        # A lane that ends is paired with its own last waypoint, or not listed as a start at all.
        if (successor != key or following.s == start.s) and following.lane_type == start.lane_type:
            followers.append(successor)
            starts.setdefault(successor, following)
    samples: dict[SegmentKey, Array] = {}
    for key, start in starts.items():
        rows = _sample(carla_map, start, roads[start.road_id])
        if rows is not None:
            samples[key] = rows
    if not samples:
        raise SimulatorLostError(f"the simulator's map {carla_map.name} has no driving lane")

    keys = sorted(samples)
    number = {key: index for index, key in enumerate(keys)}
    counts = [len(samples[key]) for key in keys]
    rows = np.concatenate([samples[key] for key in keys])
    points = points_to_rep103(rows[:, :3])
    offset = np.concatenate([[0], np.cumsum(counts)]).astype(np.int64)
    pieces = [slice(int(a), int(b)) for a, b in itertools.pairwise(offset)]
    s = [_distances(points[piece, 0], points[piece, 1]) for piece in pieces]
    return LaneGraph(
        x=np.ascontiguousarray(points[:, 0]),
        y=np.ascontiguousarray(points[:, 1]),
        z=np.ascontiguousarray(points[:, 2]),
        yaw=yaw_to_rep103(rows[:, 3]),
        # CARLA's waypoints count pitch from 0 to 360.
        pitch=(pitch_to_rep103(rows[:, 4]) + np.pi) % (2.0 * np.pi) - np.pi,
        s=np.concatenate(s),
        half_width=0.5 * rows[:, 5],
        speed_limit=rows[:, 6].copy(),
        segment=np.repeat(np.arange(len(keys)), counts),
        offset=offset,
        junction=np.array([bool(starts[key].is_junction) for key in keys]),
        length=np.array([piece[-1] for piece in s]),
        successors=tuple(
            np.array(sorted({number[k] for k in follows.get(key, ()) if k in number}), dtype=np.int64)
            for key in keys
        ),
        key=np.array(keys, dtype=np.int64),
    )
