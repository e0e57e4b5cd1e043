"""Rotating lidars: the pattern of their rays, and what they send of what these hit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.protocol.streams import SENSOR_LIDAR, SENSOR_SEMANTIC_LIDAR
from carla_drl_sim.sensors import lidar_kernel as kernel
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.device import Batch, Floats, Ints, Kind, Moment, Payload
from carla_drl_sim.sensors.ground_blocks import ground_blocks
from carla_drl_sim.sensors.rays import NOBODY, ground_labels
from carla_drl_sim.sensors.rays_kernel import FIRST_DYNAMIC, NOTHING
from carla_drl_sim.sensors.scene import SceneFrame

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

MAX_POINTS = 1 << 21
"""Most rays of one scan; a scan that would have more gets fewer columns."""

RAYS_PER_TASK = 8192
"""So many rays are worth a thread of their own."""

SEMANTIC_POINT = np.dtype([("place", "3<f4"), ("cosine", "<f4"), ("actor", "<u4"), ("label", "<u4")])
"""One point of a semantic lidar."""


@dataclass
class Lidar:
    """One lidar.

    Attributes:
        elevations: float64 [C], radians, from the uppermost channel down.
        points_per_second: rays of all channels.
        turn_rate: how far it turns in a second, radians.
        width: horizontal field of view, radians.
        reach: farthest distance, metres.
        seed, general_drop, attenuation, intensity_limit, zero_drop, stddev: drop-off and noise; unused by a semantic
            lidar.
        angle: how far it has turned, 0 to ``width``.
        ignored: ids of actors that its rays go through.
    """

    elevations: Floats
    points_per_second: int
    turn_rate: float
    width: float
    reach: float
    seed: int = 0
    general_drop: float = 0.0
    attenuation: float = 0.0
    intensity_limit: float = 0.0
    zero_drop: float = 0.0
    stddev: float = 0.0
    angle: float = 0.0
    ignored: Ints = field(default_factory=lambda: NOBODY)

    def azimuths(self, elapsed_s: float) -> Floats:
        """Azimuths [P] of the columns of a scan over the time since the scan before, and turn on.

        As in CARLA: columns are spread evenly over the angle that the lidar turns by, which wraps around within its
        field of view, centred on the forward axis.
        """
        channels = self.elevations.size
        columns = math.floor(self.points_per_second * elapsed_s / channels + 0.5)
        columns = min(columns, MAX_POINTS // channels)
        turn = self.turn_rate * elapsed_s
        result = self.angle + turn * np.arange(columns) / max(columns, 1)
        self.angle += turn
        if self.width > 0.0:
            result = np.fmod(result, self.width)
            self.angle = math.fmod(self.angle, self.width)
        return result - 0.5 * self.width


def make(actor: Actor, settings: dict[str, Value], episode: Episode) -> Lidar:
    """Read the settings of a lidar of either kind."""

    def number(name: str) -> float:
        return float(settings.get(name, 0.0))

    channels = int(settings["channels"])
    width = math.radians(number("horizontal_fov"))
    return Lidar(
        elevations=np.radians(np.linspace(number("upper_fov"), number("lower_fov"), channels)),
        points_per_second=int(settings["points_per_second"]),
        turn_rate=number("rotation_frequency") * width,
        width=width,
        reach=number("range"),
        seed=int(settings.get("noise_seed", 0)),
        general_drop=number("dropoff_general_rate"),
        attenuation=number("atmosphere_attenuation_rate"),
        intensity_limit=number("dropoff_intensity_limit"),
        zero_drop=number("dropoff_zero_intensity"),
        stddev=number("noise_stddev"),
    )


class Scan(NamedTuple):
    """What the rays of one scan hit; arrays [C, P] of channels and columns.

    Attributes:
        azimuths: float64 [P], radians.
        distance: float32, metres; undefined where nothing is hit.
        target: int32, as in `rays_kernel`.
        cosine: float32, of the angle of incidence; undefined where nothing is hit, empty when nobody asked for it.
        noise: int64 [3], seed, actor and frame, which noise depends on.
    """

    azimuths: Floats
    distance: npt.NDArray[np.float32]
    target: npt.NDArray[np.int32]
    cosine: npt.NDArray[np.float32]
    noise: Ints


def scan(batch: Batch, moment: Moment, *, with_cosine: bool) -> list[Scan]:
    """Cast the rays of all lidars of a batch, on all threads."""
    scans: list[Scan] = []
    tasks: list[tuple[int, int, int]] = []
    for index, (lidar, actor) in enumerate(zip(batch.devices, batch.actors, strict=True)):
        azimuths = lidar.azimuths(float(batch.elapsed_s[index]))
        shape = (lidar.elevations.size, azimuths.size)
        noise = np.array([lidar.seed, actor.id, moment.episode.frame], np.int64)
        scans.append(
            Scan(
                azimuths,
                np.empty(shape, np.float32),
                np.empty(shape, np.int32),
                np.empty(shape if with_cosine else (0, 0), np.float32),
                noise,
            )
        )
        columns = max(1, RAYS_PER_TASK // shape[0])
        tasks += [(index, first, min(first + columns, shape[1])) for first in range(0, shape[1], columns)]
    frame: SceneFrame = moment.scene
    ground = frame.static.ground
    blocks = ground_blocks(frame.static)

    def cast(task: tuple[int, int, int]) -> None:
        index, first, last = task
        lidar, result = batch.devices[index], scans[index]
        kernel.scan_columns(
            frame.static.parts,
            frame.static.index,
            frame.dynamic,
            frame.dynamic_index,
            ground,
            blocks,
            lidar.ignored,
            batch.location[index],
            batch.axes[index],
            result.azimuths,
            lidar.elevations,
            lidar.reach,
            result.noise,
            lidar.general_drop,
            first,
            last,
            result.distance,
            result.target,
            result.cosine,
        )

    moment.workers.map(cast, tasks)
    return scans


def _header(lidar: Lidar, counts: npt.NDArray[np.uint32], point_bytes: int, room: int) -> bytearray:
    data = bytearray(8 + counts.nbytes + room * point_bytes)
    np.frombuffer(data, "<f4", 1)[0] = lidar.angle
    np.frombuffer(data, "<u4", 1, 4)[0] = counts.size
    return data


def measure(batch: Batch, moment: Moment) -> Sequence[Payload]:
    """Points x, y, z and intensity in the sensor's axes, by channel."""

    def pack(pair: tuple[Lidar, Scan]) -> Payload:
        lidar, result = pair
        counts = np.zeros(lidar.elevations.size, np.uint32)
        data = _header(lidar, counts, 16, result.target.size)
        start = 8 + counts.nbytes
        written = kernel.write_points(
            result.azimuths,
            lidar.elevations,
            result.distance,
            result.target,
            result.noise,
            lidar.attenuation,
            lidar.intensity_limit,
            lidar.zero_drop,
            lidar.stddev,
            counts,
            np.frombuffer(data, "<f4", offset=start).reshape(-1, 4),
        )
        np.frombuffer(data, "<u4", counts.size, 8)[:] = counts
        return memoryview(data)[: start + 16 * written]

    return moment.workers.map(
        pack, list(zip(batch.devices, scan(batch, moment, with_cosine=False), strict=True))
    )


def measure_semantic(batch: Batch, moment: Moment) -> Sequence[Payload]:
    """Points x, y, z, cosine of incidence, id of the actor hit (0 for all else) and semantic tag, by channel."""
    frame: SceneFrame = moment.scene

    def pack(index: int) -> Payload:
        lidar, result = batch.devices[index], scans[index]
        channel, column = np.nonzero(result.target != NOTHING)
        counts = np.bincount(channel, minlength=lidar.elevations.size).astype(np.uint32)
        data = _header(lidar, counts, SEMANTIC_POINT.itemsize, channel.size)
        np.frombuffer(data, "<u4", counts.size, 8)[:] = counts
        points = np.frombuffer(data, SEMANTIC_POINT, offset=8 + counts.nbytes)
        azimuth, elevation = result.azimuths[column], lidar.elevations[channel]
        flat = np.cos(elevation)
        places = np.stack((flat * np.cos(azimuth), flat * np.sin(azimuth), np.sin(elevation)), axis=1)
        places *= result.distance[channel, column].astype(np.float64)[:, None]
        points["place"] = places
        points["cosine"] = result.cosine[channel, column]
        target = result.target[channel, column]
        is_static = (target >= 0) & (target < FIRST_DYNAMIC)
        is_dynamic = target >= FIRST_DYNAMIC
        is_ground = target < NOTHING
        world = places[is_ground] @ batch.axes[index] + batch.location[index]
        points["label"][is_ground] = ground_labels(frame.static.surface, world)
        points["label"][is_static] = frame.static.parts.label[target[is_static]]
        points["label"][is_dynamic] = frame.dynamic.label[target[is_dynamic] - FIRST_DYNAMIC]
        points["actor"][is_dynamic] = frame.dynamic.owner[target[is_dynamic] - FIRST_DYNAMIC]
        return memoryview(data)

    scans = scan(batch, moment, with_cosine=True)
    return moment.workers.map(pack, range(len(batch)))


KIND = Kind(SENSOR_LIDAR, make, measure, needs_scene=True)
SEMANTIC_KIND = Kind(SENSOR_SEMANTIC_LIDAR, make, measure_semantic, needs_scene=True)
