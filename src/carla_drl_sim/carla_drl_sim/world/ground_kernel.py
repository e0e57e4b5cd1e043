"""Compiled look-ups of heights for many places at once."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled
from carla_drl_sim.world.dynamics_ground import surface_height
from carla_drl_sim.world.ground import Heights

Floats = npt.NDArray[np.float64]
Grid = npt.NDArray[np.float32]

SAME_ROAD = 0.5
_NOTHING = np.full((1, 1), np.nan, np.float32)


@compiled
def _surface_heights(points: Floats, x: float, y: float, cell: float, ground: Grid, deck: Grid) -> Floats:
    result = np.empty(points.shape[0])
    for n in range(points.shape[0]):
        result[n] = surface_height(points[n, 0], points[n, 1], points[n, 2], x, y, cell, ground, deck)
    return result


def surface_heights(heights: Heights, points: Floats) -> Floats:
    """Height of what carries something at each place: a deck that is not overhead, or the ground.

    Args:
        heights: of the town.
        points: float64 [N, 3]; z tells on which side of a deck.

    Returns:
        float64 [N].
    """
    return _surface_heights(
        np.ascontiguousarray(points, np.float64), *heights.origin, heights.cell, heights.ground, heights.deck
    )


def surface_gradients(heights: Heights, points: Floats) -> Floats:
    """Rise per metre along x and y: float64 [N, 2], over one cell to each side."""
    result = np.empty((len(points), 2))
    for axis in range(2):
        step = np.zeros(3)
        step[axis] = heights.cell
        after, before = surface_heights(heights, points + step), surface_heights(heights, points - step)
        result[:, axis] = (after - before) / (2.0 * heights.cell)
    return result


@compiled
def _on_deck(points: Floats, x: float, y: float, cell: float, deck: Grid) -> npt.NDArray[np.bool_]:
    result = np.zeros(points.shape[0], np.bool_)
    for n in range(points.shape[0]):
        above = surface_height(points[n, 0], points[n, 1], np.inf, x, y, cell, _NOTHING, deck)
        result[n] = abs(above - points[n, 2]) < SAME_ROAD
    return result


def on_deck(heights: Heights, points: Floats) -> npt.NDArray[np.bool_]:
    """Whether places [N, 3] are on a deck, within `SAME_ROAD` m of its height."""
    return _on_deck(np.ascontiguousarray(points, np.float64), *heights.origin, heights.cell, heights.deck)
