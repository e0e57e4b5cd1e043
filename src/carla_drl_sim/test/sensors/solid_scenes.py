"""Small scenes whose solids are known."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from carla_drl_sim.attachment import axes
from carla_drl_sim.sensors.scene import (
    TAPERED,
    SceneFrame,
    SceneParts,
    StaticScene,
    empty_parts,
    index_of_groups,
)
from carla_drl_sim.world.ground import Covering, Heights, Surface, flat
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape

ROAD_HALF_WIDTH = 4.0


def covering() -> Covering:
    """A road along the x axis."""
    surface = np.full((200, 200), Surface.TERRAIN, np.uint8)
    surface[96:104] = Surface.ROAD
    return Covering((-100.0, -100.0), 1.0, surface)


def box(centre: Sequence[float], extent: Sequence[float], **columns: object) -> SceneParts:
    """One box, with other columns as given."""
    part = empty_parts(1)
    part.centre[:] = centre
    part.extent[:] = extent
    for name, value in columns.items():
        getattr(part, name)[:] = value
    return part


def scene(
    static: SceneParts | None = None, dynamic: SceneParts | None = None, heights: Heights | None = None
) -> SceneFrame:
    """A frame with each dynamic part in a group of its own."""
    moving = empty_parts(0) if dynamic is None else dynamic
    number = len(moving.shape)
    index = index_of_groups(moving, np.arange(number, dtype=np.int32), np.ones(number, np.int32))
    still = StaticScene(heights or flat(), covering(), empty_parts(0) if static is None else static)
    return SceneFrame(still, moving, index)


def clutter(number: int, seed: int) -> SceneParts:
    """Solids of all shapes, turned every way, around the origin but not over it."""
    random = np.random.default_rng(seed)
    parts = empty_parts(number)
    parts.shape[:] = random.integers(0, TAPERED + 1, number)
    parts.extent[:] = random.uniform(0.2, 4.0, (number, 3))
    angle, away = random.uniform(0.0, 2.0 * np.pi, number), random.uniform(9.0, 60.0, number)
    parts.centre[:, 0], parts.centre[:, 1] = away * np.cos(angle), away * np.sin(angle)
    parts.centre[:, 2] = random.uniform(0.0, 6.0, number)
    parts.axes[:] = axes(random.uniform(-60.0, 60.0, (number, 3)) * (0.3, 3.0, 0.3))
    tapered = parts.shape == TAPERED
    parts.taper[tapered] = parts.extent[tapered] * random.uniform(-0.3, 0.8, (int(tapered.sum()), 3))
    parts.label[:] = Label.BUILDINGS
    parts.owner[:] = np.arange(1000, 1000 + number)
    assert {int(Shape.BOX), int(Shape.CYLINDER), int(Shape.ELLIPSOID), TAPERED} <= set(parts.shape.tolist())
    return parts


def hills() -> Heights:
    """Ground that rises and falls by 3 m, with its slope known nowhere but in the grid."""
    y, x = np.mgrid[-100.0:100.0:2.0, -100.0:100.0:2.0]
    ground = (3.0 * np.sin(x / 15.0) * np.cos(y / 20.0)).astype(np.float32)
    return Heights((-100.0, -100.0), 2.0, ground, np.full(ground.shape, np.nan, np.float32))


def unit(directions: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The same directions with length 1."""
    return directions / np.linalg.norm(directions, axis=-1, keepdims=True)


def ring_of_walls(radius: float) -> SceneParts:
    """Thin walls around the origin, whose inner faces are all about ``radius`` away."""
    number = 360
    angle = np.arange(number) * 2.0 * np.pi / number
    parts = empty_parts(number)
    parts.axes[:] = axes(np.stack((np.zeros(number), np.degrees(angle), np.zeros(number)), axis=1))
    parts.extent[:] = (0.1, radius * np.pi / number * 1.1, 5.0)
    parts.centre[:] = (radius + 0.1) * parts.axes[:, 0]
    parts.centre[:, 2] = 5.0
    return parts
