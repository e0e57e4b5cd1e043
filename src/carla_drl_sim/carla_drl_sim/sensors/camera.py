"""Cameras: pictures of a `SceneFrame`, many at a time, in CARLA's image formats."""

from __future__ import annotations

import math
import struct
import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors import camera_kernel as kernel
from carla_drl_sim.sensors import dvs_kernel
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.ground_texture import SURFACE_LABELS, GroundTexture, ground_texture
from carla_drl_sim.sensors.lighting import NIGHT, grain, light_of
from carla_drl_sim.sensors.scene import Material, SceneFrame, SceneParts, StaticScene
from carla_drl_sim.sensors.terrain_kernel import deck_squares
from carla_drl_sim.sensors.workers import Workers

Floats = npt.NDArray[np.float64]
Words = npt.NDArray[np.uint32]

FAR_M = 400.0
"""Parts farther away are not drawn."""

DVS = "sensor.camera.dvs"
FLOW = "sensor.camera.optical_flow"
_MODES = {
    "sensor.camera.rgb": kernel.COLOR,
    "sensor.camera.depth": kernel.DEPTH,
    "sensor.camera.semantic_segmentation": kernel.SEMANTIC,
    "sensor.camera.instance_segmentation": kernel.INSTANCE,
    "sensor.camera.normals": kernel.NORMALS,
    FLOW: kernel.FLOW,
    DVS: kernel.COLOR,
}
CAMERA_KINDS = frozenset(_MODES)

_SMALL_PIXELS = 320 * 240
_MOST_CAMERAS_PER_CALL = 32
_USUAL_GAMMA = 2.2
_HEAD_LAMP = 1.1
"""Light of a head lamp at 1 m in the middle of its beam, 1 being the sun's; by eye."""

_LAMPS_FROM = 0.2
"""How much night it must be for head lamps to count."""
_NO_LAMPS = np.empty((0, 7))


@dataclass
class CameraState:
    """What a camera keeps between pictures; all None before the first.

    Attributes:
        pose: float64 [4, 3], where it was, as `CameraJob.pose`.
        elapsed_s: simulated time of that picture.
        brightness, reference, latest_ns: values [H * W] of a dynamic vision sensor, as in `dvs_kernel.events`.
    """

    pose: Floats | None = None
    elapsed_s: float = 0.0
    brightness: npt.NDArray[np.float32] | None = None
    reference: npt.NDArray[np.float32] | None = None
    latest_ns: npt.NDArray[np.int64] | None = None


@dataclass
class CameraJob:
    """One picture to take; the same again, from another pose, is one that was made before with its ``pose`` changed.

    Attributes:
        kind: blueprint id, one of `CAMERA_KINDS`.
        width, height: in pixels.
        fov_deg: horizontal field of view.
        pose: float64 [4, 3]: forward, right and up axes, and the position, in the world.
        attributes: settings of the sensor; those of its blueprint that are missing have their defaults.
        state: the camera's memory, the same object at every tick.
        seed: tells sensors apart where an attribute asks for noise.
        header: uint32 [HEADER_WORDS], before the pixels.
        focal, exposure, gamma: what follows from the others; the focal length is in pixels.
    """

    kind: str
    width: int
    height: int
    fov_deg: float
    pose: Floats
    attributes: Mapping[str, Value] = field(default_factory=dict)
    state: CameraState = field(default_factory=CameraState)
    seed: int = 0
    header: Words = field(init=False)
    focal: float = field(init=False)
    exposure: float = field(init=False)
    gamma: float = field(init=False)

    def __post_init__(self) -> None:
        """Raises ValueError when there is no such kind, or the size or field of view is out of range."""
        if self.kind not in _MODES:
            raise ValueError(f"camera kind is {self.kind!r}; allowed: {', '.join(sorted(_MODES))}")
        if not (1 <= self.width <= 65535 and 1 <= self.height <= 65535 and 0.0 < self.fov_deg < 180.0):
            raise ValueError(
                f"{self.kind} of {self.width} x {self.height} pixels and {self.fov_deg} degrees: sizes are 1 to "
                "65535, the field of view is more than 0 and less than 180"
            )
        self.header = np.frombuffer(struct.pack("<IIf", self.width, self.height, self.fov_deg), np.uint32)
        self.focal = 0.5 * self.width / math.tan(math.radians(0.5 * self.fov_deg))
        self.exposure = 2.0 ** _number(self, "exposure_compensation", 0.0)
        self.gamma = _number(self, "gamma", _USUAL_GAMMA)


@dataclass(frozen=True)
class _Ground:
    """What cameras need besides `StaticScene.ground`: colours, and the squares of bridges."""

    texture: GroundTexture
    decks: npt.NDArray[np.int32]


_grounds: weakref.WeakKeyDictionary[StaticScene, _Ground] = weakref.WeakKeyDictionary()


def _ground(scene: StaticScene) -> _Ground:
    """Made at the first look at a town."""
    found = _grounds.get(scene.base)
    if found is None:
        found = _Ground(ground_texture(scene.covering), deck_squares(scene.ground.deck))
        _grounds[scene.base] = found
    return found


def head_lamps(parts: SceneParts) -> Floats:
    """Head lamps that are on, float64 [L, 7]: place, direction, strength."""
    on = (parts.material == Material.HEAD_LAMP) & (parts.glow > 0.9)
    strength = np.full((int(on.sum()), 1), _HEAD_LAMP)
    return np.concatenate((parts.centre[on], parts.axes[on, 0], strength), axis=1)


def _chunks(jobs: Sequence[CameraJob], threads: int) -> list[list[int]]:
    """Numbers of jobs that one call renders: of the same kind and size, large pictures alone, small ones shared evenly."""
    groups: dict[tuple[str, int, int], list[int]] = {}
    for number, job in enumerate(jobs):
        groups.setdefault((job.kind, job.width, job.height), []).append(number)
    result = []
    for (_, width, height), members in groups.items():
        size = 1
        if width * height <= _SMALL_PIXELS:
            size = min(-(-len(members) // threads), _MOST_CAMERAS_PER_CALL)
        result += [members[i : i + size] for i in range(0, len(members), size)]
    return result


def _number(job: CameraJob, name: str, default: float) -> float:
    return float(job.attributes.get(name, default))


_TO_DOWN = np.array([[1.0], [1.0], [-1.0], [1.0]])
"""Makes up axes of poses down axes."""


def _render_chunk(jobs: Sequence[CameraJob], frame: SceneFrame, ground: _Ground) -> Words:
    """Pictures with their headers, uint32 [J, HEADER_WORDS + pixels]."""
    first = jobs[0]
    width, height, mode = first.width, first.height, _MODES[first.kind]
    cameras = np.array([job.pose for job in jobs]) * _TO_DOWN
    before, elapsed = cameras, np.full(len(jobs), frame.delta_s)
    if first.kind == FLOW:
        old = [job.pose if job.state.pose is None else job.state.pose for job in jobs]
        before = np.array(old) * _TO_DOWN
        for n, job in enumerate(jobs):
            if job.state.pose is not None:
                elapsed[n] = frame.elapsed_s - job.state.elapsed_s
    words = width * height * (2 if first.kind == FLOW else 1)
    out = np.empty((len(jobs), kernel.HEADER_WORDS + words), np.uint32)
    out[:, : kernel.HEADER_WORDS] = [job.header for job in jobs]
    light = light_of(frame.weather)
    kernel.render_cameras(
        mode,
        frame.static.parts,
        frame.static.index,
        frame.dynamic,
        frame.dynamic_index,
        frame.static.ground,
        ground.decks,
        ground.texture,
        SURFACE_LABELS,
        light,
        grain(),
        head_lamps(frame.dynamic) if light.numbers[NIGHT] > _LAMPS_FROM else _NO_LAMPS,
        cameras,
        np.array([job.focal for job in jobs]),
        np.array([job.exposure for job in jobs]),
        before,
        elapsed,
        FAR_M,
        frame.frame,
        width,
        height,
        out,
    )
    for row, job in zip(out, jobs, strict=True):
        if job.gamma != _USUAL_GAMMA and mode == kernel.COLOR:
            curve = (np.arange(256) / 255.0) ** (_USUAL_GAMMA / job.gamma) * 255.0
            pixels = row[kernel.HEADER_WORDS :].view(np.uint8)
            pixels[:] = np.round(curve).astype(np.uint8)[pixels]
    return out


def _events(job: CameraJob, frame: SceneFrame, picture: Words) -> memoryview:
    """What a dynamic vision sensor sends: header and events since the picture before; none with the first."""
    state = job.state
    pixels = picture[kernel.HEADER_WORDS :]
    now = np.empty(len(pixels), np.float32)
    use_log = bool(job.attributes.get("use_log", True))
    dvs_kernel.brightness(pixels, use_log, _number(job, "log_eps", 0.001), now)
    header = picture[: kernel.HEADER_WORDS].tobytes()
    if state.brightness is None or state.reference is None or state.latest_ns is None:
        state.brightness, state.reference = now, now.copy()
        state.latest_ns = np.zeros(len(pixels), np.int64)
        return memoryview(header)
    found = dvs_kernel.events(
        job.width,
        state.brightness,
        now,
        state.reference,
        state.latest_ns,
        (
            _number(job, "positive_threshold", 0.3),
            _number(job, "negative_threshold", 0.3),
            _number(job, "sigma_positive_threshold", 0.0),
            _number(job, "sigma_negative_threshold", 0.0),
        ),
        int(_number(job, "refractory_period_ns", 0.0)),
        job.seed * 1_000_003 + frame.frame,
        (round(state.elapsed_s * 1e9), round(frame.elapsed_s * 1e9)),
    )
    state.brightness = now
    return memoryview(header + found.tobytes())


def render(jobs: Sequence[CameraJob], frame: SceneFrame, workers: Workers) -> list[memoryview]:
    """Take all pictures, shared among the workers; the bytes do not depend on how many there are.

    Returns:
        One payload per job, in order: width and height (uint32), field of view (float32), then pixels or events.
    """
    chunks = _chunks(jobs, workers.threads)
    ground = _ground(frame.static)

    def take(members: list[int]) -> list[memoryview]:
        members_jobs = [jobs[number] for number in members]
        pictures = _render_chunk(members_jobs, frame, ground)
        payloads = [
            _events(job, frame, picture) if job.kind == DVS else memoryview(picture.view(np.uint8))
            for job, picture in zip(members_jobs, pictures, strict=True)
        ]
        for job in members_jobs:
            job.state.pose, job.state.elapsed_s = job.pose, frame.elapsed_s
        return payloads

    result: list[memoryview] = [memoryview(b"")] * len(jobs)
    for members, payloads in zip(chunks, workers.map(take, chunks), strict=True):
        for number, payload in zip(members, payloads, strict=True):
            result[number] = payload
    return result
