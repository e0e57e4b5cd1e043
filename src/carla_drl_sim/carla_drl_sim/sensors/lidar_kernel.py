"""Compiled lidar: many rays from one place, column by column.

All rays of a column have the same azimuth in the sensor's axes. Parts near the sensor are gathered once per scan and
sorted by distance; a column keeps those that its azimuth can meet, and a ray looks at those that its slope can meet,
nearest first, until none of the rest can be nearer than what it has hit.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.ground_blocks_kernel import hit_hills
from carla_drl_sim.sensors.noise import normal, stream_key, uniform
from carla_drl_sim.sensors.rays_kernel import FIRST_DYNAMIC, GROUND, NOTHING, is_ignored
from carla_drl_sim.sensors.scene_kernel import NO_HIT, ground_normal, hit_part
from carla_drl_sim.world.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

_NEAR, _AZIMUTH, _HALF_WIDTH, _LOW, _HIGH = range(5)
"""First columns of a candidate: least horizontal distance, middle and half of its azimuths, least and greatest slope,
all in the sensor's axes."""

_ORIGIN, _AXES, _EXTENT, _TAPER, _SHAPE, _WIDTH = 5, 8, 17, 20, 23, 24
"""The rest: the sensor's place in the part's axes, these axes, half sizes, taper and shape of the part."""

_BOX, _CYLINDER, _ELLIPSOID = 0.0, 1.0, 2.0
_HALF_TURN = math.pi
_SMALL = 0.2
"""A part whose size is less than this part of its distance is taken as round from above."""


@compiled
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
    result[_NEAR], result[_AZIMUTH], result[_HALF_WIDTH] = near, math.atan2(right, forward), width
    low, high = up - height, up + height
    result[_LOW], result[_HIGH] = -np.inf, np.inf
    if near > 0.0:
        result[_LOW] = low / (near if low < 0.0 else far)
        result[_HIGH] = high / (near if high > 0.0 else far)


@compiled
def _gather(
    parts: Any,
    tree: Any,
    offset: int,
    ignored: Ints,
    origin: Floats,
    axes: Floats,
    reach: float,
    low: float,
    high: float,
    number: Ints,
    candidates: Floats,
    count: int,
) -> int:
    """Append the parts within reach and between two slopes; return how many there are then."""
    node, end = 0, tree.skip.size
    while node < end:
        if _box_distance(tree.box[node], origin) > reach:
            node = tree.skip[node]
            continue
        first = tree.first[node]
        for k in range(first, first + tree.number[node]):
            if is_ignored(parts.owner[k], ignored):
                continue
            _describe(parts, k, origin, axes, candidates[count])
            if (
                candidates[count, _NEAR] <= reach
                and candidates[count, _LOW] <= high
                and candidates[count, _HIGH] >= low
            ):
                number[count] = offset + k
                count += 1
        node += 1
    return count


@compiled
def _faces(near: float, far: float, outside: float, along: float) -> tuple[float, float]:
    """Narrow the part of a ray that lies behind a plane."""
    if along < 0.0:
        return max(near, -outside / along), far
    if along > 0.0:
        return near, min(far, -outside / along)
    return (near, far) if outside <= 0.0 else (NO_HIT, far)


@compiled
def _entry(row: Floats, dx: float, dy: float, dz: float) -> float:
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


@compiled
def scan_columns(
    static: Any,
    static_tree: Any,
    dynamic: Any,
    dynamic_tree: Any,
    ground: Any,
    blocks: Any,
    ignored: Ints,
    origin: Floats,
    axes: Floats,
    azimuths: Floats,
    elevations: Floats,
    reach: float,
    noise: Ints,
    skipped: float,
    first: int,
    last: int,
    distance: npt.NDArray[np.float32],
    target: npt.NDArray[np.int32],
    cosine: npt.NDArray[np.float32],
) -> None:
    """Cast the columns `first` to `last` (exclusive) of a scan.

    Args:
        ground, blocks: the ground, and `GroundBlocks` over it.
        ignored: owners of dynamic parts that rays go through.
        origin, axes: place [3] and axes [3, 3] of the sensor.
        azimuths, elevations: float64 [P] and [C], radians; azimuth from forward to the right, elevation upwards.
        reach: farthest distance.
        noise: int64 [3], seed, actor and frame.
        skipped: the part of the rays that is not cast at all.
        distance, target: results [C, P]; what a ray hits as in `rays_kernel`.
        cosine: result [C, P], of the angle between the ray and the surface's normal; not filled in when it is empty.
    """
    channels, columns = elevations.size, azimuths.size
    key = stream_key(noise[0], noise[1], noise[2])
    ce, se, slopes = np.cos(elevations), np.sin(elevations), np.empty(channels)
    for channel in range(channels):
        slopes[channel] = se[channel] / max(ce[channel], 1e-12)
    room = static.shape.size + dynamic.shape.size
    number, unsorted = np.empty(room, np.int64), np.empty((room, _WIDTH))
    nobody = np.empty(0, np.int64)
    low, high = slopes.min(), slopes.max()
    count = _gather(static, static_tree, 0, nobody, origin, axes, reach, low, high, number, unsorted, 0)
    count = _gather(
        dynamic,
        dynamic_tree,
        FIRST_DYNAMIC,
        ignored,
        origin,
        axes,
        reach,
        low,
        high,
        number,
        unsorted,
        count,
    )
    order = np.argsort(unsorted[:count, _NEAR], kind="mergesort")
    candidates = unsorted[order]
    number = number[order]
    middle, half = candidates[:, _AZIMUTH].copy(), candidates[:, _HALF_WIDTH].copy()
    chosen = np.empty(count, np.int64)
    ox, oy, oz = origin[0], origin[1], origin[2]
    for column in range(first, last):
        azimuth = azimuths[column]
        ca, sa = math.cos(azimuth), math.sin(azimuth)
        kept = 0
        for place in range(count):
            away = abs(azimuth - middle[place])
            chosen[kept] = place
            kept += min(away, 2.0 * _HALF_TURN - away) <= half[place]
        hx = ca * axes[0, 0] + sa * axes[1, 0]
        hy = ca * axes[0, 1] + sa * axes[1, 1]
        hz = ca * axes[0, 2] + sa * axes[1, 2]
        for channel in range(channels):
            target[channel, column] = NOTHING
            if skipped > 0.0 and uniform(key, channel * columns + column) < skipped:
                continue
            level, rise = ce[channel], se[channel]
            dx = level * hx + rise * axes[2, 0]
            dy = level * hy + rise * axes[2, 1]
            dz = level * hz + rise * axes[2, 2]
            best, what = reach, NOTHING
            if ground.flat:
                if dz < 0.0 and oz > ground.level:
                    t, layer = (ground.level - oz) / dz, 0
                else:
                    t, layer = NO_HIT, 0
            else:
                t, layer = hit_hills(ground, blocks, ox, oy, oz, dx, dy, dz, best)
            if t <= best:
                best, what = t, GROUND - layer
            ray_slope = slopes[channel]
            for index in range(kept):
                place = chosen[index]
                if candidates[place, _NEAR] > best * level:
                    break
                if candidates[place, _LOW] <= ray_slope <= candidates[place, _HIGH]:
                    t = _entry(candidates[place], dx, dy, dz)
                    if t < best:
                        best, what = t, number[place]
            distance[channel, column] = best
            target[channel, column] = what
            if cosine.size > 0 and what != NOTHING:
                if what >= FIRST_DYNAMIC:
                    _, nx, ny, nz = hit_part(dynamic, what - FIRST_DYNAMIC, ox, oy, oz, dx, dy, dz)
                elif what >= 0:
                    _, nx, ny, nz = hit_part(static, what, ox, oy, oz, dx, dy, dz)
                else:
                    nx, ny, nz = ground_normal(ground, what != GROUND, ox + best * dx, oy + best * dy)
                cosine[channel, column] = -(dx * nx + dy * ny + dz * nz)


@compiled
def write_points(
    azimuths: Floats,
    elevations: Floats,
    distance: npt.NDArray[np.float32],
    target: npt.NDArray[np.int32],
    noise: Ints,
    attenuation: float,
    limit: float,
    at_zero: float,
    stddev: float,
    counts: npt.NDArray[np.uint32],
    points: npt.NDArray[np.float32],
) -> int:
    """Turn distances into points x, y, z, intensity [N, 4] in the sensor's axes, by channel; return how many.

    Intensity is exp(-attenuation distance). A point whose intensity is not above `limit` is kept with a probability
    that falls from 1 at the limit to 1 - `at_zero` at 0. Noise (seed, actor, frame) moves points along their rays.
    """
    channels, columns = distance.shape
    key = stream_key(noise[0], noise[1], noise[2])
    ca, sa = np.cos(azimuths), np.sin(azimuths)
    rays = channels * columns
    written = 0
    for channel in range(channels):
        ce, se = math.cos(elevations[channel]), math.sin(elevations[channel])
        start = written
        for column in range(columns):
            if target[channel, column] == NOTHING:
                continue
            away = np.float64(distance[channel, column])
            intensity = math.exp(-attenuation * away)
            index = channel * columns + column
            if limit > 0.0 and intensity <= limit:
                kept = 1.0 - at_zero * (1.0 - intensity / limit)
                if uniform(key, rays + index) >= kept:
                    continue
            if stddev > 0.0:
                away += stddev * normal(key, rays + index)  # its two numbers come after those above
            points[written, 0] = away * ce * ca[column]
            points[written, 1] = away * ce * sa[column]
            points[written, 2] = away * se
            points[written, 3] = intensity
            written += 1
        counts[channel] = written - start
    return written
