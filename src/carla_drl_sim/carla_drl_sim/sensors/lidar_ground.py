"""Compiled distance to hilly ground, for many rays."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.scene_kernel import NO_HIT, height_at
from carla_drl_sim.world.compiled import compiled

_CLOSE_M = 1e-3
"""A ray that is this near to the ground has hit it."""


@compiled
def steepest(heights: npt.NDArray[np.float32], cell: float) -> float:
    """Greatest slope of a bilinear surface over nodes [Ny, Nx], from above."""
    best = 0.0
    rows, columns = heights.shape
    for j in range(rows - 1):
        for i in range(columns - 1):
            a, b, c, d = heights[j, i], heights[j, i + 1], heights[j + 1, i], heights[j + 1, i + 1]
            along = max(abs(b - a), abs(d - c))
            across = max(abs(c - a), abs(d - b))
            best = max(best, math.hypot(along, across) / cell)
    return best


@compiled
def has_deck_near(ground: Any, x: float, y: float, reach: float) -> bool:
    """Whether there is a deck of a bridge within reach."""
    rows, columns = ground.deck.shape
    first_i = max(0, int((x - reach - ground.x) / ground.cell))
    first_j = max(0, int((y - reach - ground.y) / ground.cell))
    last_i = min(columns, int((x + reach - ground.x) / ground.cell) + 2)
    last_j = min(rows, int((y + reach - ground.y) / ground.cell) + 2)
    for j in range(first_j, last_j):
        for i in range(first_i, last_i):
            if not np.isnan(ground.deck[j, i]):
                return True
    return False


@compiled
def distance_to_hills(
    ground: Any,
    slope: float,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    limit: float,
) -> float:
    """Distance at which a ray meets the ground without bridges, whose slope is nowhere greater than `slope`.

    Steps go as far as the gap between ray and ground cannot close yet, but at least a quarter of a cell, so that a ray
    along a hillside ends; then the crossing is narrowed down. A ray that starts below the ground meets nothing.
    """
    closing = slope * math.sqrt(dx * dx + dy * dy) - dz
    gap = oz - height_at(ground, False, ox, oy)
    if closing <= 0.0 or gap <= 0.0:
        return NO_HIT
    least = 0.25 * ground.cell
    before = t = 0.0
    last = gap
    while gap > _CLOSE_M:
        if t >= limit:
            return NO_HIT
        before, last = t, gap
        t = min(t + max(gap / closing, least), limit)
        gap = oz + t * dz - height_at(ground, False, ox + t * dx, oy + t * dy)
    for _ in range(8):
        if gap >= -_CLOSE_M:
            return t
        middle = before + (t - before) * last / (last - gap)
        above = oz + middle * dz - height_at(ground, False, ox + middle * dx, oy + middle * dy)
        if above > _CLOSE_M:
            before, last = middle, above
        else:
            t, gap = middle, above
    return t
