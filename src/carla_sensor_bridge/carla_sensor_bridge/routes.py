"""Routes for the egos: seeded random walks over the lane graph.

The route of agent i in its episode e depends on the seed, i and e, and on the other egos only through the clearance
of its start: every episode has a generator of its own, spawned from the seed with the key (i, e).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numba
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.episode_seeds import EpisodeSeeds
from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.lane_graph import LaneGraph

if TYPE_CHECKING:
    from carla_sensor_bridge.route_files import RouteWeather

Array = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_CANDIDATES: Final = 32
# A route must not lose its last metre to rounding.
_ROUNDING_M: Final = 1e-6


class NoClearStartError(RuntimeError):
    """No start keeps the clearance to every other ego."""


@dataclass(frozen=True)
class Route:
    """A route in REP-103 axes, frame "map"; all arrays are [K], K >= 2."""

    x: Array
    y: Array
    yaw: Array
    """Direction of travel, rad, continuous along the route (not wrapped)."""
    s: Array
    """Distance from the start, m, increasing."""
    speed_limit: Array
    """m/s."""
    half_width: Array
    """Half the lane's width, m."""
    start_z: float
    start_pitch: float
    segments: IntArray = field(default_factory=lambda: np.zeros(0, dtype=np.int64))
    """[G] segments of the lane graph that the route leads over."""
    starts: Array = field(default_factory=lambda: np.zeros(0))
    """[G] place along the route at which each of them begins, m; the first is not positive."""
    z: Array = field(default_factory=lambda: np.zeros(0))
    """m."""
    id: str = ""
    """Name of a listed route."""
    weather: RouteWeather | None = None
    """The weather that goes with a listed route."""

    @property
    def length_m(self) -> float:
        """Length of the route, m."""
        return float(self.s[-1])


def _reachable(graph: LaneGraph, enough_m: float) -> Array:
    """Return for each segment how far one can drive from its end, m; more than `enough_m` counts as enough."""
    reach = np.zeros(graph.num_segments)
    counts = np.array([len(after) for after in graph.successors])
    followed = np.flatnonzero(counts)
    if not len(followed):
        return reach
    after = np.concatenate([graph.successors[segment] for segment in followed])
    first = np.concatenate([[0], np.cumsum(counts[followed])[:-1]])
    while True:
        updated = np.zeros_like(reach)
        updated[followed] = np.maximum.reduceat(np.minimum(reach + graph.length, enough_m)[after], first)
        if np.array_equal(updated, reach):
            return reach
        reach = updated


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _lay_out(  # type: ignore[no-untyped-def]
    start, segments, offset, target, xs, ys, zs, yaws, limits, half_widths
):
    """Join the points of segments into one route that ends at `target` m.

    Returns:
        [7, K]: x, y, yaw (continuous), s, speed limit, half lane width, z.
    """
    most = 2
    for segment in segments:
        most += offset[segment + 1] - offset[segment]
    out = np.empty((7, most))
    count = 0
    for n in range(len(segments)):
        # The first point of a segment is the last one of the segment before.
        first = start if n == 0 else offset[segments[n]] + 1
        for i in range(first, offset[segments[n] + 1]):
            x, y, z, yaw, s = xs[i], ys[i], zs[i], yaws[i], 0.0
            if count > 0:
                ds = np.hypot(x - out[0, count - 1], y - out[1, count - 1])
                if ds <= _ROUNDING_M:
                    continue
                s = out[3, count - 1] + ds
                before = out[2, count - 1]
                yaw = before + (yaw - before + np.pi) % (2.0 * np.pi) - np.pi
            if s > target:
                # The last point is put where the wanted length ends.
                share = (target - out[3, count - 1]) / (s - out[3, count - 1])
                x = out[0, count - 1] + share * (x - out[0, count - 1])
                y = out[1, count - 1] + share * (y - out[1, count - 1])
                z = out[6, count - 1] + share * (z - out[6, count - 1])
                yaw = out[2, count - 1] + share * (yaw - out[2, count - 1])
                s = target
            out[0, count], out[1, count], out[2, count], out[3, count] = x, y, yaw, s
            out[4, count], out[5, count], out[6, count] = limits[i], half_widths[i], z
            count += 1
            if s >= target:
                return out[:, :count].copy()
    return out[:, :count].copy()


class RouteGenerator:
    """Draws routes of `min_length_m` to `max_length_m` for agents of a fleet.

    Starts lie on driving lanes outside junctions, where a vehicle does not stand across another lane.
    """

    def __init__(
        self, graph: LaneGraph, min_length_m: float, max_length_m: float, start_clearance_m: float, seed: int
    ) -> None:
        """Prepare the graph.

        Raises:
            ConfigurationError: when no start of the map has a way of `min_length_m` ahead.
        """
        self._graph = graph
        self._min_length = min_length_m
        self._max_length = max_length_m
        self._clearance = start_clearance_m
        self._reach = _reachable(graph, max_length_m + 1.0)
        ahead = graph.length[graph.segment] - graph.s + self._reach[graph.segment]
        usable = (ahead >= min_length_m) & ~graph.junction[graph.segment]
        self._starts = np.flatnonzero(usable)
        if not len(self._starts):
            raise ConfigurationError(
                f"scenario field routes.min_length_m is {min_length_m:g}; allowed: up to {ahead.max():.0f} m, "
                "the longest way through this town's driving lanes"
            )
        self._seeds = EpisodeSeeds(seed)

    def reseed(self, agent: int, seed: int) -> None:
        """Start the sequence of an agent's routes anew, from another seed."""
        self._seeds.reseed(agent, seed)

    def draw(self, agent: int, others: Array, *, strict: bool = False) -> Route:
        """Draw the next route of an agent.

        Args:
            agent: row in the fleet.
            others: [M, 2] x, y of the other egos, m.
            strict: what happens when no start keeps the clearance to `others`: an error, or else the start that
                is farthest from them (others drive, so the streets can be crowded for a while).

        Raises:
            NoClearStartError: when `strict` and no start keeps the clearance.
        """
        _, rng = self._seeds.next_episode(agent)
        target = rng.uniform(self._min_length, self._max_length)
        choices = rng.random(_CANDIDATES)
        start = self._clear_start(rng, others, strict)
        return self._walk(start, target, choices)

    def _clearances(self, points: IntArray, others: Array) -> Array:
        """Return the squared distance of each point to the nearest of `others`, m^2."""
        graph = self._graph
        squared = np.square(graph.x[points, None] - others[:, 0])
        squared += np.square(graph.y[points, None] - others[:, 1])
        return np.asarray(squared.min(axis=1, initial=np.inf))

    def _clear_start(self, rng: np.random.Generator, others: Array, strict: bool) -> int:
        wanted = self._clearance**2
        candidates = self._starts[rng.integers(len(self._starts), size=_CANDIDATES)]
        clear = self._clearances(candidates, others) >= wanted
        if clear.any():
            return int(candidates[int(clear.argmax())])
        candidates = rng.permutation(self._starts)
        clearances = self._clearances(candidates, others)
        clear = clearances >= wanted
        if clear.any():
            return int(candidates[int(clear.argmax())])
        if strict:
            raise NoClearStartError(
                f"none of {len(candidates)} starts is {self._clearance:g} m away from every other ego"
            )
        return int(candidates[int(clearances.argmax())])

    def _walk(self, start: int, target: float, choices: Array) -> Route:
        graph = self._graph
        segment = int(graph.segment[start])
        segments = [segment]
        driven = float(graph.length[segment] - graph.s[start])
        while driven < target:
            after = graph.successors[segment]
            if not len(after):
                break
            if len(after) > 1:
                # Only ways that are long enough; where none is, the longest.
                reach = np.minimum(graph.length[after] + self._reach[after], target - driven)
                after = after[reach >= reach.max() - _ROUNDING_M]
            segment = int(after[int(choices[(len(segments) - 1) % _CANDIDATES] * len(after))])
            segments.append(segment)
            driven += float(graph.length[segment])
        x, y, yaw, s, limit, half_width, z = _lay_out(
            start,
            np.array(segments),
            graph.offset,
            target,
            graph.x,
            graph.y,
            graph.z,
            graph.yaw,
            graph.speed_limit,
            graph.half_width,
        )
        lengths = graph.length[segments[:-1]]
        starts = np.concatenate(([0.0], np.cumsum(lengths))) - float(graph.s[start])
        return Route(
            x,
            y,
            yaw,
            s,
            limit,
            half_width,
            float(graph.z[start]),
            float(graph.pitch[start]),
            np.array(segments),
            starts,
            z,
        )
