"""Makes the heights of a town's ground from the elevations of its roads.

Roads lie on the ground; where one crosses high above another it is a deck, and so is its stretch before and after,
over which the ground rises to it. Between and beyond the roads the ground is as smooth as a stretched membrane: each
node is the mean of its neighbours (Laplace's equation).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import raster_kernel
from carla_drl_sim.world.ground import Heights, flat
from carla_drl_sim.world.road_network import RoadNetwork
from carla_drl_sim.world.road_strips import places, quads_between, strips

CELL = 1.0
MAX_NODES = 8_000_000
"""Larger towns get larger cells."""
MARGIN = 60.0
"""Of the grid beyond the outermost lanes, m."""
LEAST_CLEARANCE = 2.5
"""Surfaces above each other that are less than this apart are one road, m."""
_FLAT = 1e-3
_EDGE = 2.0
"""Roads are this much wider for the ground, in cells, so that cells at their edges are level."""
_ABUTMENT = 10.0
"""Length of the deck before and after what it crosses, m."""
_JUMP = 0.4
_SWEEPS = 40

Grid = npt.NDArray[np.float32]


def build_heights(network: RoadNetwork) -> Heights:
    """Heights of the ground and of decks; flat where all roads are."""
    along = [road.heights(road.samples(0.0, road.length)) for road in network.roads.values()]
    low, high = min(float(z.min()) for z in along), max(float(z.max()) for z in along)
    if high - low < _FLAT:
        return flat(0.5 * (low + high))
    pieces = strips(network, 0.5 * CELL)
    left, top, right, bottom = network.bounds(MARGIN)
    cell = max(CELL, math.sqrt((right - left) * (bottom - top) / MAX_NODES))
    shape = (math.ceil((bottom - top) / cell) + 1, math.ceil((right - left) / cell) + 1)
    layers = [np.full(shape, value, np.float32) for value in (np.inf, -np.inf, np.inf, -np.inf)]
    origin = np.array([left, top])
    for piece in pieces:
        used = [column for column, lane in enumerate(piece.lanes) if lane.kind != "none"]
        if not used:
            continue
        poses, edges, z = piece.road.reference(piece.s), piece.t[:, [used[0], used[-1] + 1]], piece.z
        _spread(layers[:2], (places(poses, edges) - origin) / cell, z)
        # Wider and longer.
        wide = places(
            poses[[0, *range(len(z)), -1]],
            edges[[0, *range(len(z)), -1]] + _EDGE * cell * np.array([1.0, -1.0]),
        )
        for end, sign in ((0, -1.0), (-1, 1.0)):
            heading = poses[end, 2]
            wide[end] += sign * _EDGE * cell * np.array([math.cos(heading), math.sin(heading)])
        _spread(layers[2:], (wide - origin) / cell, z[[0, *range(len(z)), -1]])
    ground, deck = raster_kernel.split_layers(layers[0], layers[1], layers[2], layers[3], LEAST_CLEARANCE)
    raster_kernel.grow_decks(ground, deck, math.ceil(_ABUTMENT / cell), _JUMP * cell, True)
    raster_kernel.grow_decks(ground, deck, 2, _JUMP * cell, False)
    return Heights((left, top), cell, _filled(ground), deck)


def _spread(layers: list[Grid], xy: npt.NDArray[np.float64], z: npt.NDArray[np.float64]) -> None:
    heights = np.stack((z[:-1], z[1:], z[1:], z[:-1]), axis=1)
    raster_kernel.spread_heights(layers[0], layers[1], quads_between(xy[:, 0], xy[:, 1]), heights)


def _filled(values: Grid) -> Grid:
    """The grid with its NaN nodes filled: from a coarser grid, then smoothed."""
    known = ~np.isnan(values)
    if known.all():
        return values
    rows, columns = values.shape
    padded = np.full((rows + rows % 2, columns + columns % 2), np.nan, np.float32)
    padded[:rows, :columns] = values
    blocks = padded.reshape(padded.shape[0] // 2, 2, padded.shape[1] // 2, 2)
    counted = ~np.isnan(blocks)
    number = counted.sum((1, 3))
    total = np.where(counted, blocks, 0.0).sum((1, 3), dtype=np.float64)
    with np.errstate(invalid="ignore"):
        coarse = _filled((total / np.where(number == 0, np.nan, number)).astype(np.float32))
    result = np.where(known, values, np.repeat(np.repeat(coarse, 2, 0), 2, 1)[:rows, :columns])
    raster_kernel.relax(result, known, _SWEEPS)
    return np.ascontiguousarray(result, np.float32)
