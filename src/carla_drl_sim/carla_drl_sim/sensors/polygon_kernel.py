"""Compiled: draws flat faces, convex polygons in camera space."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.raster_buffers import (
    AXES,
    EXTENT,
    NEAR_M,
    TAPER,
)
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

# Corners of the faces; bit 0 of a corner: front, bit 1: right, bit 2: top.
FACES = np.array(
    [[1, 3, 7, 5], [0, 2, 6, 4], [2, 3, 7, 6], [0, 1, 5, 4], [4, 5, 7, 6], [0, 1, 3, 2]], np.int64
)


@compiled_loops_inner
def clip_near(vertex: Floats, corners: npt.NDArray[np.int64], near: float, out: Floats) -> int:
    """Polygon of `corners` of `vertex` [N, 3], cut at depth `near`, into `out` [M, 3]; returns its corners."""
    number = 0
    for c in range(len(corners)):
        a, b = corners[c], corners[c + 1 if c + 1 < len(corners) else 0]
        za, zb = vertex[a, 0], vertex[b, 0]
        if za >= near:
            out[number, 0], out[number, 1], out[number, 2] = za, vertex[a, 1], vertex[a, 2]
            number += 1
        if (za >= near) != (zb >= near):
            share = (near - za) / (zb - za)
            for x in range(3):
                out[number, x] = vertex[a, x] + share * (vertex[b, x] - vertex[a, x])
            number += 1
    return number


@compiled_loops_inner
def row_bounds(
    px: Floats, py: Floats, corners: int, height: int, left: Floats, right: Floats
) -> tuple[int, int]:
    """Where a convex polygon begins and ends in each row; returns the first row and one past the last."""
    low, high = py[0], py[0]
    for c in range(1, corners):
        low, high = min(low, py[c]), max(high, py[c])
    top = math.ceil(min(max(low, 0.0), height + 1.0) - 0.5)
    bottom = math.ceil(min(max(high, 0.0), height + 1.0) - 0.5)
    bottom = min(bottom, height)
    for j in range(top, bottom):
        left[j], right[j] = np.inf, -np.inf
    for c in range(corners):
        d = c + 1 if c + 1 < corners else 0
        # Always from the upper to the lower end, so that two faces agree on their common edge to the bit.
        if py[c] <= py[d]:
            ax, ay, bx, by = px[c], py[c], px[d], py[d]
        else:
            ax, ay, bx, by = px[d], py[d], px[c], py[c]
        first = max(top, math.ceil(min(max(ay, 0.0), height + 1.0) - 0.5))
        last = min(bottom, math.ceil(min(max(by, 0.0), height + 1.0) - 0.5))
        if first >= last:
            continue
        slope = (bx - ax) / (by - ay)
        for j in range(first, last):
            x = ax + (j + 0.5 - ay) * slope
            left[j] = min(left[j], x)
            right[j] = max(right[j], x)
    return top, bottom


@compiled_loops_inner
def outline(
    vertex: Floats,
    corners: npt.NDArray[np.int64],
    focal: float,
    width: int,
    height: int,
    polygon: Floats,
    bounds: Floats,
) -> tuple[int, int]:
    """Rows of the picture that the convex polygon of `corners` of `vertex` [N, 3] covers: first, and one past the last.

    Args:
        polygon, bounds: working space, float64 [N + 1, 3] and [4, H + 1]; the last two rows of `bounds` are where the
            polygon begins and ends in each row.
    """
    number = clip_near(vertex, corners, NEAR_M, polygon)
    if number < 3:
        return 0, 0
    px, py = bounds[0], bounds[1]
    for c in range(number):
        px[c] = polygon[c, 1] / polygon[c, 0] * focal + 0.5 * width
        py[c] = polygon[c, 2] / polygon[c, 0] * focal + 0.5 * height
    return row_bounds(px, py, number, height, bounds[2], bounds[3])


@compiled_loops_inner
def fill_plane(
    top: int,
    bottom: int,
    left: Floats,
    right: Floats,
    n0: float,
    n1: float,
    n2: float,
    focal: float,
    width: int,
    height: int,
    value: int,
    inverse: Floats32,
    code: Ints,
) -> bool:
    """Draw a convex piece of the plane 1 / depth = n0 + n1 x + n2 y; whether any pixel was touched."""
    slope = np.float32(n1 / focal)
    touched = False
    for j in range(top, bottom):
        start = math.ceil(max(left[j], 0.0) - 0.5)
        end = math.ceil(min(right[j], float(width)) - 0.5)
        if start >= end:
            continue
        touched = True
        y = (j + 0.5 - 0.5 * height) / focal
        first = np.float32(n0 + n2 * y + n1 * (start + 0.5 - 0.5 * width) / focal)
        inverse_row = inverse[j * width + start : j * width + end]
        code_row = code[j * width + start : j * width + end]
        for i in range(len(inverse_row)):
            now = first + slope * np.float32(i)
            nearer = now > inverse_row[i]
            inverse_row[i] = now if nearer else inverse_row[i]
            code_row[i] = value if nearer else code_row[i]
    return touched


@compiled_loops_inner
def corners_of(table: Floats, e: int, vertex: Floats) -> None:
    """The eight corners of a box or tapered box into `vertex` [8, 3]."""
    ex, ey, ez = table[e, EXTENT], table[e, EXTENT + 1], table[e, EXTENT + 2]
    for c in range(8):
        is_top = (c & 4) != 0
        front = table[e, TAPER] if is_top else 0.0
        rear = table[e, TAPER + 1] if is_top else 0.0
        side = table[e, TAPER + 2] if is_top else 0.0
        u = ex - front if c & 1 else rear - ex
        v = ey - side if c & 2 else side - ey
        w = ez if is_top else -ez
        for a in range(3):
            vertex[c, a] = (
                table[e, a] + u * table[e, AXES + a] + v * table[e, AXES + 3 + a] + w * table[e, AXES + 6 + a]
            )


@compiled_loops_inner
def flat_normal(table: Floats, e: int, face: int) -> tuple[float, float, float]:
    """Outward normal of a flat face in camera space."""
    base, way = AXES + 3 * (face >> 1), 1.0 if face & 1 == 0 else -1.0
    lean = 0.0
    if face < 4:
        lean = table[e, TAPER + face] if face < 2 else table[e, TAPER + 2]
    if lean == 0.0:
        return way * table[e, base], way * table[e, base + 1], way * table[e, base + 2]
    # The foot of a face goes up by 2 ez while it goes in by the taper.
    rise = 2.0 * table[e, EXTENT + 2]
    scale = 1.0 / math.sqrt(rise * rise + lean * lean)
    rise, lean = way * rise * scale, lean * scale
    return (
        rise * table[e, base] + lean * table[e, AXES + 6],
        rise * table[e, base + 1] + lean * table[e, AXES + 7],
        rise * table[e, base + 2] + lean * table[e, AXES + 8],
    )


@compiled_loops_inner
def draw_box(
    table: Floats,
    e: int,
    vertex: Floats,
    polygon: Floats,
    bounds: Floats,
    focal: float,
    width: int,
    height: int,
    value: int,
    inverse: Floats32,
    code: Ints,
) -> int:
    """Draw the faces of entry `e` that look at the camera; returns a bit set of the faces that have pixels."""
    corners_of(table, e, vertex)
    drawn = 0
    px, py, left, right = bounds[0], bounds[1], bounds[2], bounds[3]
    nearest = vertex[0, 0]
    for c in range(1, 8):
        nearest = min(nearest, vertex[c, 0])
    is_whole = nearest >= NEAR_M
    if is_whole:  # nothing to cut: the corners are projected once for all faces
        x_low, x_high, y_low, y_high = np.inf, -np.inf, np.inf, -np.inf
        for c in range(8):
            scale = focal / vertex[c, 0]
            x = vertex[c, 1] * scale + 0.5 * width
            y = vertex[c, 2] * scale + 0.5 * height
            polygon[c, 0], polygon[c, 1] = x, y
            x_low, x_high = min(x_low, x), max(x_high, x)
            y_low, y_high = min(y_low, y), max(y_high, y)
        if x_high <= 0.0 or y_high <= 0.0 or x_low >= width or y_low >= height:
            return 0
    for face in range(6):
        n0, n1, n2 = flat_normal(table, e, face)
        a, way = face >> 1, 1.0 if face & 1 == 0 else -1.0
        # The middle of the face, of a side that of its foot, lies so far along the normal.
        out, down = way * table[e, EXTENT + a], table[e, EXTENT + 2] if face < 4 else 0.0
        offset = n0 * (table[e, 0] + out * table[e, AXES + 3 * a] - down * table[e, AXES + 6])
        offset += n1 * (table[e, 1] + out * table[e, AXES + 3 * a + 1] - down * table[e, AXES + 7])
        offset += n2 * (table[e, 2] + out * table[e, AXES + 3 * a + 2] - down * table[e, AXES + 8])
        if offset >= -1e-9:
            continue
        if is_whole:
            for c in range(4):
                px[c], py[c] = polygon[FACES[face, c], 0], polygon[FACES[face, c], 1]
            top, bottom = row_bounds(px, py, 4, height, left, right)
        else:
            top, bottom = outline(vertex, FACES[face], focal, width, height, polygon, bounds)
        if top < bottom and fill_plane(
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
            value + face,
            inverse,
            code,
        ):
            drawn |= 1 << face
    return drawn
