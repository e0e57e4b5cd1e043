"""Rays through the scene of a tick: what they hit, how far away, and how it moves."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.fan_kernel import cast_fan
from carla_drl_sim.sensors.ground_blocks import ground_blocks
from carla_drl_sim.sensors.ground_texture import SURFACE_LABELS
from carla_drl_sim.sensors.rays_kernel import DECK, FIRST_DYNAMIC, GROUND, NOTHING, cast_rays
from carla_drl_sim.sensors.scene import CoveringArrays, SceneFrame, SceneParts
from carla_drl_sim.world.ground import Surface
from carla_drl_sim.world.labels import Label

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NOBODY: Ints = np.empty(0, np.int64)


@dataclass(frozen=True)
class Hits:
    """What rays hit first; all arrays have one row per ray.

    Attributes:
        distance: float64 [R], metres, infinite where nothing is hit.
        target: int64 [R], as in `rays_kernel`: static part, dynamic part, ground or nothing.
        normal: float64 [R, 3], unit, towards the side the ray comes from.
        point: float64 [R, 3], where it hits; not finite where nothing is hit.
        label: uint8 [R] of `Label`, NONE where nothing is hit.
        actor: int64 [R], id of the actor hit, 0 for ground, static parts and nothing.
        velocity: float64 [R, 3], of the point hit, m/s.
    """

    distance: Floats
    target: Ints
    normal: Floats
    point: Floats
    label: npt.NDArray[np.uint8]
    actor: Ints
    velocity: Floats


def ground_labels(surface: CoveringArrays, points: Floats) -> npt.NDArray[np.uint8]:
    """Labels uint8 [N] of what covers the ground at points [N, 2 or 3]."""
    column = np.floor((points[:, 0] - surface.x) / surface.cell).astype(np.int64)
    row = np.floor((points[:, 1] - surface.y) / surface.cell).astype(np.int64)
    rows, columns = surface.surface.shape
    inside = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
    covered = np.full(len(points), Surface.TERRAIN, np.uint8)
    covered[inside] = surface.surface[row[inside], column[inside]]
    return SURFACE_LABELS[covered]


def cast(
    frame: SceneFrame,
    origins: Floats,
    directions: Floats,
    ranges: Floats,
    *,
    ignored: Ints = NOBODY,
    sees_static: bool = True,
    grown: tuple[SceneParts, SceneParts, float] | None = None,
) -> Hits:
    """Cast rays.

    Args:
        frame: the scene.
        origins, directions: float64 [R, 3]; directions have length 1.
        ranges: float64 [R], farthest distances in metres.
        ignored: int64, ids of actors that rays go through.
        sees_static: whether static parts and the ground count.
        grown: static and dynamic parts in place of the frame's, which are larger by so much than their trees say.
    """
    static, dynamic, grow = grown or (frame.static.parts, frame.dynamic, 0.0)
    count = len(origins)
    distance, target, normal = np.empty(count), np.empty(count, np.int64), np.empty((count, 3))
    cast_rays(
        static,
        frame.static.index,
        dynamic,
        frame.dynamic_index,
        frame.static.ground,
        ground_blocks(frame.static),
        grow,
        sees_static,
        ignored,
        origins,
        directions,
        ranges,
        distance,
        target,
        normal,
    )
    return _described(frame, origins, directions, distance, target, normal)


def cast_from(
    frame: SceneFrame, origin: Floats, axes: Floats, rays: Floats, ranges: Floats, ignored: Ints
) -> Hits:
    """Cast many rays from one place; faster than `cast`, but normals are not worked out (they are zero).

    Args:
        frame: the scene.
        origin, axes: place [3] and axes [3, 3] of the sensor.
        rays: float64 [R, 3], directions of length 1 in the sensor's axes.
        ranges: float64 [R], farthest distances in metres.
        ignored: int64, ids of actors that rays go through.
    """
    count = len(rays)
    distance, target = np.empty(count), np.empty(count, np.int64)
    cast_fan(
        frame.static.parts,
        frame.static.index,
        frame.dynamic,
        frame.dynamic_index,
        frame.static.ground,
        ground_blocks(frame.static),
        ignored,
        origin,
        axes,
        rays,
        ranges,
        distance,
        target,
    )
    return _described(
        frame, np.broadcast_to(origin, (count, 3)), rays @ axes, distance, target, np.zeros((count, 3))
    )


def _described(
    frame: SceneFrame, origins: Floats, directions: Floats, distance: Floats, target: Ints, normal: Floats
) -> Hits:
    count = len(origins)
    with np.errstate(invalid="ignore"):
        point = origins + distance[:, None] * directions
    label = np.full(count, Label.NONE, np.uint8)
    actor, velocity = np.zeros(count, np.int64), np.zeros((count, 3))
    on_ground = (target == GROUND) | (target == DECK)
    if on_ground.any():
        label[on_ground] = ground_labels(frame.static.surface, point[on_ground])
    on_static = (target > NOTHING) & (target < FIRST_DYNAMIC)
    label[on_static] = frame.static.parts.label[target[on_static]]
    on_dynamic = target >= FIRST_DYNAMIC
    if on_dynamic.any():
        part = target[on_dynamic] - FIRST_DYNAMIC
        dynamic = frame.dynamic
        label[on_dynamic] = dynamic.label[part]
        actor[on_dynamic] = dynamic.owner[part]
        arm = point[on_dynamic] - dynamic.centre[part]
        velocity[on_dynamic] = dynamic.velocity[part] + np.cross(dynamic.spin[part], arm)
    return Hits(distance, target, normal, point, label, actor, velocity)
