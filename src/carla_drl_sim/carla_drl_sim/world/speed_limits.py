"""Speed limits of a town by place. CARLA's axes, metres, km/h."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import raster_kernel
from carla_drl_sim.world.road_network import RoadNetwork
from carla_drl_sim.world.road_strips import Strip, places, quads_between, strips

CELL = 1.0
MAX_CELLS = 16_000_000
_HIGHEST = 255
COMFORT = 4.0
"""Lateral acceleration in bends through junctions, m/s2; ``junction_ways`` says why."""
LEAST_TURN_KMH = 20.0
_LEAST_CURVATURE = 1e-4
_BASE = 2.0
"""Headings this far before and behind a place give its curvature, m."""
BEFORE_BEND = 20.0
"""Enough to brake from 60 to 40 km/h at 4 m/s2, m."""

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class SpeedLimits:
    """Speed limits as a picture seen from above; on bridges that of either road.

    Attributes:
        origin: x and y of the corner of cell [0, 0].
        cell: side of a cell.
        kmh: uint8 [My, Mx], 0 where there is no road or no limit; cells as in ``ground.Covering``.
    """

    origin: tuple[float, float]
    cell: float
    kmh: npt.NDArray[np.uint8]

    def at(self, x: Floats, y: Floats) -> Floats:
        """Limits at places [N], km/h; 0 where there is none."""
        rows, columns = self.kmh.shape
        i = np.floor((x - self.origin[0]) / self.cell)
        j = np.floor((y - self.origin[1]) / self.cell)
        inside = (i >= 0) & (i < columns) & (j >= 0) & (j < rows)
        found = self.kmh[np.where(inside, j, 0).astype(np.intp), np.where(inside, i, 0).astype(np.intp)]
        limits: Floats = np.where(inside, found, 0).astype(np.float64)
        return limits


def build_speed_limits(network: RoadNetwork, *, slow_bends: bool = False) -> SpeedLimits:
    """Speed limits of all roads; ways through junctions without one have that of the road that leads there, or less
    where they turn.

    Args:
        network: the roads.
        slow_bends: let no limit be higher than what bends allow from `BEFORE_BEND` m before them on. Traffic takes
            limits for the speed to drive at; CARLA's own maps have bends that no tyre holds at their limits.
    """
    left, top, right, bottom = network.bounds(CELL)
    cell = max(CELL, math.sqrt((right - left) * (bottom - top) / MAX_CELLS))
    kmh = np.zeros((math.ceil((bottom - top) / cell), math.ceil((right - left) / cell)), np.uint8)
    origin = np.array([left, top])
    pieces = list(strips(network, cell))
    bends = _bends(pieces)
    limits = [_limits(network, piece, bends[piece.road.id], slow_bends=slow_bends) for piece in pieces]
    # Roads proper overwrite ways through junctions, and both the cells that are just beside a road.
    for wide, inside in ((True, True), (True, False), (False, True), (False, False)):
        for piece, values in zip(pieces, limits, strict=True):
            if (piece.road.junction >= 0) is inside:
                t = piece.t[:, [0, -1]] + (np.array([cell, -cell]) if wide else 0.0)
                edges = (places(piece.road.reference(piece.s), t) - origin) / cell
                raster_kernel.fill_quads(kmh, quads_between(edges[:, 0], edges[:, 1]), values)
    return SpeedLimits((left, top), cell, kmh)


def _bends(pieces: Iterable[Strip]) -> dict[int, tuple[Floats, Floats]]:
    """Places along each road and the speeds in km/h that the middle of its lanes allows there, by road id."""
    parts: dict[int, list[Strip]] = {}
    for piece in pieces:
        parts.setdefault(piece.road.id, []).append(piece)
    result = {}
    for road_id, strips_of_road in parts.items():
        s = np.concatenate([piece.s for piece in strips_of_road])
        xy = np.vstack([piece.xy.mean(axis=1) for piece in strips_of_road])
        # Sections share their ends, and lanes may jump there.
        keep = np.concatenate(([True], np.diff(s) > 0.2))
        s, step = s[keep][:-1], np.diff(xy[keep], axis=0)
        run, heading = np.hypot(*step.T), np.unwrap(np.arctan2(step[:, 1], step[:, 0]))
        place = np.cumsum(run) - 0.5 * run
        ahead, behind = np.interp([place + _BASE, place - _BASE], place, heading)
        curvature = np.abs(ahead - behind) / (2.0 * _BASE)
        speed = 3.6 * np.sqrt(COMFORT / np.maximum(curvature, _LEAST_CURVATURE))
        result[road_id] = s, speed
    return result


def _limits(
    network: RoadNetwork, piece: Strip, bends: tuple[Floats, Floats], *, slow_bends: bool
) -> npt.NDArray[np.uint8]:
    """The limit of each quad of a strip."""
    road, before = piece.road, piece.road.predecessor
    limits = np.array([road.speed_limit(s) or 0.0 for s in piece.s[:-1].tolist()])
    is_guessed = not road.speeds and before is not None and not before.is_junction
    if is_guessed and before is not None:
        other = network.roads[before.id]
        limits[:] = other.speed_limit(0.0 if before.contact == "start" else other.length) or 0.0
    s, speed = bends
    if is_guessed or slow_bends:
        reach = road.length if is_guessed else BEFORE_BEND
        first = np.searchsorted(s, piece.s[:-1] - reach)
        last = np.searchsorted(s, piece.s[:-1] + reach, side="right")
        lowest = np.array([speed[a:b].min(initial=np.inf) for a, b in zip(first, last, strict=True)])
        limits = np.minimum(limits, np.maximum(lowest // 10.0 * 10.0, LEAST_TURN_KMH))
    kmh: npt.NDArray[np.uint8] = np.minimum(limits, _HIGHEST).round().astype(np.uint8)
    return kmh
