"""Who hits whom: collisions of vehicles with vehicles, walkers and what stands in the town, as sensors report them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.actors import Actor, ActorRegistry
from carla_drl_sim.protocol.arguments import Description, Vector
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.walker_actors import WalkerActors
from carla_drl_sim.world.collision import CollisionResult, overlaps, vehicle_boxes
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.motion import Motion
from carla_drl_sim.world.props import PROPS
from carla_drl_sim.world.scenery import Parts
from carla_drl_sim.world.scenery_collision import SceneryContacts

NO_ACTOR = 0
_SENSOR = "sensor.other.collision"
"""Id of what a vehicle hits that is no actor, as in CARLA."""


class CollisionEvent(NamedTuple):
    """What a collision sensor reports: the impulse (N s, world axes) that acts on its vehicle or walker."""

    sensor: Actor
    vehicle: Actor
    other: Actor
    impulse: Vector


def static_type_id(label: Label) -> str:
    """CARLA's type of a thing that is no actor: ``static.`` and its semantic tag without a last s."""
    if label in (Label.NONE, Label.OTHER):
        return "static.unknown"
    name = label.name.replace("_", "").lower()
    return f"static.{name.removesuffix('s')}"


class Crashes:
    """The collisions of an episode.

    Args:
        actors: all actors.
        dynamics: the vehicles.
        walkers: the walkers.
        motion: the world's step, in which vehicles collide.
    """

    def __init__(
        self,
        actors: ActorRegistry,
        dynamics: VehicleDynamics,
        walkers: WalkerActors,
        motion: Motion,
    ) -> None:
        self._actors = actors
        self._dynamics = dynamics
        self._walkers = walkers
        self._motion = motion
        self._things: dict[int, Actor] = {}
        self._things_of: Parts | None = None
        self._sensed_slots = np.zeros(0, dtype=np.bool_)
        self._sensed_version = -1

    def step(self, between: int, solid: int, now_s: float) -> list[CollisionEvent]:
        """Separate walkers after a step and return what the collision sensors saw in it.

        Args:
            between, solid: the numbers of contacts of vehicles that the step has returned.
            now_s: simulated time.
        """
        events: list[CollisionEvent] = []
        if between:
            events += self._between_vehicles(self._motion.vehicle_contacts(between))
        if solid:
            events += self._with_scenery(self._motion.scenery_contacts(solid))
        for contact in self._walkers.separate(self._dynamics, now_s):
            events += self._felt(contact.walker, contact.vehicle, contact.impulse)
        return events

    def is_occupied(self, box: npt.NDArray[np.float64]) -> bool:
        """Whether a vehicle, a walker or something solid is where a box (layout of ``vehicle_box``) is."""
        if (
            overlaps(box, vehicle_boxes(self._dynamics)[1]).any()
            or self._motion.scenery.part_in(box) is not None
        ):
            return True
        walkers = self._walkers.walkers
        slots = np.flatnonzero(walkers.active & walkers.collisions)
        boxes = np.zeros((slots.size, 7))
        boxes[:, :3] = walkers.position[slots]
        boxes[:, 4:] = walkers.extent[slots]
        return bool(overlaps(box, boxes).any())

    def _between_vehicles(self, contacts: CollisionResult) -> list[CollisionEvent]:
        sensed = self._sensed_vehicles()
        rows = np.flatnonzero(sensed[contacts.slot_a] | sensed[contacts.slot_b])
        events: list[CollisionEvent] = []
        pushes = contacts.normal[rows] * contacts.impulse[rows, None]
        for slot_a, slot_b, push in zip(
            contacts.slot_a[rows].tolist(), contacts.slot_b[rows].tolist(), pushes.tolist(), strict=True
        ):
            if any(push):  # else the two touch, but nothing hits
                events += self._felt(self._actors.at_slot(slot_b), self._actors.at_slot(slot_a), push)
        return events

    def _with_scenery(self, contacts: SceneryContacts) -> list[CollisionEvent]:
        rows = np.flatnonzero(self._sensed_vehicles()[contacts.slot])
        events: list[CollisionEvent] = []
        pushes = -contacts.normal[rows] * contacts.impulse[rows, None]
        for slot, part, push in zip(
            contacts.slot[rows].tolist(), contacts.part[rows].tolist(), pushes.tolist(), strict=True
        ):
            if any(push):
                events += self._sensed(self._actors.at_slot(slot), self._thing(part), push)
        return events

    def _sensed_vehicles(self) -> npt.NDArray[np.bool_]:
        """Which slots hold a vehicle with a collision sensor: contacts of all others are nobody's concern."""
        if self._sensed_version != self._actors.version:
            self._sensed_version = self._actors.version
            self._sensed_slots = np.zeros(self._dynamics.capacity, dtype=np.bool_)
            for actor in self._actors:
                if actor.type_id == _SENSOR and actor.parent_id:
                    parent = self._actors.get(actor.parent_id)
                    if parent.is_vehicle:
                        self._sensed_slots[parent.slot] = True
        return self._sensed_slots

    def _thing(self, part: int) -> Actor:
        """What clients are told about a part of the scenery: a prop is an actor, all else is none."""
        parts = self._motion.scenery.parts
        if self._things_of is not parts:
            self._things_of = parts
            self._things.clear()
        found = self._things.get(part)
        if found is None:
            prop = self._actors.find(int(parts.object_id[part]))
            if prop is not None and prop.type_id in PROPS:
                return prop
            label = Label(int(parts.label[part]))
            description = Description(NO_ACTOR, static_type_id(label), [])
            x, y, z = parts.centre[part].tolist()
            found = Actor(NO_ACTOR, description, Pose(x, y, z, 0.0, float(parts.yaw_deg[part]), 0.0))
            half_x, half_y, half_z = parts.extent[part].tolist()
            found.bounds = (0.0, 0.0, 0.0), (half_x, half_y, half_z)
            found.label = label
            self._things[part] = found
        return found

    def _felt(self, struck: Actor, other: Actor, push: Sequence[float]) -> list[CollisionEvent]:
        """What the collision sensors of two actors see; `push` (N s) acts on `struck`, its opposite on `other`."""
        return self._sensed(other, struck, [-component for component in push]) + self._sensed(
            struck, other, push
        )

    def _sensed(self, actor: Actor, opponent: Actor, push: Sequence[float]) -> list[CollisionEvent]:
        x, y, z = push
        return [
            CollisionEvent(child, actor, opponent, (x, y, z))
            for child in self._actors.children(actor.id)
            if child.type_id == _SENSOR
        ]
