"""Pedestrians as actors of an episode: spawning, contacts with vehicles, the end of those that are run over."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from carla_drl_sim.actors import Actor, ActorRegistry
from carla_drl_sim.attachment import axes, rotation_of
from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol import structs
from carla_drl_sim.protocol.arguments import Description, Vector
from carla_drl_sim.protocol.structs import Pose, WireValue
from carla_drl_sim.walker_bones import NAMES, Skeleton
from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.walker_models import WALKER_MODELS
from carla_drl_sim.world.walkers import Walkers

DEAD_FOR_S = 10.0
"""How long a dead walker stays in the world, s."""

_DEADLY_SPEED_MPS = 1.0
"""A vehicle that hits a walker faster than this kills it, unless it is invincible."""


class Contact(NamedTuple):
    """A walker and a vehicle that hit each other; the impulse (N s, world axes) acts on the walker."""

    walker: Actor
    vehicle: Actor
    impulse: Vector


class WalkerActors:
    """The walkers of an episode and their actors.

    Attributes:
        walkers: where they are and how they move.
    """

    def __init__(self, walkers: Walkers, actors: ActorRegistry) -> None:
        self.walkers = walkers
        self._actors = actors
        self._dead: list[tuple[float, Actor]] = []
        self._skeletons: dict[int, Skeleton] = {}

    def spawn(self, description: Description, pose: Pose, vehicles: VehicleDynamics) -> Actor:
        """Make a walker. Raises RpcError when there is no room."""
        model, walkers = WALKER_MODELS[description.type_id], self.walkers
        slot = walkers.add(model, pose.x, pose.y, pose.z, pose.yaw)
        if walkers.is_obstructed(slot, vehicles):
            walkers.remove(slot)
            raise RpcError("Spawn failed because of collision at spawn position")
        actor = Actor(self._actors.next_id(), description, pose)
        actor.walker_slot = slot
        extent = (model.radius, model.radius, model.half_height)
        actor.bounds = (0.0, 0.0, 0.0), extent
        actor.label = Label.PEDESTRIANS
        self._actors.add(actor)
        return actor

    def remove(self, actor: Actor) -> None:
        """A walker's actor was destroyed."""
        self.walkers.remove(actor.walker_slot)
        self._skeletons.pop(actor.id, None)
        self._dead = [entry for entry in self._dead if entry[1] is not actor]

    def skeleton(self, actor: Actor) -> Skeleton:
        """The bones of a walker."""
        found = self._skeletons.get(actor.id)
        if found is None:
            found = Skeleton(float(self.walkers.half_height[actor.walker_slot]))
            self._skeletons[actor.id] = found
        return found

    def bones(self, actor: Actor) -> list[WireValue]:
        """Name of each bone and its transform in the world, in the body, and relative to its parent."""
        skeleton, walkers, slot = self.skeleton(actor), self.walkers, actor.walker_slot
        component = skeleton.component()
        frame = axes(walkers.rotation[slot : slot + 1])[0]
        feet = walkers.position[slot] - skeleton.half_height * frame[2]
        places = component[:, :3] @ frame + feet
        rotations = rotation_of(axes(component[:, 3:]) @ frame)
        world = np.hstack((places, rotations)).tolist()
        poses = zip(world, component.tolist(), skeleton.relative().tolist(), strict=True)
        return [[name, *map(structs.transform, pose)] for name, pose in zip(NAMES, poses, strict=True)]

    def kill(self, actor: Actor, now_s: float) -> None:
        """Stop a walker for good; nothing hits it any more, and it is to be destroyed after `DEAD_FOR_S`."""
        if self.walkers.alive[actor.walker_slot]:
            self.walkers.alive[actor.walker_slot] = False
            self.walkers.collisions[actor.walker_slot] = False
            self._dead.append((now_s + DEAD_FOR_S, actor))

    def expired(self, now_s: float) -> list[Actor]:
        """Dead walkers whose time is up."""
        return [actor for time_s, actor in self._dead if time_s <= now_s] if self._dead else []

    def separate(self, vehicles: VehicleDynamics, now_s: float) -> list[Contact]:
        """Push walkers out of vehicles and solid parts; return who was hit, and let the vehicles feel it."""
        walkers = self.walkers
        contacts = []
        for slot in walkers.separate(vehicles).tolist():
            closing = float(walkers.contact_speed[slot])
            if closing <= 0.0:
                continue
            other = int(walkers.touched[slot])
            normal = walkers.contact_normal[slot]
            walker_mass, vehicle_mass = walkers.mass[slot], vehicles.mass[other]
            impulse = normal * (closing * walker_mass * vehicle_mass / (walker_mass + vehicle_mass))
            walker = self._actors.at_walker_slot(slot)
            speed = float(vehicles.velocity[other] @ normal)
            if vehicles.simulate_physics[other]:
                vehicles.velocity[other] -= impulse / vehicle_mass
            if speed > _DEADLY_SPEED_MPS and walker.description.attributes.get("is_invincible") == "false":
                self.kill(walker, now_s)
            x, y, z = impulse.tolist()
            contacts.append(Contact(walker, self._actors.at_slot(other), (x, y, z)))
        return contacts
