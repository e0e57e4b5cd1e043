"""Obstacle detector: a sphere that is moved ahead until it touches something."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.actors import scenery_wire
from carla_drl_sim.debug_shapes import DebugShape, Drawing
from carla_drl_sim.protocol.rpc_framing import pack
from carla_drl_sim.protocol.streams import SENSOR_OBSTACLE
from carla_drl_sim.sensors.attributes import Value
from carla_drl_sim.sensors.device import Batch, Floats, Ints, Kind, Moment
from carla_drl_sim.sensors.rays import NOBODY, Hits, cast
from carla_drl_sim.sensors.rays_kernel import part_around
from carla_drl_sim.sensors.scene import SceneFrame, SceneParts, StaticScene

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.episode import Episode

_TRACE_COLOR = (255, 0, 0)


@dataclass
class Obstacle:
    """One detector: how far it looks (metres), the sphere's radius, and what counts."""

    reach: float
    radius: float
    only_dynamics: bool
    is_drawn: bool
    ignored: Ints = field(default_factory=lambda: NOBODY)
    _grown: tuple[StaticScene, SceneParts] | None = None

    def static_parts(self, static: StaticScene) -> SceneParts:
        """The town's parts, larger by the radius; made once."""
        if self._grown is None or self._grown[0] is not static:
            self._grown = (static, static.parts._replace(extent=static.parts.extent + self.radius))
        return self._grown[1]


def make(actor: Actor, settings: dict[str, Value], episode: Episode) -> Obstacle:
    """Read the settings of one detector."""
    return Obstacle(
        reach=float(settings["distance"]),
        radius=float(settings["hit_radius"]),
        only_dynamics=bool(settings["only_dynamics"]),
        is_drawn=bool(settings["debug_linetrace"]),
    )


def nearest(
    device: Obstacle, frame: SceneFrame, origin: Floats, forward: Floats, parent_id: int
) -> tuple[float, int, int] | None:
    """What the sphere touches first on its way ahead: distance, actor (0: none) and label; None when it is free.

    Instead of the sphere a ray is moved, among parts that are larger by the radius: exact for faces, a bit early at
    edges. Something that the sphere touches at once is at distance 0. Ground counts where the ray itself meets it: the
    sphere would touch the road in front of every bumper.
    """
    ignored = np.append(device.ignored, parent_id) if parent_id else device.ignored
    dynamic = frame.dynamic._replace(extent=frame.dynamic.extent + device.radius)
    within = part_around(dynamic, frame.dynamic_index, device.radius, ignored, *origin)
    if within >= 0:
        return 0.0, int(dynamic.owner[within]), int(dynamic.label[within])
    static = device.static_parts(frame.static)
    if not device.only_dynamics:
        within = part_around(static, frame.static.index, device.radius, NOBODY, *origin)
        if within >= 0:
            return 0.0, 0, int(static.label[within])
    hits: Hits = cast(
        frame,
        origin[None],
        forward[None],
        np.array([device.reach]),
        ignored=ignored,
        sees_static=not device.only_dynamics,
        grown=(static, dynamic, device.radius),
    )
    if not np.isfinite(hits.distance[0]):
        return None
    return float(hits.distance[0]), int(hits.actor[0]), int(hits.label[0])


def measure(batch: Batch, moment: Moment) -> Sequence[bytes | None]:
    """Tell of the nearest obstacle, if there is one: parent, other actor, distance."""
    episode = moment.episode

    def detect(index: int) -> tuple[float, int, int] | None:
        device, actor = batch.devices[index], batch.actors[index]
        return nearest(
            device, moment.scene, batch.location[index], batch.axes[index, 0].copy(), actor.parent_id
        )

    payloads: list[bytes | None] = []
    for index, found in enumerate(moment.workers.map(detect, range(len(batch)))):
        device, actor = batch.devices[index], batch.actors[index]
        if device.is_drawn:
            _draw(episode, batch.location[index], batch.axes[index, 0], device.reach)
        if found is None:
            payloads.append(None)
            continue
        distance, other_id, label = found
        other = episode.actors.find(other_id) if other_id else None
        parent = episode.actors.find(actor.parent_id) or actor
        payloads.append(
            pack([parent.wire(), scenery_wire(label) if other is None else other.wire(), distance])
        )
    return payloads


def _draw(episode: Episode, origin: Floats, forward: Floats, reach: float) -> None:
    begin, end = origin.tolist(), (origin + reach * forward).tolist()
    shape = DebugShape(
        "line",
        ((begin[0], begin[1], begin[2]), (end[0], end[1], end[2])),
        (0.0, 0.0, 0.0),
        0.1,
        "",
        _TRACE_COLOR,
        False,
    )
    episode.debug_shapes.draw(Drawing(shape, -1.0), episode.elapsed_s, episode.step_s)


KIND = Kind(SENSOR_OBSTACLE, make, measure, needs_scene=True)
