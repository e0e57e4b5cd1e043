"""Compiled: which pixels of the ground lie in the shadow of a part.

Shadows are thrown onto the horizontal plane below each part and fall on ground only, not on other parts.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.polygon_kernel import FACES, corners_of, flat_normal, outline
from carla_drl_sim.sensors.raster_buffers import AXES, DECK, ELLIPSOID, EXTENT, SKY
from carla_drl_sim.sensors.scene_kernel import height_at
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

REACH_M = 80.0
_SMALLEST_PX = 4.0
_SMALLEST_M = 0.3
"""Smaller parts (lamps, plates, mirrors, wheels' rims) lie in the shadow of larger ones."""
_ROUND_CORNERS = 12
_AROUND = np.arange(_ROUND_CORNERS, dtype=np.int64)


@compiled_loops_inner
def _mark(
    points: Floats,
    corners: npt.NDArray[np.int64],
    focal: float,
    width: int,
    height: int,
    polygon: Floats,
    bounds: Floats,
    code: Ints,
    shadow: npt.NDArray[np.uint8],
) -> None:
    """Mark the ground inside a convex polygon of points in camera space."""
    left, right = bounds[2], bounds[3]
    top, bottom = outline(points, corners, focal, width, height, polygon, bounds)
    for j in range(top, bottom):
        start = math.ceil(max(left[j], 0.0) - 0.5)
        end = math.ceil(min(right[j], float(width)) - 0.5)
        if start >= end:
            continue
        shadow_row = shadow[j * width + start : j * width + end]
        code_row = code[j * width + start : j * width + end]
        for i in range(len(code_row)):
            shadow_row[i] = 1 if SKY < code_row[i] <= DECK else 0


@compiled_loops_inner
def _drop(point: Floats, sun: Floats, up: Floats, level: float, rise: float) -> None:
    """Move a point along the light down to the plane at `level` above the camera."""
    height = up[0] * point[0] + up[1] * point[1] + up[2] * point[2] - level
    share = max(height, 0.0) / rise
    for a in range(3):
        point[a] -= share * sun[a]


@compiled_loops_inner
def cast_shadows(
    ground: Any,
    camera: Floats,
    light: Floats,
    focal: float,
    width: int,
    height: int,
    shapes: npt.NDArray[np.uint8],
    table: Floats,
    number: int,
    sun: Floats,
    up: Floats,
    points: Floats,
    vertex: Floats,
    polygon: Floats,
    bounds: Floats,
    code: Ints,
    shadow: npt.NDArray[np.uint8],
) -> None:
    """Mark the shadows of all visible parts that are near and large enough.

    Args:
        light: float64 [3], unit vector (world) that points to where the light comes from.
        sun, up, points, vertex, polygon, bounds: working space, two of [3], [16, 3], and as for `draw_part`.
        shadow: uint8 [H * W], zeros at first, 1 in shadows.
    """
    for a in range(3):
        sun[a] = camera[a, 0] * light[0] + camera[a, 1] * light[1] + camera[a, 2] * light[2]
        up[a] = camera[a, 2]
    rise = light[2]
    level = ground.level - camera[3, 2]
    for e in range(number):
        ex, ey, ez = table[e, EXTENT], table[e, EXTENT + 1], table[e, EXTENT + 2]
        radius = math.sqrt(ex * ex + ey * ey + ez * ez)
        if (
            radius < _SMALLEST_M
            or table[e, 0] - radius > REACH_M
            or radius * focal < _SMALLEST_PX * table[e, 0]
        ):
            continue
        if not ground.flat:
            x, y = camera[3, 0], camera[3, 1]
            for a in range(3):
                x += table[e, a] * camera[a, 0]
                y += table[e, a] * camera[a, 1]
            level = height_at(ground, False, x, y) - camera[3, 2]
        if shapes[e] == ELLIPSOID:
            # Light touches an ellipsoid where its image of the unit sphere is square to the light's image.
            w0 = w1 = w2 = 0.0
            for c in range(3):
                w0 += table[e, AXES + c] * sun[c]
                w1 += table[e, AXES + 3 + c] * sun[c]
                w2 += table[e, AXES + 6 + c] * sun[c]
            w0, w1, w2 = w0 / ex, w1 / ey, w2 / ez
            size = math.sqrt(w0 * w0 + w1 * w1 + w2 * w2)
            w0, w1, w2 = w0 / size, w1 / size, w2 / size
            # Two directions square to it and to each other.
            if abs(w2) < 0.9:
                u0, u1, u2 = w1, -w0, 0.0
            else:
                u0, u1, u2 = 0.0, w2, -w1
            size = math.sqrt(u0 * u0 + u1 * u1 + u2 * u2)
            u0, u1, u2 = u0 / size, u1 / size, u2 / size
            v0, v1, v2 = w1 * u2 - w2 * u1, w2 * u0 - w0 * u2, w0 * u1 - w1 * u0
            for n in range(_ROUND_CORNERS):
                angle = 2.0 * math.pi * n / _ROUND_CORNERS
                cos, sin = math.cos(angle), math.sin(angle)
                a0, a1, a2 = (
                    ex * (cos * u0 + sin * v0),
                    ey * (cos * u1 + sin * v1),
                    ez * (cos * u2 + sin * v2),
                )
                for a in range(3):
                    points[n, a] = (
                        table[e, a]
                        + a0 * table[e, AXES + a]
                        + a1 * table[e, AXES + 3 + a]
                        + a2 * table[e, AXES + 6 + a]
                    )
                _drop(points[n], sun, up, level, rise)
            _mark(points, _AROUND, focal, width, height, polygon, bounds, code, shadow)
            continue
        corners_of(table, e, vertex)
        for face in range(6):
            n0, n1, n2 = flat_normal(table, e, face)
            if n0 * sun[0] + n1 * sun[1] + n2 * sun[2] <= 0.0:
                continue
            for n in range(4):
                for a in range(3):
                    points[n, a] = vertex[FACES[face, n], a]
                _drop(points[n], sun, up, level, rise)
            _mark(points, _AROUND[:4], focal, width, height, polygon, bounds, code, shadow)
