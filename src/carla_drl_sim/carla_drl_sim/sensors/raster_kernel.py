"""Compiled rasteriser: which surface each pixel of a camera sees, and how far away it is; see `raster_buffers`."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.polygon_kernel import draw_box
from carla_drl_sim.sensors.raster_buffers import (
    AXES,
    CYLINDER,
    ELLIPSOID,
    EXTENT,
    GROUND,
    HORIZON,
    NEAR_M,
    ROUND_FACE,
    SKY,
    TAPER,
    to_camera,
)
from carla_drl_sim.sensors.round_kernel import (
    ball_bounds,
    cap_rows,
    ellipsoid_bounds,
    round_frame,
    round_rows,
)
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_SMALLEST_PX = 0.5
_SPLAT_PX = 1.0
DISTANCES = 256
"""Classes of distance, 1 m wide, in which parts are drawn one after the other; the last has all beyond."""


@compiled_loops_inner
def fill_ground(
    camera: Floats, focal: float, width: int, height: int, level: float, inverse: Floats32, code: Ints
) -> None:
    """Start a picture: a horizontal plane at `level` and the sky above it."""
    drop = level - camera[3, 2]
    scale = 1.0 / drop if abs(drop) > 1e-6 else 0.0
    slope = np.float32(camera[1, 2] / focal * scale)
    left = (0.5 - 0.5 * width) / focal
    for j in range(height):
        y = (j + 0.5 - 0.5 * height) / focal
        start = np.float32((camera[0, 2] + camera[1, 2] * left + camera[2, 2] * y) * scale)
        inverse_row, code_row = inverse[j * width : (j + 1) * width], code[j * width : (j + 1) * width]
        for i in range(width):
            value = start + slope * np.float32(i)
            inverse_row[i] = value if value > HORIZON else np.float32(0.0)
        for i in range(width):
            code_row[i] = GROUND if inverse_row[i] > np.float32(0.0) else SKY


@compiled_loops_inner
def gather(
    parts: Any,
    index: Any,
    camera: Floats,
    focal: float,
    width: int,
    height: int,
    far: float,
    sign: int,
    entries: Ints,
    shapes: npt.NDArray[np.uint8],
    table: Floats,
    count: int,
) -> int:
    """Append the parts that may be seen and return the new count.

    Args:
        entries: int32, sign * (number + 1) of each part.
        shapes: uint8, their shapes.
        table: float64 [parts, NUM_COLUMNS], the parts in camera space.
    """
    tx, ty = 0.5 * width / focal, 0.5 * height / focal
    sx, sy = math.sqrt(1.0 + tx * tx), math.sqrt(1.0 + ty * ty)
    box, skip, first, length = index.box, index.skip, index.first, index.number
    centre, extent, axes, taper, shape = parts.centre, parts.extent, parts.axes, parts.taper, parts.shape
    node, nodes = 0, len(skip)
    while node < nodes:
        hx = 0.5 * (box[node, 3] - box[node, 0])
        hy = 0.5 * (box[node, 4] - box[node, 1])
        hz = 0.5 * (box[node, 5] - box[node, 2])
        c0, c1, c2 = to_camera(
            camera,
            box[node, 0] + hx - camera[3, 0],
            box[node, 1] + hy - camera[3, 1],
            box[node, 2] + hz - camera[3, 2],
        )
        radius = math.sqrt(hx * hx + hy * hy + hz * hz)
        if (
            c0 + radius < NEAR_M
            or c0 - radius > far
            or abs(c1) - c0 * tx > radius * sx
            or abs(c2) - c0 * ty > radius * sy
            or radius * focal < _SMALLEST_PX * (c0 - radius)
        ):
            node = skip[node]
            continue
        for k in range(first[node], first[node] + length[node]):
            c0, c1, c2 = to_camera(
                camera,
                centre[k, 0] - camera[3, 0],
                centre[k, 1] - camera[3, 1],
                centre[k, 2] - camera[3, 2],
            )
            # A top that stands out (negative taper) belongs to the part.
            ex = extent[k, 0] - min(0.0, min(taper[k, 0], taper[k, 1]))
            ey, ez = extent[k, 1] - min(0.0, taper[k, 2]), extent[k, 2]
            radius = math.sqrt(ex * ex + ey * ey + ez * ez)
            if (
                c0 + radius > NEAR_M
                and c0 - radius < far
                and abs(c1) - c0 * tx < radius * sx
                and abs(c2) - c0 * ty < radius * sy
                and radius * focal > _SMALLEST_PX * c0
            ):
                entries[count] = sign * (k + 1)
                shapes[count] = shape[k]
                table[count, 0], table[count, 1], table[count, 2] = c0, c1, c2
                for a in range(3):
                    x, y, z = axes[k, a, 0], axes[k, a, 1], axes[k, a, 2]
                    for c in range(3):
                        table[count, AXES + 3 * a + c] = (
                            camera[c, 0] * x + camera[c, 1] * y + camera[c, 2] * z
                        )
                    table[count, EXTENT + a] = extent[k, a]
                    table[count, TAPER + a] = taper[k, a]
                count += 1
        node += 1
    return count


@compiled_loops_inner
def _splat(
    table: Floats, e: int, focal: float, width: int, height: int, value: int, inverse: Floats32, code: Ints
) -> bool:
    """Draw a part that is hardly a pixel large as one pixel."""
    c0 = table[e, 0]
    i = math.floor(table[e, 1] / c0 * focal + 0.5 * width)
    j = math.floor(table[e, 2] / c0 * focal + 0.5 * height)
    if not (0 <= i < width and 0 <= j < height):
        return False
    now = np.float32(1.0 / c0)
    at = j * width + i
    if now <= inverse[at]:
        return False
    inverse[at] = now
    code[at] = value
    return True


@compiled_loops_inner
def _face_towards(table: Floats, e: int, shape: int) -> int:
    """The face of a part that looks at the camera most."""
    best, face = 0.0, ROUND_FACE
    if shape == ELLIPSOID:
        return face
    for a in range(3):
        along = 0.0
        for c in range(3):
            along -= table[e, AXES + 3 * a + c] * table[e, c]
        share = abs(along) / table[e, EXTENT + a]
        if share > best:
            best = share
            face = 2 * a if along > 0.0 else 2 * a + 1
    return ROUND_FACE if shape == CYLINDER and face < 4 else face


@compiled_loops_inner
def draw_part(
    table: Floats,
    e: int,
    shape: int,
    focal: float,
    width: int,
    height: int,
    vertex: Floats,
    polygon: Floats,
    matrix: Floats,
    bounds: Floats,
    inverse: Floats32,
    code: Ints,
) -> int:
    """Draw entry `e` of the table, coded as e + 1.

    Args:
        vertex, polygon, matrix, bounds: working space, float64 [8, 3], [16, 3], [3, 4] and [4, max(H, 16) + 1].

    Returns:
        A bit set of the faces that have pixels.
    """
    ex, ey, ez = table[e, EXTENT], table[e, EXTENT + 1], table[e, EXTENT + 2]
    if min(ex, ey, ez) <= 0.0:
        return 0
    value = (e + 1) * 8
    if (ex * ex + ey * ey + ez * ez) * focal * focal < (_SPLAT_PX * table[e, 0]) ** 2:
        face = _face_towards(table, e, shape)
        seen = _splat(table, e, focal, width, height, value + face, inverse, code)
        return 1 << face if seen else 0
    if shape == ELLIPSOID:
        round_frame(table, e, matrix)
        around = ellipsoid_bounds(table, e, focal, width, height)
        seen = round_rows(matrix, 3, around, focal, width, height, value + ROUND_FACE, inverse, code)
        return 1 << ROUND_FACE if seen else 0
    if shape != CYLINDER:
        return draw_box(table, e, vertex, polygon, bounds, focal, width, height, value, inverse, code)
    round_frame(table, e, matrix)
    radius = math.sqrt(ex * ex + ey * ey + ez * ez)
    around = ball_bounds(table[e, 0], table[e, 1], table[e, 2], radius, focal, width, height)
    drawn = 0
    if round_rows(matrix, 2, around, focal, width, height, value + ROUND_FACE, inverse, code):
        drawn |= 1 << ROUND_FACE
    face, side = (4, ez) if matrix[2, 3] > 0.0 else (5, -ez)
    around = ball_bounds(
        table[e, 0] + side * table[e, AXES + 6],
        table[e, 1] + side * table[e, AXES + 7],
        table[e, 2] + side * table[e, AXES + 8],
        max(ex, ey),
        focal,
        width,
        height,
    )
    if cap_rows(matrix, around, focal, width, height, value + face, inverse, code):
        drawn |= 1 << face
    return drawn


@compiled_loops_inner
def _sort_by_distance(table: Floats, count: int, places: Ints, order: Ints) -> None:
    """Numbers of the entries into `order`, nearer classes of `DISTANCES` first; `places` is working space."""
    for c in range(DISTANCES):
        places[c] = 0
    for e in range(count):
        places[int(min(max(table[e, 0], 0.0), DISTANCES - 1.0))] += 1
    total = 0
    for c in range(DISTANCES):
        total, places[c] = total + places[c], total
    for e in range(count):
        c = int(min(max(table[e, 0], 0.0), DISTANCES - 1.0))
        order[places[c]] = e
        places[c] += 1


@compiled_loops_inner
def _is_hidden(
    table: Floats, e: int, radius: float, focal: float, width: int, height: int, inverse: Floats32
) -> bool:
    """Whether what is drawn already lies before all of the ball around an entry, or the ball is not in the picture."""
    nearest = table[e, 0] - radius
    if nearest < NEAR_M:
        return False
    left, right, top, bottom = ball_bounds(
        table[e, 0], table[e, 1], table[e, 2], radius, focal, width, height
    )
    most = np.float32(1.0 / nearest)
    for j in range(top, bottom):
        for at in range(j * width + left, j * width + right):
            if inverse[at] < most:
                return False
    return True


@compiled_loops_inner
def draw_parts(
    static: Any,
    static_index: Any,
    moving: Any,
    moving_index: Any,
    camera: Floats,
    focal: float,
    width: int,
    height: int,
    far: float,
    entries: Ints,
    shapes: npt.NDArray[np.uint8],
    table: Floats,
    drawn: Ints,
    order: Ints,
    vertex: Floats,
    polygon: Floats,
    matrix: Floats,
    bounds: Floats,
    inverse: Floats32,
    code: Ints,
) -> int:
    """Draw all parts into the buffers, which hold the ground already.

    Args:
        camera: float64 [4, 3], forward, right, down axes and position.
        entries: int32 [parts], filled with the visible parts: number + 1 of a static, -(number + 1) of a moving one.
        shapes, table: as for `gather`.
        drawn: int32 [parts], faces of each entry that have pixels, as bits.
        order: working space, int32 [parts + DISTANCES].

    Returns:
        The number of entries.
    """
    count = 0
    count = gather(static, static_index, camera, focal, width, height, far, 1, entries, shapes, table, count)
    count = gather(
        moving, moving_index, camera, focal, width, height, far, (-1), entries, shapes, table, count
    )
    # Near parts first, as most of the others are hidden behind them.
    _sort_by_distance(table, count, order[:DISTANCES], order[DISTANCES:])
    for n in range(count):
        e = order[DISTANCES + n]
        ex, ey, ez = table[e, EXTENT], table[e, EXTENT + 1], table[e, EXTENT + 2]
        # A top that stands out (negative taper) belongs to the part.
        ex -= min(0.0, min(table[e, TAPER], table[e, TAPER + 1]))
        ey -= min(0.0, table[e, TAPER + 2])
        radius = math.sqrt(ex * ex + ey * ey + ez * ez)
        drawn[e] = 0
        if not _is_hidden(table, e, radius, focal, width, height, inverse):
            drawn[e] = draw_part(
                table, e, shapes[e], focal, width, height, vertex, polygon, matrix, bounds, inverse, code
            )
    return count
