"""Cameras: pictures of a `SceneFrame`, many at a time, in CARLA's image formats."""

from __future__ import annotations

import math
import struct
import weakref
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors import camera_kernel as kernel
from carla_drl_sim.sensors.ground_texture import SURFACE_LABELS, GroundTexture, ground_texture
from carla_drl_sim.sensors.lighting import grain, light_of
from carla_drl_sim.sensors.scene import SceneFrame, StaticScene

FAR_M = 400.0
"""Static and moving parts farther away are not drawn."""

_MODES = {
    "sensor.camera.rgb": kernel.COLOR,
    "sensor.camera.depth": kernel.DEPTH,
    "sensor.camera.semantic_segmentation": kernel.SEMANTIC,
    "sensor.camera.instance_segmentation": kernel.INSTANCE,
}
CAMERA_KINDS = frozenset(_MODES)

_SMALL_PIXELS = 320 * 240
_CAMERAS_PER_CALL = 8


@dataclass
class CameraState:
    """What a camera keeps between ticks."""


@dataclass(frozen=True)
class CameraJob:
    """One picture to take.

    Attributes:
        kind: blueprint id, one of `CAMERA_KINDS`.
        width, height: in pixels.
        fov_deg: horizontal field of view.
        pose: float64 [4, 3]: forward, right and up axes, and the position, in the world.
        attributes: all attributes of the sensor as text, as the client set them.
        state: the camera's memory, the same object at every tick.
    """

    kind: str
    width: int
    height: int
    fov_deg: float
    pose: npt.NDArray[np.float64]
    attributes: Mapping[str, str] = field(default_factory=dict)
    state: CameraState = field(default_factory=CameraState)


_textures: weakref.WeakKeyDictionary[StaticScene, GroundTexture] = weakref.WeakKeyDictionary()


def _texture(scene: StaticScene) -> GroundTexture:
    """The ground's colours, made at the first look at a town."""
    found = _textures.get(scene)
    if found is None:
        found = _textures[scene] = ground_texture(scene.covering)
    return found


def _exposure(job: CameraJob) -> float:
    return float(2.0 ** float(job.attributes.get("exposure_compensation", "0.0")))


def _chunks(jobs: Sequence[CameraJob]) -> list[list[int]]:
    """Numbers of jobs that one call renders: of the same kind and size, large pictures alone."""
    groups: dict[tuple[int, int, int], list[int]] = {}
    for number, job in enumerate(jobs):
        if job.kind not in _MODES:
            raise ValueError(f"camera kind is {job.kind!r}; allowed: {', '.join(sorted(_MODES))}")
        if not (1 <= job.width <= 65535 and 1 <= job.height <= 65535 and 0.0 < job.fov_deg < 180.0):
            raise ValueError(
                f"{job.kind} of {job.width} x {job.height} pixels and {job.fov_deg} degrees: sizes are 1 to 65535, "
                "the field of view is more than 0 and less than 180"
            )
        groups.setdefault((_MODES[job.kind], job.width, job.height), []).append(number)
    result = []
    for (_, width, height), members in groups.items():
        size = _CAMERAS_PER_CALL if width * height <= _SMALL_PIXELS else 1
        result += [members[i : i + size] for i in range(0, len(members), size)]
    return result


def _render_chunk(
    jobs: Sequence[CameraJob], frame: SceneFrame, texture: GroundTexture
) -> npt.NDArray[np.uint32]:
    first = jobs[0]
    width, height = first.width, first.height
    cameras = np.array([job.pose for job in jobs], np.float64)
    cameras[:, 2] *= -1.0  # up to down
    focal = np.array([0.5 * width / math.tan(math.radians(0.5 * job.fov_deg)) for job in jobs])
    out = np.empty((len(jobs), kernel.HEADER_WORDS + width * height), np.uint32)
    for row, job in zip(out, jobs, strict=True):
        row[: kernel.HEADER_WORDS] = np.frombuffer(struct.pack("<IIf", width, height, job.fov_deg), np.uint32)
    kernel.render_cameras(
        _MODES[first.kind],
        frame.static.parts,
        frame.static.index,
        frame.dynamic,
        frame.dynamic_index,
        frame.static.ground,
        texture,
        SURFACE_LABELS,
        light_of(frame.weather),
        grain(),
        np.empty((0, 7)),
        cameras,
        focal,
        np.array([_exposure(job) for job in jobs]),
        FAR_M,
        width,
        height,
        out,
    )
    return out


def render(jobs: Sequence[CameraJob], frame: SceneFrame, pool: ThreadPoolExecutor) -> list[memoryview]:
    """Take all pictures, in the pool's threads; the bytes do not depend on how many there are.

    Returns:
        One payload per job, in order: width and height (uint32), field of view (float32), pixels.

    Raises:
        ValueError: a job is of no known kind, or its size or field of view is out of range.
    """
    chunks = _chunks(jobs)
    texture = _texture(frame.static)
    running: list[Future[Any]] = [
        pool.submit(_render_chunk, [jobs[number] for number in members], frame, texture) for members in chunks
    ]
    result: list[memoryview] = [memoryview(b"")] * len(jobs)
    for members, future in zip(chunks, running, strict=True):
        for number, row in zip(members, future.result(), strict=True):
            result[number] = memoryview(row.view(np.uint8))
    return result
