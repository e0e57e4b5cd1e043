"""The actors of an episode: ids, blueprints, parents, and what the client is told about each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol import structs
from carla_drl_sim.protocol.arguments import Description, Vector
from carla_drl_sim.protocol.structs import Pose, WireValue
from carla_drl_sim.spring_arm import Attachment
from carla_drl_sim.world.labels import Label

if TYPE_CHECKING:
    from carla_drl_sim.world.signals import Signal
    from carla_drl_sim.world.vehicles import VehicleModel

NO_SLOT = -1


class Actor:
    """One actor. ``pose`` is the world pose of a free actor and the pose relative to the parent of an attached one.

    Vehicles live in the dynamics' arrays at ``slot``, walkers in theirs at ``walker_slot``; their ``pose`` is not used.
    ``bounds`` are the centre and half
    sizes of the bounding box of an actor that is no vehicle, in its own axes; ``label`` is its semantic tag.
    ``signal`` is what a traffic light or sign stands for. ``first_frame`` is the first one whose snapshot has the actor.
    """

    __slots__ = (
        "attachment",
        "bounds",
        "collisions",
        "description",
        "first_frame",
        "gravity",
        "id",
        "label",
        "light_flags",
        "model",
        "open_doors",
        "parent_id",
        "physics_control",
        "pose",
        "signal",
        "simulates_physics",
        "slot",
        "sticky_control",
        "stream_id",
        "token",
        "walker_slot",
        "wheel_pitch_deg",
        "wheel_steer_deg",
    )

    def __init__(self, actor_id: int, description: Description, pose: Pose, parent_id: int = 0) -> None:
        self.id = actor_id
        self.description = description
        self.pose = pose
        self.parent_id = parent_id
        self.first_frame = 0
        self.model: VehicleModel | None = None
        self.bounds: tuple[Vector, Vector] | None = None
        self.label: Label | None = None
        self.signal: Signal | None = None
        self.slot = NO_SLOT
        self.walker_slot = NO_SLOT
        self.stream_id = 0
        self.token = b""
        self.attachment = Attachment.RIGID
        self.light_flags = 0
        self.simulates_physics = True
        self.collisions = True
        self.gravity = True
        self.sticky_control = description.attributes.get("sticky_control", "true").lower() != "false"
        self.physics_control: WireValue | None = None
        self.open_doors: frozenset[int] = frozenset()
        # What a client set while physics were off, by wheel.
        self.wheel_steer_deg: dict[int, float] = {}
        self.wheel_pitch_deg: dict[int, float] = {}

    @property
    def type_id(self) -> str:
        """Blueprint id, for example ``vehicle.tesla.model3``."""
        return self.description.type_id

    @property
    def is_vehicle(self) -> bool:
        """Whether the actor has a slot in the dynamics."""
        return self.slot != NO_SLOT

    @property
    def is_walker(self) -> bool:
        """Whether the actor has a slot among the walkers."""
        return self.walker_slot != NO_SLOT

    def box(self) -> WireValue:
        """Bounding box around the actor, of traffic lights and signs the place where they apply."""
        if self.model is None:
            nothing = (0.0, 0.0, 0.0)
            return structs.bounding_box(*(self.bounds or (nothing, nothing)), self.id)
        extent = self.model.extent
        return structs.bounding_box((0.0, 0.0, extent[2]), extent, self.id)

    def wire(self) -> WireValue:
        """The actor as the client receives it."""
        label = self.label if self.model is None else semantic_tag(self.model)
        tags = () if label is None else (int(label),)
        return structs.actor(self.id, self.parent_id, self.description.wire, self.box(), tags, self.token)


def semantic_tag(model: VehicleModel) -> int:
    """Semantic tag that CARLA gives to vehicles of this base type."""
    tags = {
        "truck": Label.TRUCK,
        "bus": Label.BUS,
        "motorcycle": Label.MOTORCYCLE,
        "bicycle": Label.BICYCLE,
    }
    return int(tags.get(model.base_type, Label.CAR))


def scenery_wire(label: int) -> WireValue:
    """What stands for a part of the scenery where an event names the other actor: id 0, and CARLA's name for it.

    CARLA calls it ``static.`` and the semantic tag without a last s, for example ``static.building``.
    """
    name = Label(label).name.lower().replace("_", "").removesuffix("s")
    if label in (Label.NONE, Label.OTHER):
        name = "unknown"
    nothing = (0.0, 0.0, 0.0)
    box = structs.bounding_box(nothing, nothing, 0)
    return structs.actor(0, 0, [0, f"static.{name}", []], box, (label,), b"")


class ActorRegistry:
    """Actors by id. Ids and stream ids grow for the life of the server, so that none means two actors.

    Attributes:
        version: changes with every spawn, destruction and change of a parent.
        slot_of: int32, the slot of each vehicle by actor id, -1 for all other ids. Replaced when it grows.
        walker_slot_of: the same for walkers.
    """

    def __init__(self) -> None:
        self._actors: dict[int, Actor] = {}
        self._by_slot: dict[int, Actor] = {}
        self._by_walker_slot: dict[int, Actor] = {}
        self._children: dict[int, set[int]] = {}
        self._next_id = 1
        self.version = 0
        self.slot_of = np.full(1024, NO_SLOT, dtype=np.int32)
        self.walker_slot_of = np.full(1024, NO_SLOT, dtype=np.int32)

    def __len__(self) -> int:
        return len(self._actors)

    def __iter__(self) -> Iterator[Actor]:
        return iter(self._actors.values())

    def __contains__(self, actor_id: int) -> bool:
        return actor_id in self._actors

    def find(self, actor_id: int) -> Actor | None:
        """Return the actor, or None when there is none with this id."""
        return self._actors.get(actor_id)

    def get(self, actor_id: int) -> Actor:
        """Return the actor. Raises RpcError when there is none with this id."""
        found = self._actors.get(actor_id)
        if found is None:
            raise RpcError(f"actor not found: there is no actor with id {actor_id}")
        return found

    def vehicle(self, actor_id: int) -> Actor:
        """Return a vehicle. Raises RpcError when there is none with this id, or it is no vehicle."""
        found = self._actors.get(actor_id)
        if found is None:
            raise RpcError(f"actor not found: there is no vehicle with id {actor_id}")
        if found.slot == NO_SLOT:
            raise RpcError(f"actor {actor_id} ({found.type_id}) is not a vehicle")
        return found

    def walker(self, actor_id: int) -> Actor:
        """Return a walker. Raises RpcError when there is none with this id, or it is no walker."""
        found = self._actors.get(actor_id)
        if found is None:
            raise RpcError(f"actor not found: there is no walker with id {actor_id}")
        if found.walker_slot == NO_SLOT:
            raise RpcError(f"actor {actor_id} ({found.type_id}) is not a walker")
        return found

    def at_walker_slot(self, slot: int) -> Actor:
        """Return the walker at a slot."""
        return self._by_walker_slot[slot]

    def at_slot(self, slot: int) -> Actor:
        """Return the vehicle at a slot of the dynamics."""
        return self._by_slot[slot]

    def children(self, actor_id: int) -> Iterable[Actor]:
        """Actors attached to this one, oldest first."""
        return [self._actors[child] for child in sorted(self._children.get(actor_id, ()))]

    def vehicles(self) -> list[Actor]:
        """All vehicles, oldest first."""
        return [actor for actor in self._actors.values() if actor.slot != NO_SLOT]

    def next_id(self) -> int:
        """Take a fresh actor id."""
        taken = self._next_id
        self._next_id += 1
        return taken

    def add(self, actor: Actor) -> None:
        """Register an actor whose id came from ``next_id``."""
        self._actors[actor.id] = actor
        if actor.id >= len(self.slot_of):
            more = np.full(len(self.slot_of), NO_SLOT, dtype=np.int32)
            self.slot_of = np.concatenate((self.slot_of, more))
            self.walker_slot_of = np.concatenate((self.walker_slot_of, more))
        if actor.slot != NO_SLOT:
            self._by_slot[actor.slot] = actor
            self.slot_of[actor.id] = actor.slot
        if actor.walker_slot != NO_SLOT:
            self._by_walker_slot[actor.walker_slot] = actor
            self.walker_slot_of[actor.id] = actor.walker_slot
        if actor.parent_id:
            self._children.setdefault(actor.parent_id, set()).add(actor.id)
        self.version += 1

    def remove(self, actor: Actor) -> None:
        """Forget an actor that has no children left."""
        del self._actors[actor.id]
        if actor.slot != NO_SLOT:
            del self._by_slot[actor.slot]
            self.slot_of[actor.id] = NO_SLOT
        if actor.walker_slot != NO_SLOT:
            del self._by_walker_slot[actor.walker_slot]
            self.walker_slot_of[actor.id] = NO_SLOT
        self._forget_parent(actor)
        self._children.pop(actor.id, None)
        self.version += 1

    def detach(self, actor: Actor, world_pose: Pose) -> None:
        """Make an attached actor a free one that stays where it is."""
        self._forget_parent(actor)
        actor.parent_id = 0
        actor.pose = world_pose
        self.version += 1

    def clear(self) -> None:
        """Forget all actors; ids go on."""
        self._actors.clear()
        self._by_slot.clear()
        self._by_walker_slot.clear()
        self._children.clear()
        self.slot_of[:] = NO_SLOT
        self.walker_slot_of[:] = NO_SLOT
        self.version += 1

    def _forget_parent(self, actor: Actor) -> None:
        siblings = self._children.get(actor.parent_id)
        if siblings is not None:
            siblings.discard(actor.id)
            if not siblings:
                del self._children[actor.parent_id]
