"""Compiled geometry of the scene: bounding boxes, the tree over them, rays against one part and against the ground.

Functions take the tuples of `carla_drl_sim.sensors.scene` (parts, index, ground, covering). A ray is an origin and a
direction; distances count in lengths of the direction.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled, compiled_inner, compiled_inner_maker

LEAF_SIZE = 4
NO_HIT = np.inf

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

_BOX, _CYLINDER, _ELLIPSOID, _TAPERED = 0, 1, 2, 3
_INSERTED = 24
"""Runs of up to this length are sorted by insertion."""


@compiled
def boxes_of_runs(
    shape: npt.NDArray[np.uint8],
    centre: Floats,
    axes: Floats,
    extent: Floats,
    taper: Floats,
    first: Ints,
    count: Ints,
) -> npt.NDArray[np.float32]:
    """Axis-aligned boxes, float32 [G, 6], around runs of parts."""
    result = np.empty((len(first), 6), np.float32)
    for g in range(len(first)):
        for a in range(3):
            low, high = np.inf, -np.inf
            for k in range(first[g], first[g] + count[g]):
                half = 0.0
                if shape[k] == _ELLIPSOID:
                    for i in range(3):
                        half += (axes[k, i, a] * extent[k, i]) ** 2
                    half = math.sqrt(half)
                elif shape[k] == _CYLINDER:
                    side = (axes[k, 0, a] * extent[k, 0]) ** 2 + (axes[k, 1, a] * extent[k, 1]) ** 2
                    half = math.sqrt(side) + abs(axes[k, 2, a]) * extent[k, 2]
                else:
                    out = max(0.0, -min(taper[k, 0], taper[k, 1]))
                    half = abs(axes[k, 0, a]) * (extent[k, 0] + out)
                    half += abs(axes[k, 1, a]) * (extent[k, 1] + max(0.0, -taper[k, 2]))
                    half += abs(axes[k, 2, a]) * extent[k, 2]
                low = min(low, centre[k, a] - half)
                high = max(high, centre[k, a] + half)
            # A little larger than exact, so that rounding to float32 loses nothing.
            result[g, a] = low - 1e-3
            result[g, 3 + a] = high + 1e-3
    return result


@compiled_inner_maker
def _sort_run(order: Ints, box: npt.NDArray[np.float32], axis: int, start: int, end: int) -> None:
    """Sort a run of `order` by the middles of the boxes along an axis, equal ones by number."""
    number = end - start
    keys = np.empty(number, np.float32)
    if number <= _INSERTED:
        for i in range(number):
            value = order[start + i]
            key = box[value, axis] + box[value, 3 + axis]
            place = i
            while place > 0 and (
                keys[place - 1] > key or (keys[place - 1] == key and order[start + place - 1] > value)
            ):
                keys[place] = keys[place - 1]
                order[start + place] = order[start + place - 1]
                place -= 1
            keys[place] = key
            order[start + place] = value
        return
    values = order[start:end].copy()
    values.sort()
    for i in range(number):
        keys[i] = box[values[i], axis] + box[values[i], 3 + axis]
    order[start:end] = values[np.argsort(keys, kind="mergesort")]


@compiled_inner
def _split_axis(box: npt.NDArray[np.float32], order: Ints, start: int, end: int) -> int:
    """The axis along which the middles of the boxes are spread most."""
    best, widest = 0, np.float32(-1.0)
    for a in range(3):
        low, high = np.float32(np.inf), np.float32(-np.inf)
        for i in range(start, end):
            middle = box[order[i], a] + box[order[i], 3 + a]
            low, high = min(low, middle), max(high, middle)
        if high - low > widest:
            best, widest = a, high - low
    return best


@compiled
def order_in_space(box: npt.NDArray[np.float32], leaf_size: int) -> Ints:
    """An order, int32 [K], in which runs of `leaf_size` boxes lie close together: halved again and again."""
    number = len(box)
    order = np.arange(number).astype(np.int32)
    stack = [(0, number)]
    while len(stack) > 0:
        start, end = stack.pop()
        if end - start <= leaf_size:
            continue
        axis = _split_axis(box, order, start, end)
        _sort_run(order, box, axis, start, end)
        leaves = (end - start + leaf_size - 1) // leaf_size
        middle = start + (leaves + 1) // 2 * leaf_size
        stack.append((start, middle))
        stack.append((middle, end))
    return order


@compiled
def build_tree(
    box: npt.NDArray[np.float32], first: Ints, count: Ints, order: Ints
) -> tuple[npt.NDArray[np.float32], Ints, Ints, Ints]:
    """Arrays of a `PartIndex` with one leaf per box.

    Args:
        box: float32 [G, 6].
        first, count: int32 [G], the parts of each box.
        order: int32 [G], working space.
    """
    number = len(box)
    nodes = max(0, 2 * number - 1)
    node_box = np.empty((nodes, 6), np.float32)
    skip = np.empty(nodes, np.int32)
    node_first = np.zeros(nodes, np.int32)
    node_count = np.zeros(nodes, np.int32)
    for i in range(number):
        order[i] = i
    if number == 0:
        return node_box, skip, node_first, node_count
    stack = [(0, number, 0)]
    while len(stack) > 0:
        start, end, node = stack.pop()
        # A subtree over n leaves has 2 n - 1 nodes, so the places of all nodes are known beforehand.
        skip[node] = node + 2 * (end - start) - 1
        for a in range(3):
            low, high = np.float32(np.inf), np.float32(-np.inf)
            for i in range(start, end):
                low, high = min(low, box[order[i], a]), max(high, box[order[i], 3 + a])
            node_box[node, a], node_box[node, 3 + a] = low, high
        if end - start == 1:
            node_first[node], node_count[node] = first[order[start]], count[order[start]]
            continue
        axis = _split_axis(box, order, start, end)
        _sort_run(order, box, axis, start, end)
        middle = start + (end - start + 1) // 2
        stack.append((start, middle, node + 1))
        stack.append((middle, end, node + 2 * (middle - start)))
    return node_box, skip, node_first, node_count


@compiled_inner
def _hit_planes(
    parts: Any, k: int, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float
) -> tuple[float, float, float, float]:
    """A tapered box: the last of the six planes that the ray enters, if it leaves none before."""
    ex, ey, ez = parts.extent[k, 0], parts.extent[k, 1], parts.extent[k, 2]
    near, far = -np.inf, np.inf
    mx = my = mz = 0.0
    for face in range(6):
        nx = ny = nz = 0.0
        if face == 0:  # front: from x = ex at the bottom to ex - taper at the top
            nx, nz = 2.0 * ez, parts.taper[k, 0]
            reach = nx * (ex - 0.5 * parts.taper[k, 0])
        elif face == 1:
            nx, nz = -2.0 * ez, parts.taper[k, 1]
            reach = -nx * (ex - 0.5 * parts.taper[k, 1])
        elif face == 2:
            ny, nz = 2.0 * ez, parts.taper[k, 2]
            reach = ny * (ey - 0.5 * parts.taper[k, 2])
        elif face == 3:
            ny, nz = -2.0 * ez, parts.taper[k, 2]
            reach = -ny * (ey - 0.5 * parts.taper[k, 2])
        elif face == 4:
            nz, reach = 1.0, ez
        else:
            nz, reach = -1.0, ez
        outside = nx * ox + ny * oy + nz * oz - reach
        along = nx * dx + ny * dy + nz * dz
        if along == 0.0:
            if outside > 0.0:
                return NO_HIT, 0.0, 0.0, 0.0
            continue
        t = -outside / along
        if along < 0.0:
            if t > near:
                near, mx, my, mz = t, nx, ny, nz
        elif t < far:
            far = t
    if near > far or near < 0.0:
        return NO_HIT, 0.0, 0.0, 0.0
    length = math.sqrt(mx * mx + my * my + mz * mz)
    return near, mx / length, my / length, mz / length


@compiled_inner
def _hit_round(
    cylinder: bool,
    ex: float,
    ey: float,
    ez: float,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
) -> tuple[float, float, float, float]:
    """A cylinder or an ellipsoid, in the part's own axes."""
    px, py, pz, qx, qy, qz = ox / ex, oy / ey, oz / ez, dx / ex, dy / ey, dz / ez
    if not cylinder:
        a = qx * qx + qy * qy + qz * qz
        b = px * qx + py * qy + pz * qz
        root = b * b - a * (px * px + py * py + pz * pz - 1.0)
        if root < 0.0 or a == 0.0:
            return NO_HIT, 0.0, 0.0, 0.0
        t = (-b - math.sqrt(root)) / a
        if t < 0.0:
            return NO_HIT, 0.0, 0.0, 0.0
        nx, ny, nz = (px + t * qx) / ex, (py + t * qy) / ey, (pz + t * qz) / ez
    else:
        a = qx * qx + qy * qy
        b = px * qx + py * qy
        c = px * px + py * py - 1.0
        near, far = -np.inf, np.inf
        if a > 0.0:
            root = b * b - a * c
            if root < 0.0:
                return NO_HIT, 0.0, 0.0, 0.0
            near, far = (-b - math.sqrt(root)) / a, (-b + math.sqrt(root)) / a
        elif c > 0.0:
            return NO_HIT, 0.0, 0.0, 0.0
        cap_near, cap_far = -np.inf, np.inf
        if qz != 0.0:
            cap_near = (-1.0 - pz) / qz if qz > 0.0 else (1.0 - pz) / qz
            cap_far = (1.0 - pz) / qz if qz > 0.0 else (-1.0 - pz) / qz
        elif abs(pz) > 1.0:
            return NO_HIT, 0.0, 0.0, 0.0
        t = max(near, cap_near)
        if t > min(far, cap_far) or t < 0.0:
            return NO_HIT, 0.0, 0.0, 0.0
        if cap_near > near:
            return t, 0.0, 0.0, -1.0 if qz > 0.0 else 1.0
        nx, ny, nz = (px + t * qx) / ex, (py + t * qy) / ey, 0.0
    length = math.sqrt(nx * nx + ny * ny + nz * nz)
    return t, nx / length, ny / length, nz / length


@compiled
def hit_part(
    parts: Any, k: int, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float
) -> tuple[float, float, float, float]:
    """Where a ray enters part `k`: distance and outward normal (world axes).

    `NO_HIT` if it misses the part, starts inside it, or has it behind.
    """
    rx, ry, rz = ox - parts.centre[k, 0], oy - parts.centre[k, 1], oz - parts.centre[k, 2]
    axes = parts.axes[k]
    px = axes[0, 0] * rx + axes[0, 1] * ry + axes[0, 2] * rz
    py = axes[1, 0] * rx + axes[1, 1] * ry + axes[1, 2] * rz
    pz = axes[2, 0] * rx + axes[2, 1] * ry + axes[2, 2] * rz
    qx = axes[0, 0] * dx + axes[0, 1] * dy + axes[0, 2] * dz
    qy = axes[1, 0] * dx + axes[1, 1] * dy + axes[1, 2] * dz
    qz = axes[2, 0] * dx + axes[2, 1] * dy + axes[2, 2] * dz
    shape = parts.shape[k]
    if shape in (_CYLINDER, _ELLIPSOID):
        extent = parts.extent[k]
        t, nx, ny, nz = _hit_round(
            shape == _CYLINDER, extent[0], extent[1], extent[2], px, py, pz, qx, qy, qz
        )
    else:
        t, nx, ny, nz = _hit_planes(parts, k, px, py, pz, qx, qy, qz)
    return (
        t,
        axes[0, 0] * nx + axes[1, 0] * ny + axes[2, 0] * nz,
        axes[0, 1] * nx + axes[1, 1] * ny + axes[2, 1] * nz,
        axes[0, 2] * nx + axes[1, 2] * ny + axes[2, 2] * nz,
    )


@compiled
def height_at(ground: Any, deck: bool, x: float, y: float) -> float:
    """Height of the ground, or of the deck of a bridge (NaN where there is none), bilinear between nodes."""
    grid = ground.deck if deck else ground.ground
    rows, columns = grid.shape
    u = min(max((x - ground.x) / ground.cell, 0.0), columns - 1.0)
    v = min(max((y - ground.y) / ground.cell, 0.0), rows - 1.0)
    i, j = min(int(u), max(columns - 2, 0)), min(int(v), max(rows - 2, 0))
    u, v = u - i, v - j
    right, below = min(i + 1, columns - 1), min(j + 1, rows - 1)
    near = grid[j, i] + u * (grid[j, right] - grid[j, i])
    return float(near + v * (grid[below, i] + u * (grid[below, right] - grid[below, i]) - near))


@compiled_inner
def surface_at(covering: Any, x: float, y: float) -> int:
    """`Surface` at a place."""
    u, v = (x - covering.x) / covering.cell, (y - covering.y) / covering.cell
    rows, columns = covering.surface.shape
    if not (0.0 <= u < columns and 0.0 <= v < rows):
        return 0
    return int(covering.surface[int(v), int(u)])


@compiled
def _above(
    ground: Any, layer: int, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, t: float
) -> float:
    return oz + t * dz - height_at(ground, layer == 1, ox + t * dx, oy + t * dy)


@compiled
def hit_ground(
    ground: Any, ox: float, oy: float, oz: float, dx: float, dy: float, dz: float, start: float, limit: float
) -> tuple[float, int]:
    """Where a ray first crosses the ground or a deck: distance between `start` and `limit`, and layer (1: deck).

    Hilly ground is stepped through at about one cell of the height grid at a time and the crossing bisected.
    """
    if ground.flat:
        if dz == 0.0:
            return NO_HIT, 0
        t = (ground.level - oz) / dz
        return (t, 0) if start <= t <= limit else (NO_HIT, 0)
    across = math.sqrt(dx * dx + dy * dy)
    step = ground.cell / max(across, 0.05 * abs(dz), 1e-9)
    before = start
    height = np.empty(2)
    for layer in range(2):
        height[layer] = _above(ground, layer, ox, oy, oz, dx, dy, dz, start)
    while before < limit:
        after = min(before + step, limit)
        best, best_layer = NO_HIT, 0
        for layer in range(2):
            now = _above(ground, layer, ox, oy, oz, dx, dy, dz, after)
            # NaN (no deck here) compares false.
            if (height[layer] > 0.0 >= now) or (layer == 1 and height[layer] < 0.0 <= now):
                low, high = before, after
                for _ in range(24):
                    middle = 0.5 * (low + high)
                    if (_above(ground, layer, ox, oy, oz, dx, dy, dz, middle) > 0.0) == (height[layer] > 0.0):
                        low = middle
                    else:
                        high = middle
                if high < best:
                    best, best_layer = high, layer
            height[layer] = now
        if best < NO_HIT:
            return best, best_layer
        before = after
    return NO_HIT, 0


@compiled
def ground_normal(ground: Any, deck: bool, x: float, y: float) -> tuple[float, float, float]:
    """Unit normal of the ground or of a deck, upwards."""
    if ground.flat:
        return 0.0, 0.0, 1.0
    half = 0.5 * ground.cell
    east, west = height_at(ground, deck, x + half, y), height_at(ground, deck, x - half, y)
    south, north = height_at(ground, deck, x, y + half), height_at(ground, deck, x, y - half)
    nx, ny = (west - east) / ground.cell, (north - south) / ground.cell
    if not (abs(nx) < 10.0 and abs(ny) < 10.0):  # NaN at the edge of a deck, or a cliff
        return 0.0, 0.0, 1.0
    length = math.sqrt(nx * nx + ny * ny + 1.0)
    return nx / length, ny / length, 1.0 / length
