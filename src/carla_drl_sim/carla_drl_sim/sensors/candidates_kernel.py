"""Compiled gathering of the parts that rays from one place can meet.

Parts near a sensor are gathered once for all its rays, described as seen from it, and sorted by distance. A ray then
looks at those that its azimuth and its slope can meet, nearest first, until none of the rest can be nearer than what
it has hit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.rays_kernel import FIRST_DYNAMIC, is_ignored
from carla_drl_sim.sensors.scene_kernel import NO_HIT
from carla_drl_sim.world.compiled import compiled, compiled_inner, compiled_inner_maker

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
View = tuple[Floats, Floats, float, float, float, float, float]
"""Place [3] and axes [3, 3] of a sensor, reach, lowest and highest slope, cosine and sine of the wedge's half angle."""

NEAR, AZIMUTH, HALF_WIDTH, LOW, HIGH = range(5)
"""First columns of a candidate: least horizontal distance, middle and half of its azimuths, least and greatest slope,
all in the sensor's axes."""

_ORIGIN, _AXES, _EXTENT, _TAPER, _SHAPE, _WIDTH = 5, 8, 17, 20, 23, 24
"""The rest: the sensor's place in the part's axes, these axes, half sizes, taper and shape of the part."""

_BOX, _CYLINDER, _ELLIPSOID = 0.0, 1.0, 2.0
_HALF_TURN = math.pi
_SMALL = 0.2
"""A part whose size is less than this part of its distance is taken as round from above."""


@compiled_inner
def _box_distance(box: npt.NDArray[np.float32], origin: Floats) -> float:
    """Distance of a point from an axis-aligned box."""
    square = 0.0
    for axis in range(3):
        away = max(box[axis] - origin[axis], origin[axis] - box[axis + 3], 0.0)
        square += away * away
    return math.sqrt(square)


@compiled
def _describe(parts: Any, k: int, origin: Floats, axes: Floats, result: Floats) -> None:
    """Fill in a candidate, except its number."""
    cx = parts.centre[k, 0] - origin[0]
    cy = parts.centre[k, 1] - origin[1]
    cz = parts.centre[k, 2] - origin[2]
    forward = axes[0, 0] * cx + axes[0, 1] * cy + axes[0, 2] * cz
    right = axes[1, 0] * cx + axes[1, 1] * cy + axes[1, 2] * cz
    up = axes[2, 0] * cx + axes[2, 1] * cy + axes[2, 2] * cz
    # Half sides as vectors in the sensor's axes. Tapered boxes may stand out at the top.
    half = np.empty((3, 3))
    height = 0.0
    for i in range(3):
        out = 0.0
        if i == 0:
            out = max(0.0, -min(parts.taper[k, 0], parts.taper[k, 1]))
        elif i == 1:
            out = max(0.0, -parts.taper[k, 2])
        size = parts.extent[k, i] + out
        ax, ay, az = parts.axes[k, i, 0], parts.axes[k, i, 1], parts.axes[k, i, 2]
        for j in range(3):
            half[i, j] = size * (axes[j, 0] * ax + axes[j, 1] * ay + axes[j, 2] * az)
            result[_AXES + 3 * i + j] = parts.axes[k, i, j]
        height += abs(half[i, 2])
        result[_ORIGIN + i] = -(ax * cx + ay * cy + az * cz)
        result[_EXTENT + i] = parts.extent[k, i]
        result[_TAPER + i] = parts.taper[k, i]
    result[_SHAPE] = parts.shape[k]
    # No corner is farther from the middle than this, seen from above, however the part is turned.
    skew = abs(half[0, 0] * half[1, 0] + half[0, 1] * half[1, 1])
    square = half[0, 0] ** 2 + half[0, 1] ** 2 + half[1, 0] ** 2 + half[1, 1] ** 2 + 2.0 * skew
    side = math.sqrt(square) + math.hypot(half[2, 0], half[2, 1])
    away = math.hypot(forward, right)
    near, far = max(away - side, 0.0), away + side
    width = _HALF_TURN
    if side < _SMALL * away:
        width = math.asin(side / away) + 1e-9
    elif away > 0.0:
        # The widest corner on either side; valid while the outline lies in front of the line through the sensor.
        widest, least = 0.0, np.inf
        cosine, sine = forward / away, right / away
        for corner in range(8):
            x, y = forward, right
            for i in range(3):
                sign = 1.0 if (corner >> i) & 1 else -1.0
                x += sign * half[i, 0]
                y += sign * half[i, 1]
            ahead, across = x * cosine + y * sine, y * cosine - x * sine
            least = min(least, ahead)
            if ahead > 0.0:
                widest = max(widest, abs(across) / ahead)
        if least > 0.0:
            width = math.atan(widest) + 1e-9
            near = max(near, least)
    result[NEAR], result[AZIMUTH], result[HALF_WIDTH] = near, math.atan2(right, forward), width
    low, high = up - height, up + height
    result[LOW], result[HIGH] = -np.inf, np.inf
    if near > 0.0:
        result[LOW] = low / (near if low < 0.0 else far)
        result[HIGH] = high / (near if high > 0.0 else far)


@compiled_inner
def _is_beside(x: float, y: float, z: float, size: float, view: View) -> bool:
    """Whether a ball lies outside of a wedge of azimuths around the forward axis (half angle below 90 degrees)."""
    origin, axes, _, _, _, cosine, sine = view
    cx, cy, cz = x - origin[0], y - origin[1], z - origin[2]
    ahead = axes[0, 0] * cx + axes[0, 1] * cy + axes[0, 2] * cz
    right = axes[1, 0] * cx + axes[1, 1] * cy + axes[1, 2] * cz
    return bool(abs(right) * cosine - ahead * sine > size)


@compiled_inner
def _gather(
    parts: Any,
    tree: Any,
    offset: int,
    ignored: Ints,
    view: View,
    number: Ints,
    candidates: Floats,
    count: int,
) -> int:
    """Append the parts within reach, between two slopes and in a wedge; return how many there are then."""
    origin, axes, reach, low, high, _, _ = view
    node, end = 0, tree.skip.size
    while node < end:
        box = tree.box[node]
        half = 0.5 * math.sqrt((box[3] - box[0]) ** 2 + (box[4] - box[1]) ** 2 + (box[5] - box[2]) ** 2)
        if _box_distance(box, origin) > reach or _is_beside(
            0.5 * (box[0] + box[3]),
            0.5 * (box[1] + box[4]),
            0.5 * (box[2] + box[5]),
            half,
            view,
        ):
            node = tree.skip[node]
            continue
        first = tree.first[node]
        for k in range(first, first + tree.number[node]):
            if is_ignored(parts.owner[k], ignored):
                continue
            out, size = max(0.0, -min(parts.taper[k, 0], min(parts.taper[k, 1], parts.taper[k, 2]))), 0.0
            for axis in range(3):
                size += (parts.extent[k, axis] + out) ** 2
            if _is_beside(
                parts.centre[k, 0],
                parts.centre[k, 1],
                parts.centre[k, 2],
                math.sqrt(size),
                view,
            ):
                continue
            _describe(parts, k, origin, axes, candidates[count])
            if (
                candidates[count, NEAR] <= reach
                and candidates[count, LOW] <= high
                and candidates[count, HIGH] >= low
            ):
                number[count] = offset + k
                count += 1
        node += 1
    return count


@compiled_inner
def _faces(near: float, far: float, outside: float, along: float) -> tuple[float, float]:
    """Narrow the part of a ray that lies behind a plane."""
    if along < 0.0:
        return max(near, -outside / along), far
    if along > 0.0:
        return near, min(far, -outside / along)
    return (near, far) if outside <= 0.0 else (NO_HIT, far)


@compiled
def entry(row: Floats, dx: float, dy: float, dz: float) -> float:
    """Where a ray from the sensor enters a candidate, as ``scene_kernel.hit_part`` but without the normal."""
    px, py, pz = row[_ORIGIN], row[_ORIGIN + 1], row[_ORIGIN + 2]
    qx = row[_AXES] * dx + row[_AXES + 1] * dy + row[_AXES + 2] * dz
    qy = row[_AXES + 3] * dx + row[_AXES + 4] * dy + row[_AXES + 5] * dz
    qz = row[_AXES + 6] * dx + row[_AXES + 7] * dy + row[_AXES + 8] * dz
    ex, ey, ez = row[_EXTENT], row[_EXTENT + 1], row[_EXTENT + 2]
    shape = row[_SHAPE]
    near, far = -np.inf, np.inf
    if shape == _ELLIPSOID:
        px, py, pz, qx, qy, qz = px / ex, py / ey, pz / ez, qx / ex, qy / ey, qz / ez
        a = qx * qx + qy * qy + qz * qz
        b = px * qx + py * qy + pz * qz
        root = b * b - a * (px * px + py * py + pz * pz - 1.0)
        if root < 0.0 or a == 0.0:
            return NO_HIT
        near = (-b - math.sqrt(root)) / a
        return near if near >= 0.0 else NO_HIT
    if shape == _CYLINDER:
        px, py, qx, qy = px / ex, py / ey, qx / ex, qy / ey
        a = qx * qx + qy * qy
        b = px * qx + py * qy
        c = px * px + py * py - 1.0
        if a > 0.0:
            root = b * b - a * c
            if root < 0.0:
                return NO_HIT
            root = math.sqrt(root)
            near, far = (-b - root) / a, (-b + root) / a
        elif c > 0.0:
            return NO_HIT
    elif shape == _BOX:
        near, far = _faces(near, far, px - ex, qx)
        near, far = _faces(near, far, -px - ex, -qx)
        near, far = _faces(near, far, py - ey, qy)
        near, far = _faces(near, far, -py - ey, -qy)
    else:
        front, rear, side = row[_TAPER], row[_TAPER + 1], row[_TAPER + 2]
        tall, lean = 2.0 * ez, qz
        near, far = _faces(near, far, tall * (px - ex + 0.5 * front) + front * pz, tall * qx + front * lean)
        near, far = _faces(near, far, tall * (0.5 * rear - px - ex) + rear * pz, rear * lean - tall * qx)
        near, far = _faces(near, far, tall * (py - ey + 0.5 * side) + side * pz, tall * qy + side * lean)
        near, far = _faces(near, far, tall * (0.5 * side - py - ey) + side * pz, side * lean - tall * qy)
    near, far = _faces(near, far, pz - ez, qz)
    near, far = _faces(near, far, -pz - ez, -qz)
    return near if 0.0 <= near <= far else NO_HIT


@compiled_inner_maker
def gather(
    static: Any,
    static_tree: Any,
    dynamic: Any,
    dynamic_tree: Any,
    ignored: Ints,
    origin: Floats,
    axes: Floats,
    reach: float,
    low: float,
    high: float,
    wedge: float,
) -> tuple[Floats, Ints]:
    """All candidates within reach and between two slopes, nearest first: their rows and what a hit is named.

    Args:
        ignored: owners of dynamic parts that rays go through.
        origin, axes: place [3] and axes [3, 3] of the sensor.
        wedge: greatest azimuth on either side, radians; from a quarter turn on, all azimuths count.
    """
    cosine, sine = (math.cos(wedge), math.sin(wedge)) if wedge < 0.5 * _HALF_TURN else (0.0, 0.0)
    room = static.shape.size + dynamic.shape.size
    number, unsorted = np.empty(room, np.int64), np.empty((room, _WIDTH))
    nobody = np.empty(0, np.int64)
    view = (origin, axes, reach, low, high, cosine, sine)
    count = _gather(static, static_tree, 0, nobody, view, number, unsorted, 0)
    count = _gather(dynamic, dynamic_tree, FIRST_DYNAMIC, ignored, view, number, unsorted, count)
    order = np.argsort(unsorted[:count, NEAR], kind="mergesort")
    return unsorted[order], number[order]
