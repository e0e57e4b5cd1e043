"""Speed limits of a town by place. CARLA's axes, metres, km/h."""

from __future__ import annotations

import math
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


def build_speed_limits(network: RoadNetwork) -> SpeedLimits:
    """Speed limits of all roads; ways through junctions without one have that of the road that leads there,
    or less where they turn."""
    left, top, right, bottom = network.bounds(CELL)
    cell = max(CELL, math.sqrt((right - left) * (bottom - top) / MAX_CELLS))
    kmh = np.zeros((math.ceil((bottom - top) / cell), math.ceil((right - left) / cell)), np.uint8)
    origin = np.array([left, top])
    pieces = [(piece, _limits(network, piece)) for piece in strips(network, cell)]
    # Roads proper overwrite ways through junctions, and both the cells that are just beside a road.
    for wide, inside in ((True, True), (True, False), (False, True), (False, False)):
        for piece, values in pieces:
            if (piece.road.junction >= 0) is inside:
                t = piece.t[:, [0, -1]] + (np.array([cell, -cell]) if wide else 0.0)
                edges = (places(piece.road.reference(piece.s), t) - origin) / cell
                raster_kernel.fill_quads(kmh, quads_between(edges[:, 0], edges[:, 1]), values)
    return SpeedLimits((left, top), cell, kmh)


def _limits(network: RoadNetwork, piece: Strip) -> npt.NDArray[np.uint8]:
    """The limit of each quad of a strip."""
    road, before = piece.road, piece.road.predecessor
    limits = [road.speed_limit(s) for s in piece.s[:-1].tolist()]
    if not road.speeds and before is not None and not before.is_junction:
        other = network.roads[before.id]
        limit = other.speed_limit(0.0 if before.contact == "start" else other.length)
        limits = [None if limit is None else min(limit, _turning_speed(piece))] * len(limits)
    return np.array([min(limit or 0.0, _HIGHEST) for limit in limits]).round().astype(np.uint8)


def _turning_speed(piece: Strip) -> float:
    """What the tightest bend of the middle of the lanes allows, in tens of km/h and at least `LEAST_TURN_KMH`."""
    step = np.diff(piece.xy.mean(axis=1), axis=0)
    length, heading = np.hypot(*step.T), np.arctan2(step[:, 1], step[:, 0])
    turn = np.abs((np.diff(heading) + math.pi) % math.tau - math.pi)
    run = 0.5 * (length[1:] + length[:-1])
    curvature = float((turn / np.maximum(run, 1e-3)).max(initial=_LEAST_CURVATURE))
    return max(int(0.36 * math.sqrt(COMFORT / curvature)) * 10.0, LEAST_TURN_KMH)
