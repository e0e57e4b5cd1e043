"""What the suite and the kinds of sensors know of each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.scene import SceneFrame
from carla_drl_sim.sensors.workers import Workers

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Payload = bytes | memoryview
"""Data of one measurement. The receiver keeps it: nothing may write into it afterwards."""


@dataclass(frozen=True)
class Moment:
    """What all sensors of a tick look at.

    Attributes:
        episode: the world after its step.
        records: the snapshot's ``ACTOR_RECORD`` array [N] of this tick.
        seen: everything that can be seen, None when no sensor of this tick asked for it.
        workers: threads to share work with.
    """

    episode: Episode
    records: npt.NDArray[Any]
    seen: SceneFrame | None
    workers: Workers

    @property
    def scene(self) -> SceneFrame:
        """What can be seen; only for kinds that have asked for it."""
        if self.seen is None:
            raise RuntimeError("no scene was made in this tick: the kind of sensor must say needs_scene")
        return self.seen


@dataclass(frozen=True)
class Batch:
    """The sensors of one kind that measure in a tick, in the order of their ids.

    Attributes:
        devices: what ``Kind.make`` made for each, [N].
        actors: the sensors themselves, [N].
        location: float64 [N, 3], metres.
        rotation: float64 [N, 3], pitch, yaw, roll in degrees.
        axes: float64 [N, 3, 3], rows forward, right, up, as ``attachment.axes``.
        carriers: row [N] in ``Moment.records`` of the free actor that carries each, its own row when it is free.
        elapsed_s: float64 [N], simulated time since the measurement before.
    """

    devices: Sequence[Any]
    actors: Sequence[Actor]
    location: Floats
    rotation: Floats
    axes: Floats
    carriers: npt.NDArray[np.intp]
    elapsed_s: Floats

    def __len__(self) -> int:
        return len(self.devices)


@dataclass(frozen=True)
class Kind:
    """A kind of sensor.

    Attributes:
        stream_type: index in the client's registry of sensor data types.
        make: makes the state of one sensor from its actor, its settings and the episode.
        measure: returns what each sensor of a batch sends, None for those that have nothing to tell.
        needs_scene: whether it looks at ``Moment.scene``.
        is_camera: whether it is idle in the no-rendering mode.
    """

    stream_type: int
    make: Callable[[Actor, dict[str, Value], Episode], Any]
    measure: Callable[[Batch, Moment], Sequence[Payload | None]]
    needs_scene: bool = False
    is_camera: bool = False
