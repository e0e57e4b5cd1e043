"""Makes the heights of a town's ground from the elevations of its roads.

Roads lie on the ground; where one crosses high above another it is a deck, and so is its stretch before and after,
over which the ground rises to it. Between and beyond the roads the ground is as smooth as a stretched membrane: each
node is the mean of its neighbours (Laplace's equation).
"""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import raster_kernel
from carla_drl_sim.world.ground import Heights, flat
from carla_drl_sim.world.road_network import RoadNetwork
from carla_drl_sim.world.road_strips import Strip, places, quads_between, strips

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
_INSET = 1e-6

Grid = npt.NDArray[np.float32]


def build_heights(network: RoadNetwork) -> Heights:
    """Heights of the ground and of decks; flat where all roads are."""
    along = [road.heights(road.samples(0.0, road.length)) for road in network.roads.values()]
    low, high = min(float(z.min()) for z in along), max(float(z.max()) for z in along)
    if high - low < _FLAT and all(road.is_level for road in network.roads.values()):
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
        poses, edges = piece.road.reference(piece.s), _lines(piece, used[0], used[-1] + 1)
        _spread(
            layers[:2],
            (places(poses, edges) - origin) / cell,
            piece.road.surface_heights(piece.s, edges, piece.section),
        )
        # Wider and longer.
        rows = [0, *range(len(poses)), -1]
        wider = edges[rows].copy()
        wider[:, [0, -1]] += _EDGE * cell * np.array([1.0, -1.0])
        wide = places(poses[rows], wider)
        for end, sign in ((0, -1.0), (-1, 1.0)):
            heading = poses[end, 2]
            wide[end] += sign * _EDGE * cell * np.array([math.cos(heading), math.sin(heading)])
        heights = piece.road.surface_heights(piece.s[rows], wider, piece.section)
        _spread(layers[2:], (wide - origin) / cell, heights)
    ground, deck = raster_kernel.split_layers(layers[0], layers[1], layers[2], layers[3], LEAST_CLEARANCE)
    raster_kernel.grow_decks(ground, deck, math.ceil(_ABUTMENT / cell), _JUMP * cell, True)
    raster_kernel.grow_decks(ground, deck, 2, _JUMP * cell, False)
    return Heights((left, top), cell, _filled(ground), deck)


def _lines(piece: Strip, first: int, last: int) -> npt.NDArray[np.float64]:
    """t of the lines between which a strip is straight across, from one border to another: float64 [N, K]."""
    banking, t = piece.road.banking, piece.t
    if not (piece.road.has_steps or banking.is_shaped):
        columns = [first, last]
        if not banking.is_level:  # the surface may have a ridge on the reference line
            columns.insert(1, min(max(len(piece.section.left.lanes), first), last))
        return t[:, columns]
    lines = []
    for lane in range(first, last):
        left, right = t[:, lane], t[:, lane + 1]
        parts = max(math.ceil(float((left - right).max()) / CELL), 1) if banking.is_shaped else 1
        # Just inside of the lane: its neighbour may be higher.
        inset = np.minimum(_INSET, 0.25 * (left - right))
        lines += [left - inset + (right - left + 2.0 * inset) * (k / parts) for k in range(parts + 1)]
    return np.stack(lines, axis=1)


def _spread(layers: list[Grid], xy: npt.NDArray[np.float64], z: npt.NDArray[np.float64]) -> None:
    """Spread a strip whose lines are at xy [N, K, 2] and z [N, K]."""
    for left, right in pairwise(range(z.shape[1])):
        heights = np.stack((z[:-1, left], z[1:, left], z[1:, right], z[:-1, right]), axis=1)
        quads = quads_between(xy[:, left], xy[:, right])
        raster_kernel.spread_heights(layers[0], layers[1], quads, heights)


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
