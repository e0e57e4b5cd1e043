"""Compiled distance to hilly ground along rays, block by block."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.scene_kernel import NO_HIT, height_at, hit_ground
from carla_drl_sim.world.compiled import compiled, compiled_inner

Floats = npt.NDArray[np.float64]

BLOCK_CELLS = 16
_CLOSE_M = 1e-3
"""A ray that is this near to the ground has hit it."""

_PAST_M = 1e-4
"""How far past the edge of a block the next one is looked up."""


@compiled
def fill_blocks(ground: Any, highest: Floats, slope: Floats, has_deck: npt.NDArray[np.bool_]) -> None:
    """Work out the arrays of `GroundBlocks`."""
    rows, columns = ground.ground.shape
    for block_j in range(highest.shape[0]):
        for block_i in range(highest.shape[1]):
            top, steepest, deck = -np.inf, 0.0, False
            for j in range(block_j * BLOCK_CELLS, min((block_j + 1) * BLOCK_CELLS + 1, rows)):
                for i in range(block_i * BLOCK_CELLS, min((block_i + 1) * BLOCK_CELLS + 1, columns)):
                    here = ground.ground[j, i]
                    top = max(top, here)
                    if not np.isnan(ground.deck[j, i]):
                        deck = True
                        top = max(top, ground.deck[j, i])
                    # Of a bilinear cell, no slope along an axis is greater than those of its edges.
                    along = across = 0.0
                    if i + 1 < columns:
                        along = abs(ground.ground[j, i + 1] - here)
                    if j + 1 < rows:
                        across = abs(ground.ground[j + 1, i] - here)
                    if i + 1 < columns and j + 1 < rows:
                        corner = ground.ground[j + 1, i + 1]
                        along = max(along, abs(corner - ground.ground[j + 1, i]))
                        across = max(across, abs(corner - ground.ground[j, i + 1]))
                    steepest = max(steepest, math.hypot(along, across) / ground.cell)
            highest[block_j, block_i] = top
            slope[block_j, block_i] = steepest
            has_deck[block_j, block_i] = deck


@compiled
def _edge(block: int, blocks: int, low: float, side: float, origin: float, direction: float) -> float:
    """Distance at which a ray leaves a block along one axis; the outermost blocks have no outer edge."""
    if direction > 0.0 and block < blocks - 1:
        return (low + (block + 1) * side - origin) / direction
    if direction < 0.0 and block > 0:
        return (low + block * side - origin) / direction
    return np.inf


@compiled_inner
def _narrow(
    ground: Any,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    above_at: float,
    above: float,
    below_at: float,
    below: float,
) -> float:
    """Where a ray crosses the ground between a place above and a place below it (regula falsi)."""
    for _ in range(8):
        if below >= -_CLOSE_M:
            break
        t = above_at + (below_at - above_at) * above / (above - below)
        gap = oz + t * dz - height_at(ground, False, ox + t * dx, oy + t * dy)
        if gap > _CLOSE_M:
            above_at, above = t, gap
        else:
            below_at, below = t, gap
    return below_at


@compiled
def hit_hills(
    ground: Any,
    blocks: Any,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    limit: float,
) -> tuple[float, int]:
    """Distance at which a ray meets the ground or a deck, and layer (1: deck), as `scene_kernel.hit_ground`.

    A block whose highest point lies below the ray is passed at once. Elsewhere steps go as far as the gap cannot close
    yet at the block's greatest slope, but at least a quarter of a cell; the crossing is then narrowed down. Only in
    blocks with a deck every cell is looked at. A ray that starts below the ground meets none.
    """
    gap = oz - height_at(ground, False, ox, oy)
    if gap <= 0.0:
        return NO_HIT, 0
    rows, columns = blocks.slope.shape
    side, least = BLOCK_CELLS * ground.cell, 0.25 * ground.cell
    across = math.sqrt(dx * dx + dy * dy)
    t = 0.0
    while t < limit:
        probe = t + _PAST_M
        i = min(max(int((ox + probe * dx - ground.x) / side), 0), columns - 1)
        j = min(max(int((oy + probe * dy - ground.y) / side), 0), rows - 1)
        end = min(_edge(i, columns, ground.x, side, ox, dx), _edge(j, rows, ground.y, side, oy, dy), limit)
        end = max(end, min(probe, limit))
        if oz + min(t * dz, end * dz) > blocks.highest[j, i]:
            t = end
            continue
        if blocks.has_deck[j, i]:
            hit, layer = hit_ground(ground, ox, oy, oz, dx, dy, dz, t, end)
            if hit < NO_HIT:
                return hit, layer
            t = end
            continue
        closing = blocks.slope[j, i] * across - dz
        before, last = t, oz + t * dz - height_at(ground, False, ox + t * dx, oy + t * dy)
        while last > _CLOSE_M and t < end and closing > 0.0:
            t = min(t + max(last / closing, least), end)
            gap = oz + t * dz - height_at(ground, False, ox + t * dx, oy + t * dy)
            if gap <= _CLOSE_M:
                return _narrow(ground, ox, oy, oz, dx, dy, dz, before, last, t, gap), 0
            before, last = t, gap
        if last <= _CLOSE_M:
            return t, 0
        t = end
    return NO_HIT, 0
