"""Compiled: draws ellipsoids and cylinders."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.raster_buffers import (
    AXES,
    EXTENT,
    NEAR_M,
)
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@compiled_loops_inner
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


@compiled_loops_inner
def round_rows(
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


@compiled_loops_inner
def cap_rows(
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


@compiled_loops_inner
def _pixels(
    left: float, right: float, top: float, bottom: float, width: int, height: int
) -> tuple[int, int, int, int]:
    """Whole pixels of a picture that a rectangle touches."""
    return (
        int(min(max(left, 0.0), width + 0.0)),
        int(min(max(right + 1.0, 0.0), width + 0.0)),
        int(min(max(top, 0.0), height + 0.0)),
        int(min(max(bottom + 1.0, 0.0), height + 0.0)),
    )


@compiled_loops_inner
def ellipsoid_bounds(
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
    return _pixels(left, right, top, bottom, width, height)


@compiled_loops_inner
def ball_bounds(
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
    return _pixels(left, right, top, bottom, width, height)
