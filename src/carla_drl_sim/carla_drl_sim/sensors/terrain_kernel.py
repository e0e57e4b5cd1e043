"""Compiled: draws hilly ground and the decks of bridges into the buffers of a picture (`raster_buffers`).

The ground is a mesh of rings around the camera: squares of one size up to some distance, of twice the size up to twice
the distance, and so on. Where two rings meet, hair cracks show the plane below everything, which is drawn first.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.polygon_kernel import fill_plane, outline
from carla_drl_sim.sensors.raster_buffers import DECK, GROUND, NEAR_M, to_camera
from carla_drl_sim.sensors.raster_kernel import fill_ground
from carla_drl_sim.sensors.scene_kernel import height_at
from carla_drl_sim.world.compiled import compiled_loops_inner, compiled_loops_inner_maker

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

FINEST_M = 2.0
REACH_M = 600.0
DECK_STEP = 2
"""Nodes of the height grid per square of a deck."""
_TRIANGLES = np.array([[0, 1, 2], [0, 2, 3]], np.int64)


def deck_squares(deck: npt.NDArray[np.float32]) -> Ints:
    """Squares of a deck, int32 [Q, 2]: row and column of the node with the least numbers."""
    known = ~np.isnan(deck[::DECK_STEP, ::DECK_STEP])
    whole = known[:-1, :-1] & known[1:, :-1] & known[:-1, 1:] & known[1:, 1:]
    return np.ascontiguousarray(np.argwhere(whole) * DECK_STEP, np.int32)


@compiled_loops_inner
def _draw_square(
    square: Floats,
    focal: float,
    width: int,
    height: int,
    value: int,
    polygon: Floats,
    bounds: Floats,
    inverse: Floats32,
    code: Ints,
) -> None:
    """Two triangles over the corners [4, 3] in camera space, seen from both sides."""
    depth = max(max(square[0, 0], square[1, 0]), max(square[2, 0], square[3, 0]))
    if depth < NEAR_M:
        return
    m0 = 0.25 * (square[0, 0] + square[1, 0] + square[2, 0] + square[3, 0])
    m1 = 0.25 * (square[0, 1] + square[1, 1] + square[2, 1] + square[3, 1])
    m2 = 0.25 * (square[0, 2] + square[1, 2] + square[2, 2] + square[3, 2])
    reach = 0.0
    for c in range(4):
        away = (square[c, 0] - m0) ** 2 + (square[c, 1] - m1) ** 2 + (square[c, 2] - m2) ** 2
        reach = max(reach, away)
    reach = math.sqrt(reach)
    tx, ty = 0.5 * width / focal, 0.5 * height / focal
    if abs(m1) - m0 * tx > reach * math.sqrt(1.0 + tx * tx):
        return
    if abs(m2) - m0 * ty > reach * math.sqrt(1.0 + ty * ty):
        return
    left, right = bounds[2], bounds[3]
    for t in range(2):
        a, b, c = _TRIANGLES[t, 0], _TRIANGLES[t, 1], _TRIANGLES[t, 2]
        p0, p1, p2 = square[b, 0] - square[a, 0], square[b, 1] - square[a, 1], square[b, 2] - square[a, 2]
        q0, q1, q2 = square[c, 0] - square[a, 0], square[c, 1] - square[a, 1], square[c, 2] - square[a, 2]
        n0, n1, n2 = p1 * q2 - p2 * q1, p2 * q0 - p0 * q2, p0 * q1 - p1 * q0
        offset = n0 * square[a, 0] + n1 * square[a, 1] + n2 * square[a, 2]
        if abs(offset) < 1e-9:
            continue
        top, bottom = outline(square, _TRIANGLES[t], focal, width, height, polygon, bounds)
        if top < bottom:
            fill_plane(
                top,
                bottom,
                left,
                right,
                n0 / offset,
                n1 / offset,
                n2 / offset,
                focal,
                width,
                height,
                value,
                inverse,
                code,
            )


@compiled_loops_inner_maker
def draw_terrain(
    ground: Any,
    decks: Ints,
    camera: Floats,
    focal: float,
    width: int,
    height: int,
    squares: int,
    polygon: Floats,
    bounds: Floats,
    inverse: Floats32,
    code: Ints,
) -> None:
    """Start a picture with the sky, hilly ground and decks.

    Args:
        decks: int32 [Q, 2] of `deck_squares`.
        squares: squares across each ring, a multiple of 4: more are finer.
    """
    fill_ground(camera, focal, width, height, ground.level, inverse, code)
    half = squares // 2
    grid = np.empty((squares + 1, squares + 1, 3))
    square = np.empty((4, 3))
    cx, cy, cz = camera[3, 0], camera[3, 1], camera[3, 2]
    size = FINEST_M
    inner_left = inner_right = inner_top = inner_bottom = 0.0
    while half * size < 2.0 * REACH_M:
        x0 = math.floor(cx / (2.0 * size)) * 2.0 * size - half * size
        y0 = math.floor(cy / (2.0 * size)) * 2.0 * size - half * size
        for j in range(squares + 1):
            for i in range(squares + 1):
                x, y = x0 + i * size, y0 + j * size
                z = height_at(ground, False, x, y)
                grid[j, i, 0], grid[j, i, 1], grid[j, i, 2] = to_camera(camera, x - cx, y - cy, z - cz)
        for j in range(squares):
            for i in range(squares):
                x, y = x0 + (i + 0.5) * size, y0 + (j + 0.5) * size
                if inner_left < x < inner_right and inner_top < y < inner_bottom:
                    continue
                square[0], square[1] = grid[j, i], grid[j, i + 1]
                square[2], square[3] = grid[j + 1, i + 1], grid[j + 1, i]
                _draw_square(square, focal, width, height, int(GROUND), polygon, bounds, inverse, code)
        inner_left, inner_right = x0, x0 + squares * size
        inner_top, inner_bottom = y0, y0 + squares * size
        size *= 2.0
    deck = ground.deck
    for q in range(len(decks)):
        for corner in range(4):
            j = decks[q, 0] + (DECK_STEP if corner >= 2 else 0)
            i = decks[q, 1] + (DECK_STEP if corner in (1, 2) else 0)
            square[corner, 0], square[corner, 1], square[corner, 2] = to_camera(
                camera,
                ground.x + i * ground.cell - cx,
                ground.y + j * ground.cell - cy,
                deck[j, i] - cz,
            )
        _draw_square(square, focal, width, height, int(DECK), polygon, bounds, inverse, code)
