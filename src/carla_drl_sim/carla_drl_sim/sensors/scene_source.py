"""Makes the scene of a tick: what stands in the town, and where vehicles and walkers are now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from carla_drl_sim.actors import semantic_tag
from carla_drl_sim.attachment import axes
from carla_drl_sim.sensors.scene import (
    TAPERED,
    Material,
    SceneFrame,
    SceneParts,
    StaticScene,
    empty_parts,
    index_of_groups,
    joined,
)
from carla_drl_sim.world.ground import Covering, flat
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape, no_parts

if TYPE_CHECKING:
    from carla_drl_sim.episode import Episode

PARTS_PER_ACTOR = 2
_GREY = (128, 128, 128)
_SKIN = (200, 160, 130)


class SceneSource:
    """The scenes of one episode. The town's solids are prepared when the first sensor looks at them."""

    def __init__(self) -> None:
        self._static: StaticScene | None = None
        self._vehicles = _Vehicles()
        self._walkers = _Walkers()

    def frame(self, episode: Episode) -> SceneFrame:
        """The scene as it is now."""
        if self._static is None:
            nothing = Covering((0.0, 0.0), 1.0, np.zeros((1, 1), np.uint8))
            self._static = StaticScene(flat(), nothing, no_parts())
        parts = joined((self._vehicles.parts(episode), self._walkers.parts(episode)))
        first = np.arange(0, len(parts.shape), PARTS_PER_ACTOR, dtype=np.int32)
        count = np.full(len(first), PARTS_PER_ACTOR, np.int32)
        return SceneFrame(
            self._static,
            parts,
            index_of_groups(parts, first, count),
            tuple(episode.weather),
            episode.frame,
            episode.elapsed_s,
            episode.step_s,
        )


class _Vehicles:
    """Vehicles as solids: a body and what stands on it."""

    def __init__(self) -> None:
        self._version = -1

    def parts(self, episode: Episode) -> SceneParts:
        """The parts of all vehicles, those of one vehicle after each other."""
        dynamics = episode.dynamics
        if self._version != episode.actors.version:
            self._lay_out(episode)
            self._version = episode.actors.version
        parts, slots = self._parts, self._slots
        frames = axes(dynamics.rotation[slots])
        parts.axes[:] = frames
        parts.centre[:] = dynamics.position[slots] + np.einsum("ni,nij->nj", self._offset, frames)
        spin = np.radians(dynamics.angular_velocity[slots])
        parts.spin[:] = spin
        parts.velocity[:] = dynamics.velocity[slots] + np.cross(spin, parts.centre - dynamics.position[slots])
        return parts  # `joined` copies: frames of different ticks may be alive at once

    def _lay_out(self, episode: Episode) -> None:
        """Everything that only changes when vehicles come and go."""
        vehicles = episode.actors.vehicles()
        self._slots: npt.NDArray[np.intp] = np.repeat(
            np.array([vehicle.slot for vehicle in vehicles], np.intp), PARTS_PER_ACTOR
        )
        self._parts = parts = empty_parts(len(self._slots))
        self._offset = np.zeros((len(self._slots), 3))
        extent = episode.dynamics.extent[self._slots]
        middle = episode.dynamics.box_centre_z[self._slots]
        parts.extent[:] = extent
        parts.color[:] = _GREY
        parts.material[:] = Material.PAINT
        body, top = slice(0, None, PARTS_PER_ACTOR), slice(1, None, PARTS_PER_ACTOR)
        # A body from a bit above the ground to 60 % of the height, and the rest on top.
        self._offset[body, 2] = middle[body] - 0.25 * extent[body, 2]
        parts.extent[body, 2] = 0.45 * extent[body, 2]
        self._offset[top, 2] = middle[top] + 0.6 * extent[top, 2]
        parts.extent[top, 2] = 0.4 * extent[top, 2]
        for number, vehicle in enumerate(vehicles):
            assert vehicle.model is not None
            row = PARTS_PER_ACTOR * number
            parts.label[row : row + PARTS_PER_ACTOR] = semantic_tag(vehicle.model)
            parts.owner[row : row + PARTS_PER_ACTOR] = vehicle.id
            if semantic_tag(vehicle.model) == Label.CAR:
                above = row + 1
                parts.shape[above] = TAPERED
                parts.material[above] = Material.GLASS
                parts.extent[above, 0] *= 0.55
                parts.extent[above, 1] *= 0.92
                parts.taper[above] = parts.extent[above] * (0.35, 0.25, 0.1)
                self._offset[above, 0] = -0.1 * extent[above, 0]


class _Walkers:
    """Walkers as solids: a trunk and a head."""

    def __init__(self) -> None:
        self._version = -1

    def parts(self, episode: Episode) -> SceneParts:
        """The parts of all walkers, those of one walker after each other."""
        walkers = episode.walkers.walkers
        if self._version != episode.actors.version:
            self._lay_out(episode)
            self._version = episode.actors.version
        parts, slots = self._parts, self._slots
        parts.axes[:] = axes(walkers.rotation[slots])
        parts.centre[:] = walkers.position[slots]
        parts.centre[:, 2] += self._offset
        parts.velocity[:] = walkers.velocity[slots]
        return parts

    def _lay_out(self, episode: Episode) -> None:
        """Everything that only changes when walkers come and go."""
        actors = [actor for actor in episode.actors if actor.is_walker]
        self._slots: npt.NDArray[np.intp] = np.repeat(
            np.array([actor.walker_slot for actor in actors], np.intp), PARTS_PER_ACTOR
        )
        self._parts = parts = empty_parts(len(self._slots))
        extent = episode.walkers.walkers.extent[self._slots]
        trunk, head = slice(0, None, PARTS_PER_ACTOR), slice(1, None, PARTS_PER_ACTOR)
        parts.extent[:] = extent
        parts.shape[trunk], parts.shape[head] = Shape.CYLINDER, Shape.ELLIPSOID
        self._offset = np.zeros(len(self._slots))
        self._offset[trunk] = -0.15 * extent[trunk, 2]
        parts.extent[trunk, 2] *= 0.85
        self._offset[head] = 0.85 * extent[head, 2]
        parts.extent[head] *= (0.5, 0.5, 0.15)
        parts.color[trunk], parts.color[head] = _GREY, _SKIN
        parts.label[:] = Label.PEDESTRIANS
        parts.owner[:] = np.repeat(np.array([actor.id for actor in actors], np.int64), PARTS_PER_ACTOR)
