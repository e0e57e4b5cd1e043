"""Compiled ray casting through the scene's trees, for rays that have nothing in common.

Functions take the tuples of `carla_drl_sim.sensors.scene`. Directions have length 1, so that distances are metres.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.ground_blocks_kernel import hit_hills
from carla_drl_sim.sensors.scene_kernel import NO_HIT, ground_normal, hit_ground, hit_part
from carla_drl_sim.world.compiled import compiled, compiled_inner

NOTHING = -1
GROUND = -2
DECK = -3
FIRST_DYNAMIC = 1 << 30
"""What a ray hit: a static part by its number, a dynamic one by its number plus this, or one of the names above."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


@compiled_inner
def inverse(component: float) -> float:
    """One over a component of a direction, very large where it is 0: slabs need no special case then."""
    return 1.0 / component if abs(component) > 1e-30 else 1e30


@compiled_inner
def misses_box(
    box: npt.NDArray[np.float32],
    grow: float,
    ox: float,
    oy: float,
    oz: float,
    ix: float,
    iy: float,
    iz: float,
    limit: float,
) -> bool:
    """Whether a ray does not meet an axis-aligned box, which is `grow` larger on all sides, within `limit`.

    `ix`, `iy`, `iz` are the `inverse` of the direction.
    """
    x1, x2 = (box[0] - grow - ox) * ix, (box[3] + grow - ox) * ix
    y1, y2 = (box[1] - grow - oy) * iy, (box[4] + grow - oy) * iy
    z1, z2 = (box[2] - grow - oz) * iz, (box[5] + grow - oz) * iz
    near = max(max(min(x1, x2), min(y1, y2)), max(min(z1, z2), 0.0))
    far = min(min(max(x1, x2), max(y1, y2)), min(max(z1, z2), limit))
    return bool(near > far)


@compiled_inner
def is_ignored(owner: int, ignored: Ints) -> bool:
    """Whether an actor is in a short list."""
    found = False
    for index in range(ignored.size):
        found |= ignored[index] == owner
    return found


@compiled
def walk(
    parts: Any,
    tree: Any,
    grow: float,
    ignored: Ints,
    ox: float,
    oy: float,
    oz: float,
    dx: float,
    dy: float,
    dz: float,
    limit: float,
) -> tuple[float, int, float, float, float]:
    """The first part that a ray enters within `limit`: distance, number and normal; number -1 when there is none."""
    ix, iy, iz = inverse(dx), inverse(dy), inverse(dz)
    best, number, mx, my, mz = limit, NOTHING, 0.0, 0.0, 0.0
    node, end = 0, tree.skip.size
    while node < end:
        if misses_box(tree.box[node], grow, ox, oy, oz, ix, iy, iz, best):
            node = tree.skip[node]
            continue
        first = tree.first[node]
        for k in range(first, first + tree.number[node]):
            if is_ignored(parts.owner[k], ignored):
                continue
            t, nx, ny, nz = hit_part(parts, k, ox, oy, oz, dx, dy, dz)
            if t < best:
                best, number, mx, my, mz = t, k, nx, ny, nz
        node += 1
    return best, number, mx, my, mz


@compiled
def cast_rays(
    static: Any,
    static_tree: Any,
    dynamic: Any,
    dynamic_tree: Any,
    ground: Any,
    blocks: Any,
    grow: float,
    sees_static: bool,
    ignored: Ints,
    origins: Floats,
    directions: Floats,
    ranges: Floats,
    distance: Floats,
    target: Ints,
    normal: Floats,
) -> None:
    """What each ray [R] hits first.

    Args:
        ground, blocks: the ground, and `GroundBlocks` over it.
        grow: how much larger the boxes of the trees' nodes are taken, where parts were made larger than their trees.
        sees_static: whether static parts and the ground count.
        ignored: owners of dynamic parts that rays go through.
        origins, directions: float64 [R, 3].
        ranges: float64 [R], farthest distance.
        distance, target, normal: results, [R], [R] and [R, 3]; infinite distance and `NOTHING` where nothing is hit.
    """
    nobody = np.empty(0, np.int64)
    for ray in range(len(origins)):
        ox, oy, oz = origins[ray, 0], origins[ray, 1], origins[ray, 2]
        dx, dy, dz = directions[ray, 0], directions[ray, 1], directions[ray, 2]
        best, what, nx, ny, nz = ranges[ray], NOTHING, 0.0, 0.0, 0.0
        if sees_static:
            if ground.flat:
                t, layer = hit_ground(ground, ox, oy, oz, dx, dy, dz, 0.0, best)
            else:
                t, layer = hit_hills(ground, blocks, ox, oy, oz, dx, dy, dz, best)
            if t <= best:
                best, what = t, GROUND - layer
                nx, ny, nz = ground_normal(ground, layer == 1, ox + t * dx, oy + t * dy)
            t, k, px, py, pz = walk(static, static_tree, grow, nobody, ox, oy, oz, dx, dy, dz, best)
            if k >= 0:
                best, what, nx, ny, nz = t, k, px, py, pz
        t, k, px, py, pz = walk(dynamic, dynamic_tree, grow, ignored, ox, oy, oz, dx, dy, dz, best)
        if k >= 0:
            best, what, nx, ny, nz = t, FIRST_DYNAMIC + k, px, py, pz
        distance[ray] = best if what != NOTHING else NO_HIT
        target[ray] = what
        normal[ray, 0], normal[ray, 1], normal[ray, 2] = nx, ny, nz


@compiled
def part_around(parts: Any, tree: Any, grow: float, ignored: Ints, x: float, y: float, z: float) -> int:
    """A part that a point lies in (round ones taken as their boxes), -1 when there is none; `grow` as above."""
    node, end = 0, tree.skip.size
    while node < end:
        box = tree.box[node]
        if not (
            box[0] - grow <= x <= box[3] + grow
            and box[1] - grow <= y <= box[4] + grow
            and box[2] - grow <= z <= box[5] + grow
        ):
            node = tree.skip[node]
            continue
        first = tree.first[node]
        for k in range(first, first + tree.number[node]):
            inside = not is_ignored(parts.owner[k], ignored)
            for axis in range(3):
                along = (
                    parts.axes[k, axis, 0] * (x - parts.centre[k, 0])
                    + parts.axes[k, axis, 1] * (y - parts.centre[k, 1])
                    + parts.axes[k, axis, 2] * (z - parts.centre[k, 2])
                )
                inside &= abs(along) <= parts.extent[k, axis]
            if inside:
                return k
        node += 1
    return NOTHING
