"""Small scenes and decoding for tests of cameras."""

from __future__ import annotations

import numpy as np

from carla_drl_sim.attachment import axes
from carla_drl_sim.sensors.camera import CameraJob, CameraState, render
from carla_drl_sim.sensors.scene import (
    PartIndex,
    SceneFrame,
    SceneParts,
    StaticScene,
    empty_parts,
    index_of_groups,
)
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.world.ground import Covering, Surface, flat
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape

WORKERS = Workers(1)


def pose(
    x: float = 0.0, y: float = 0.0, z: float = 2.0, pitch: float = 0.0, yaw: float = 0.0, roll: float = 0.0
) -> np.ndarray:
    return np.vstack((axes(np.array([[pitch, yaw, roll]], float))[0], [[x, y, z]]))


def road_along_x() -> Covering:
    """A road of 8 m width along the x axis with a white line of 0.2 m in the middle, in terrain."""
    surface = np.zeros((200, 2000), np.uint8)
    surface[60:140] = Surface.ROAD
    surface[99:101] = Surface.LINE_WHITE
    return Covering((-100.0, -10.0), 0.1, surface)


def box(
    centre: tuple[float, float, float],
    extent: tuple[float, float, float],
    label: int = Label.CAR,
    owner: int = 1,
    color: tuple[int, int, int] = (200, 30, 30),
    shape: int = Shape.BOX,
) -> SceneParts:
    part = empty_parts(1)
    part.shape[0], part.centre[0], part.extent[0] = shape, centre, extent
    part.label[0], part.owner[0], part.color[0] = label, owner, color
    return part


def one_group_each(parts: SceneParts) -> PartIndex:
    number = len(parts.shape)
    return index_of_groups(parts, np.arange(number, dtype=np.int32), np.ones(number, np.int32))


def scene(moving: SceneParts | None = None, static: SceneParts | None = None, **more: object) -> SceneFrame:
    still = StaticScene(flat(), road_along_x(), empty_parts(0) if static is None else static)
    if moving is None:
        return SceneFrame(still, **more)  # type: ignore[arg-type]
    return SceneFrame(still, moving, one_group_each(moving), **more)  # type: ignore[arg-type]


def job(
    kind: str,
    where: np.ndarray,
    width: int = 64,
    height: int = 48,
    fov: float = 90.0,
    state: CameraState | None = None,
    **attributes: object,
) -> CameraJob:
    return CameraJob(f"sensor.camera.{kind}", width, height, fov, where, attributes, state or CameraState())


def bgra(payload: memoryview | bytes) -> np.ndarray:
    """Pixels [H, W, 4] of an image payload."""
    width, height = np.frombuffer(payload, np.uint32, 2)
    return np.frombuffer(payload, np.uint8, offset=12).reshape(height, width, 4)


def picture(frame: SceneFrame, kind: str, where: np.ndarray, **more: object) -> np.ndarray:
    return bgra(render([job(kind, where, **more)], frame, WORKERS)[0])  # type: ignore[arg-type]


def depth_m(pixels: np.ndarray) -> np.ndarray:
    """CARLA's 24-bit code in metres."""
    steps = pixels[..., 2] + 256.0 * pixels[..., 1] + 65536.0 * pixels[..., 0]
    return 1000.0 * steps / 16777215.0
