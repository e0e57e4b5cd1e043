"""Compiled look-ups of the ground below a vehicle: `carla_drl_sim.world.ground.Heights` as plain arrays."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled_inner

Grid = npt.NDArray[np.float32]

STEP_UP = 1.0
"""A deck that is no more than this (m) above a wheel carries it; a higher one is a bridge overhead."""

LEAST_TRACK = 0.4
"""Distance (m) between the points that give the roll; two-wheelers have no track of their own."""


@compiled_inner
def _bilinear(grid: Grid, u: float, v: float) -> float:
    """Value at node coordinates `u` (columns), `v` (rows), constant beyond the edges; NaN next to a NaN node."""
    rows, columns = grid.shape
    u = min(max(u, 0.0), columns - 1.0)
    v = min(max(v, 0.0), rows - 1.0)
    i = max(min(int(u), columns - 2), 0)
    j = max(min(int(v), rows - 2), 0)
    right, below = min(i + 1, columns - 1), min(j + 1, rows - 1)
    u -= i
    v -= j
    near = grid[j, i] * (1.0 - u) + grid[j, right] * u
    far = grid[below, i] * (1.0 - u) + grid[below, right] * u
    return float(near * (1.0 - v) + far * v)


@compiled_inner
def surface_height(
    x: float, y: float, z: float, origin_x: float, origin_y: float, cell: float, ground: Grid, deck: Grid
) -> float:
    """Height (m) of what carries something at `x`, `y` and height `z`: the deck if it is not overhead, or the ground."""
    u, v = (x - origin_x) / cell, (y - origin_y) / cell
    above = _bilinear(deck, u, v)
    if not math.isnan(above) and z + STEP_UP >= above:
        return above
    return _bilinear(ground, u, v)


@compiled_inner
def plane_below(
    x: float,
    y: float,
    z: float,
    cos_yaw: float,
    sin_yaw: float,
    to_front: float,
    to_rear: float,
    track: float,
    origin_x: float,
    origin_y: float,
    cell: float,
    ground: Grid,
    deck: Grid,
) -> tuple[float, float, float]:
    """Height at the vehicle's origin, slope along its heading and slope to its right, from its four wheels."""
    half = 0.5 * max(track, LEAST_TRACK)
    front_x, front_y = x + to_front * cos_yaw, y + to_front * sin_yaw
    rear_x, rear_y = x - to_rear * cos_yaw, y - to_rear * sin_yaw
    aside_x, aside_y = -half * sin_yaw, half * cos_yaw
    front_left = surface_height(
        front_x - aside_x, front_y - aside_y, z, origin_x, origin_y, cell, ground, deck
    )
    front_right = surface_height(
        front_x + aside_x, front_y + aside_y, z, origin_x, origin_y, cell, ground, deck
    )
    rear_left = surface_height(rear_x - aside_x, rear_y - aside_y, z, origin_x, origin_y, cell, ground, deck)
    rear_right = surface_height(rear_x + aside_x, rear_y + aside_y, z, origin_x, origin_y, cell, ground, deck)
    front, rear = 0.5 * (front_left + front_right), 0.5 * (rear_left + rear_right)
    length = to_front + to_rear
    along = (front - rear) / length
    across = 0.25 * (front_right + rear_right - front_left - rear_left) / half
    return (front * to_rear + rear * to_front) / length, along, across
