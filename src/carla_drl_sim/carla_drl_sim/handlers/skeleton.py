"""Components, bones and sockets of actors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from carla_drl_sim.attachment import compose
from carla_drl_sim.errors import RpcError
from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments, structs
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.skeleton import bones, components

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_COMPONENTS = "one component: the body"
_BONES = "of vehicles: the body's root and the wheels, which do not turn; other actors have none"


def _relative(poses: Iterable[Pose]) -> list[object]:
    return [structs.transform(pose) for pose in poses]


def _in_world(simulator: Simulator, actor_id: int) -> list[object]:
    """Bones of an actor in world coordinates."""
    actor = simulator.episode.actors.get(actor_id)
    place = simulator.episode.snapshot.world_pose(actor)
    return [structs.transform(compose(place, bone)) for bone in bones(actor.model).values()]


def _component(simulator: Simulator, actor_id: int, name: str) -> Pose:
    found = components(simulator.episode.actors.get(actor_id).model)
    if name not in found:
        raise RpcError(f"actor {actor_id} has no component '{name}'; it has: {', '.join(found)}")
    return found[name]


@rpc(arguments.unsigned, state=PARTIAL, note=_COMPONENTS)
def get_actor_component_names(simulator: Simulator, actor_id: int) -> object:
    """Names of an actor's components."""
    return list(components(simulator.episode.actors.get(actor_id).model))


@rpc(arguments.unsigned, arguments.text, state=PARTIAL, note=_COMPONENTS)
def get_actor_component_relative_transform(simulator: Simulator, actor_id: int, name: str) -> object:
    """Where a component is, relative to its actor."""
    return structs.transform(_component(simulator, actor_id, name))


@rpc(arguments.unsigned, arguments.text, state=PARTIAL, note=_COMPONENTS)
def get_actor_component_world_transform(simulator: Simulator, actor_id: int, name: str) -> object:
    """Where a component is."""
    pose = _component(simulator, actor_id, name)
    actor = simulator.episode.actors.get(actor_id)
    return structs.transform(compose(simulator.episode.snapshot.world_pose(actor), pose))


@rpc(arguments.unsigned, state=PARTIAL, note=_BONES)
def get_actor_bone_names(simulator: Simulator, actor_id: int) -> object:
    """Names of an actor's bones."""
    return list(bones(simulator.episode.actors.get(actor_id).model))


@rpc(arguments.unsigned, state=PARTIAL, note=_BONES)
def get_actor_bone_relative_transforms(simulator: Simulator, actor_id: int) -> object:
    """Where an actor's bones are, relative to it."""
    return _relative(bones(simulator.episode.actors.get(actor_id).model).values())


@rpc(arguments.unsigned, state=PARTIAL, note=_BONES)
def get_actor_bone_world_transforms(simulator: Simulator, actor_id: int) -> object:
    """Where an actor's bones are."""
    return _in_world(simulator, actor_id)


@rpc(arguments.unsigned, state=PARTIAL, note="the same as the bones")
def get_actor_socket_names(simulator: Simulator, actor_id: int) -> object:
    """Names of an actor's sockets."""
    return list(bones(simulator.episode.actors.get(actor_id).model))


@rpc(arguments.unsigned, state=PARTIAL, note="the same as the bones")
def get_actor_socket_relative_transforms(simulator: Simulator, actor_id: int) -> object:
    """Where an actor's sockets are, relative to it."""
    return _relative(bones(simulator.episode.actors.get(actor_id).model).values())


@rpc(arguments.unsigned, state=PARTIAL, note="the same as the bones")
def get_actor_socket_world_transforms(simulator: Simulator, actor_id: int) -> object:
    """Where an actor's sockets are."""
    return _in_world(simulator, actor_id)


@rpc(arguments.unsigned, state=PARTIAL, note=_BONES)
def get_vehicle_bone_world_transforms(simulator: Simulator, actor_id: int) -> object:
    """Where a vehicle's bones are."""
    simulator.episode.actors.vehicle(actor_id)
    return _in_world(simulator, actor_id)
