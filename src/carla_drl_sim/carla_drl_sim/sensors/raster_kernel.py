"""Compiled rasteriser: which surface each pixel of a camera sees, and how far away it is.

Camera space is (depth along the optical axis, right, down). A pixel (i, j) looks along (1, x, y) with
x = (i + 1/2 - W/2) / f and y = (j + 1/2 - H/2) / f, so a point on its ray is depth * (1, x, y). On a plane, 1 / depth
is linear in x and y; that makes faces of solids cheap: an interval of pixels per row and one multiplication per pixel.

Two buffers, flat over H * W pixels, hold the result: ``inverse`` (float32, 1 / depth, 0 for the sky) and ``code``
(int32): `SKY`, `GROUND`, `DECK`, or entry * 8 + face, where entry counts from 1 over the camera's list of visible parts
and face is 0 front, 1 rear, 2 right, 3 left, 4 top, 5 bottom, 6 the round side of cylinders and ellipsoids.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled_loops

NEAR_M = 0.05
SKY, GROUND, DECK = 0, 1, 2
ROUND_FACE = 6
HORIZON = np.float32(1e-4)
"""Inverse of the distance (10 km) beyond which the ground is not drawn."""
_SMALLEST_PX = 0.5
_SPLAT_PX = 1.0

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_CYLINDER, _ELLIPSOID = 1, 2

# Columns of the table of visible parts, all in camera space.
CENTRE, AXES, EXTENT, TAPER, NUM_COLUMNS = 0, 3, 12, 15, 18

# Corners of the faces; bit 0 of a corner: front, bit 1: right, bit 2: top.
_FACES = np.array(
    [[1, 3, 7, 5], [0, 2, 6, 4], [2, 3, 7, 6], [0, 1, 5, 4], [4, 5, 7, 6], [0, 1, 3, 2]], np.int64
)


@compiled_loops
def to_camera(camera: Floats, x: float, y: float, z: float) -> tuple[float, float, float]:
    """A vector of the world in camera space; `camera` is float64 [4, 3]: forward, right, down axes and position."""
    return (
        camera[0, 0] * x + camera[0, 1] * y + camera[0, 2] * z,
        camera[1, 0] * x + camera[1, 1] * y + camera[1, 2] * z,
        camera[2, 0] * x + camera[2, 1] * y + camera[2, 2] * z,
    )


@compiled_loops
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


@compiled_loops
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
    # Arrays are taken out of the tuples once: every look into a tuple counts a reference.
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


@compiled_loops
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


@compiled_loops
def clip_near(vertex: Floats, corners: npt.NDArray[np.int64], near: float, out: Floats) -> int:
    """Polygon of `corners` of `vertex` [N, 3], cut at depth `near`, into `out` [M, 3]; returns its corners."""
    number = 0
    for c in range(len(corners)):
        a, b = corners[c], corners[c + 1 if c + 1 < len(corners) else 0]
        za, zb = vertex[a, 0], vertex[b, 0]
        if za >= near:
            out[number] = vertex[a]
            number += 1
        if (za >= near) != (zb >= near):
            share = (near - za) / (zb - za)
            for x in range(3):
                out[number, x] = vertex[a, x] + share * (vertex[b, x] - vertex[a, x])
            number += 1
    return number


@compiled_loops
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


@compiled_loops
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


@compiled_loops
def plane_of_face(vertex: Floats, face: int) -> tuple[float, float, float, float]:
    """Outward normal (camera space, not of unit length) and offset of a face."""
    a, b, c, d = _FACES[face, 0], _FACES[face, 1], _FACES[face, 2], _FACES[face, 3]
    px, py, pz = vertex[c, 0] - vertex[a, 0], vertex[c, 1] - vertex[a, 1], vertex[c, 2] - vertex[a, 2]
    qx, qy, qz = vertex[d, 0] - vertex[b, 0], vertex[d, 1] - vertex[b, 1], vertex[d, 2] - vertex[b, 2]
    nx, ny, nz = py * qz - pz * qy, pz * qx - px * qz, px * qy - py * qx
    # The corner opposite of the box lies inside.
    e = 7 - a
    inside = nx * (vertex[e, 0] - vertex[a, 0]) + ny * (vertex[e, 1] - vertex[a, 1])
    inside += nz * (vertex[e, 2] - vertex[a, 2])
    if inside > 0.0:
        nx, ny, nz = -nx, -ny, -nz
    offset = 0.0
    for corner in (a, b, c, d):
        offset += nx * vertex[corner, 0] + ny * vertex[corner, 1] + nz * vertex[corner, 2]
    return nx, ny, nz, 0.25 * offset


@compiled_loops
def _draw_box(
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
    """Draw the faces that look at the camera; returns a bit set of the faces that have pixels."""
    drawn = 0
    px, py, left, right = bounds[0], bounds[1], bounds[2], bounds[3]
    for face in range(6):
        n0, n1, n2, offset = plane_of_face(vertex, face)
        size = math.sqrt(n0 * n0 + n1 * n1 + n2 * n2)
        if offset >= -1e-9 * size or size == 0.0:
            continue
        corners = clip_near(vertex, _FACES[face], NEAR_M, polygon)
        if corners < 3:
            continue
        for c in range(corners):
            px[c] = polygon[c, 1] / polygon[c, 0] * focal + 0.5 * width
            py[c] = polygon[c, 2] / polygon[c, 0] * focal + 0.5 * height
        top, bottom = row_bounds(px, py, corners, height, left, right)
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


@compiled_loops
def round_frame(table: Floats, e: int, matrix: Floats) -> None:
    """Map camera space to the unit sphere or cylinder of entry `e`, into `matrix` [3, 4].

    A ray depth * d becomes p + depth * q with q = matrix[:, :3] d and p = matrix[:, 3].
    """
    for a in range(3):
        scale = 1.0 / table[e, EXTENT + a]
        base = 0.0
        for c in range(3):
            matrix[a, c] = table[e, AXES + 3 * a + c] * scale
            base -= table[e, AXES + 3 * a + c] * table[e, c]
        matrix[a, 3] = base * scale


@compiled_loops
def _round_rows(
    matrix: Floats,
    dimensions: int,
    bounds: tuple[int, int, int, int],
    focal: float,
    width: int,
    height: int,
    value: int,
    inverse: Floats32,
    code: Ints,
) -> bool:
    """Draw an ellipsoid (3 dimensions) or the side of a cylinder (2) within bounds (left, right, top, bottom).

    With a ray p + t q and the unit sphere, 1 / t = (sqrt(b b - a c) - b) / c for a = q q, b = p q, c = p p - 1. Along a
    row b is linear and the root's argument a parabola, written around a place near its vertex to lose no digits.
    """
    cc = -1.0
    for a in range(dimensions):
        cc += matrix[a, 3] * matrix[a, 3]
    if cc <= 1e-9:
        return False
    touched = False
    most = np.float32(1.0 / NEAR_M)
    for j in range(bounds[2], bounds[3]):
        y = (j + 0.5 - 0.5 * height) / focal
        a0 = a1 = a2 = b0 = b1 = 0.0
        for a in range(dimensions):
            base, step = matrix[a, 0] + matrix[a, 2] * y, matrix[a, 1]
            a0 += base * base
            a1 += base * step
            a2 += step * step
            b0 += matrix[a, 3] * base
            b1 += matrix[a, 3] * step
        bend = b1 * b1 - a2 * cc
        lean = b0 * b1 - a1 * cc
        start, end = bounds[0], bounds[1]
        middle = (0.5 * (start + end) - 0.5 * width) / focal
        centre = middle
        if bend < 0.0:
            vertex = -lean / bend
            peak = b0 * b0 - a0 * cc + lean * vertex
            if peak <= 0.0:
                continue
            reach = math.sqrt(-peak / bend)
            start = max(start, math.ceil(max((vertex - reach) * focal + 0.5 * width, 0.0) - 0.5))
            end = min(end, math.ceil(min((vertex + reach) * focal + 0.5 * width, width + 0.0) - 0.5))
            # A flat parabola has its vertex far away: then the middle of the bounds is the better place.
            if abs(vertex - middle) < 4.0 * width / focal:
                centre = vertex
        if start >= end:
            continue
        touched = True
        height_there = b0 * b0 - a0 * cc + centre * (2.0 * lean + bend * centre)
        first = (start + 0.5 - 0.5 * width) / focal - centre
        offset, step32 = np.float32(first), np.float32(1.0 / focal)
        peak32, bend32 = np.float32(height_there / (cc * cc)), np.float32(bend / (cc * cc))
        tilt32 = np.float32(2.0 * (lean + bend * centre) / (cc * cc))
        b_start, b_step = np.float32((b0 + b1 * centre) / cc), np.float32(b1 / cc)
        inverse_row = inverse[j * width + start : j * width + end]
        code_row = code[j * width + start : j * width + end]
        if dimensions == 3:
            for i in range(len(inverse_row)):
                x = offset + step32 * np.float32(i)
                root = peak32 + x * (tilt32 + bend32 * x)
                inside = root if root > np.float32(0.0) else np.float32(0.0)
                now = np.float32(math.sqrt(inside)) - (b_start + b_step * x)
                nearer = (now > inverse_row[i]) & (root >= np.float32(0.0)) & (now < most)
                inverse_row[i] = now if nearer else inverse_row[i]
                code_row[i] = value if nearer else code_row[i]
        else:
            pz = np.float32(matrix[2, 3])
            qz = np.float32(matrix[2, 0] + matrix[2, 2] * y + matrix[2, 1] * centre)
            qz_step = np.float32(matrix[2, 1])
            for i in range(len(inverse_row)):
                x = offset + step32 * np.float32(i)
                root = peak32 + x * (tilt32 + bend32 * x)
                inside = root if root > np.float32(0.0) else np.float32(0.0)
                now = np.float32(math.sqrt(inside)) - (b_start + b_step * x)
                high = pz * now + qz + qz_step * x
                nearer = (
                    (now > inverse_row[i])
                    & (root >= np.float32(0.0))
                    & (now < most)
                    & (high <= now)
                    & (high >= -now)
                )
                inverse_row[i] = now if nearer else inverse_row[i]
                code_row[i] = value if nearer else code_row[i]
    return touched


@compiled_loops
def _cap_rows(
    matrix: Floats,
    bounds: tuple[int, int, int, int],
    focal: float,
    width: int,
    height: int,
    value: int,
    inverse: Floats32,
    code: Ints,
) -> bool:
    """Draw the end of a cylinder that looks at the camera."""
    pz = matrix[2, 3]
    side = 1.0 if pz > 0.0 else -1.0
    if abs(pz) <= 1.0 + 1e-9:
        return False
    scale = 1.0 / (side - pz)
    px, py = np.float32(matrix[0, 3]), np.float32(matrix[1, 3])
    touched = False
    most = np.float32(1.0 / NEAR_M)
    for j in range(bounds[2], bounds[3]):
        y = (j + 0.5 - 0.5 * height) / focal
        left = (bounds[0] + 0.5 - 0.5 * width) / focal
        z0 = np.float32((matrix[2, 0] + matrix[2, 2] * y + matrix[2, 1] * left) * scale)
        z1 = np.float32(matrix[2, 1] / focal * scale)
        x0 = np.float32(matrix[0, 0] + matrix[0, 2] * y + matrix[0, 1] * left)
        x1 = np.float32(matrix[0, 1] / focal)
        y0 = np.float32(matrix[1, 0] + matrix[1, 2] * y + matrix[1, 1] * left)
        y1 = np.float32(matrix[1, 1] / focal)
        inverse_row = inverse[j * width + bounds[0] : j * width + bounds[1]]
        code_row = code[j * width + bounds[0] : j * width + bounds[1]]
        for i in range(len(inverse_row)):
            now = z0 + z1 * np.float32(i)
            u = px * now + x0 + x1 * np.float32(i)
            v = py * now + y0 + y1 * np.float32(i)
            nearer = (now > inverse_row[i]) & (u * u + v * v <= now * now) & (now < most)
            inverse_row[i] = now if nearer else inverse_row[i]
            code_row[i] = value if nearer else code_row[i]
            touched |= bool(nearer)
    return touched


@compiled_loops
def _ellipsoid_bounds(
    table: Floats, e: int, focal: float, width: int, height: int
) -> tuple[int, int, int, int]:
    """Pixels around the image of an ellipsoid: tangent planes from the dual quadric centre centre' - A A'."""
    c = (table[e, 0], table[e, 1], table[e, 2])
    q00, q01, q11, q02, q22 = c[0] * c[0], c[0] * c[1], c[1] * c[1], c[0] * c[2], c[2] * c[2]
    for a in range(3):
        u, v, w = table[e, AXES + 3 * a], table[e, AXES + 3 * a + 1], table[e, AXES + 3 * a + 2]
        s = table[e, EXTENT + a] * table[e, EXTENT + a]
        q00 -= s * u * u
        q01 -= s * u * v
        q11 -= s * v * v
        q02 -= s * u * w
        q22 -= s * w * w
    if q00 <= 1e-9 or c[0] < 0.0:
        return 0, width, 0, height
    x_half = math.sqrt(max(q01 * q01 - q00 * q11, 0.0))
    y_half = math.sqrt(max(q02 * q02 - q00 * q22, 0.0))
    left = (q01 - x_half) / q00 * focal + 0.5 * width
    right = (q01 + x_half) / q00 * focal + 0.5 * width
    top = (q02 - y_half) / q00 * focal + 0.5 * height
    bottom = (q02 + y_half) / q00 * focal + 0.5 * height
    return (
        int(min(max(left, 0.0), width + 0.0)),
        int(min(max(right + 1.0, 0.0), width + 0.0)),
        int(min(max(top, 0.0), height + 0.0)),
        int(min(max(bottom + 1.0, 0.0), height + 0.0)),
    )


@compiled_loops
def _ball_bounds(
    c0: float, c1: float, c2: float, radius: float, focal: float, width: int, height: int
) -> tuple[int, int, int, int]:
    """Pixels around the image of a ball; the whole picture if it is not in front of the camera."""
    near, beyond = c0 - radius, c0 + radius
    if near < NEAR_M:
        return 0, width, 0, height
    low, high = c1 - radius, c1 + radius
    left = low / (beyond if low > 0.0 else near) * focal + 0.5 * width
    right = high / (near if high > 0.0 else beyond) * focal + 0.5 * width
    low, high = c2 - radius, c2 + radius
    top = low / (beyond if low > 0.0 else near) * focal + 0.5 * height
    bottom = high / (near if high > 0.0 else beyond) * focal + 0.5 * height
    return (
        int(min(max(left, 0.0), width + 0.0)),
        int(min(max(right + 1.0, 0.0), width + 0.0)),
        int(min(max(top, 0.0), height + 0.0)),
        int(min(max(bottom + 1.0, 0.0), height + 0.0)),
    )


@compiled_loops
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


@compiled_loops
def _face_towards(table: Floats, e: int, shape: int) -> int:
    """The face of a part that looks at the camera most."""
    best, face = 0.0, ROUND_FACE
    if shape == _ELLIPSOID:
        return face
    for a in range(3):
        along = 0.0
        for c in range(3):
            along -= table[e, AXES + 3 * a + c] * table[e, c]
        share = abs(along) / table[e, EXTENT + a]
        if share > best:
            best = share
            face = 2 * a if along > 0.0 else 2 * a + 1
    return ROUND_FACE if shape == _CYLINDER and face < 4 else face


@compiled_loops
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
    if shape == _ELLIPSOID:
        round_frame(table, e, matrix)
        around = _ellipsoid_bounds(table, e, focal, width, height)
        seen = _round_rows(matrix, 3, around, focal, width, height, value + ROUND_FACE, inverse, code)
        return 1 << ROUND_FACE if seen else 0
    if shape != _CYLINDER:
        corners_of(table, e, vertex)
        return _draw_box(vertex, polygon, bounds, focal, width, height, value, inverse, code)
    round_frame(table, e, matrix)
    radius = math.sqrt(ex * ex + ey * ey + ez * ez)
    around = _ball_bounds(table[e, 0], table[e, 1], table[e, 2], radius, focal, width, height)
    drawn = 0
    if _round_rows(matrix, 2, around, focal, width, height, value + ROUND_FACE, inverse, code):
        drawn |= 1 << ROUND_FACE
    face, side = (4, ez) if matrix[2, 3] > 0.0 else (5, -ez)
    around = _ball_bounds(
        table[e, 0] + side * table[e, AXES + 6],
        table[e, 1] + side * table[e, AXES + 7],
        table[e, 2] + side * table[e, AXES + 8],
        max(ex, ey),
        focal,
        width,
        height,
    )
    if _cap_rows(matrix, around, focal, width, height, value + face, inverse, code):
        drawn |= 1 << face
    return drawn


@compiled_loops
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

    Returns:
        The number of entries.
    """
    count = gather(static, static_index, camera, focal, width, height, far, 1, entries, shapes, table, 0)
    count = gather(moving, moving_index, camera, focal, width, height, far, -1, entries, shapes, table, count)
    for e in range(count):
        drawn[e] = draw_part(
            table, e, shapes[e], focal, width, height, vertex, polygon, matrix, bounds, inverse, code
        )
    return count
