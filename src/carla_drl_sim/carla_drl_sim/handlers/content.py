"""Blueprints, actors, spawning and destroying."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from carla_drl_sim import spring_arm
from carla_drl_sim.blueprints import WALKER_CONTROLLER
from carla_drl_sim.errors import RpcError
from carla_drl_sim.handlers.registry import PARTIAL, AfterDelay, rpc
from carla_drl_sim.protocol import arguments, rpc_framing, structs
from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.spring_arm import Attachment
from carla_drl_sim.tick_gate import SNAPSHOT_TAKEN_S

if TYPE_CHECKING:
    from carla_drl_sim.actors import Actor
    from carla_drl_sim.simulator import Simulator


def unseen_s(simulator: Simulator, actors: Iterable[Actor]) -> float:
    """How long clients may not see the walkers of new walker controllers yet, s; 0 in synchronous mode.

    A client that starts a controller whose walker is in no snapshot takes it to be at the origin, and ends with a
    segmentation fault where nobody can walk there. In asynchronous mode the answer waits that long; in synchronous mode
    the client itself has to tick between.
    """
    episode = simulator.episode
    if simulator.is_synchronous:
        return 0.0
    controllers = [actor for actor in actors if actor.description.type_id == WALKER_CONTROLLER]
    walkers = [episode.actors.find(controller.parent_id) for controller in controllers]
    if all(walker is None or walker.first_frame <= episode.frame for walker in walkers):
        return 0.0
    return episode.step_s + SNAPSHOT_TAKEN_S


@rpc()
def get_actor_definitions(simulator: Simulator) -> object:
    """The blueprint library."""
    return simulator.episode.blueprints.definitions


@rpc()
def get_spectator(simulator: Simulator) -> object:
    """The spectator, which every episode has."""
    return simulator.episode.spectator.wire()


@rpc(arguments.list_of(arguments.unsigned))
def get_actors_by_id(simulator: Simulator, ids: list[int]) -> object:
    """Descriptions of actors; unknown ids are left out."""
    actors = simulator.episode.actors
    return [found.wire() for found in map(actors.find, ids) if found is not None]


@rpc(arguments.description, arguments.pose)
def spawn_actor(simulator: Simulator, description: Description, pose: Pose) -> object:
    """Make an actor at a pose of the world."""
    return simulator.episode.spawn(description, pose).wire()


@rpc(
    arguments.description,
    arguments.pose,
    arguments.unsigned,
    spring_arm.attachment,
    arguments.text,
    optional=2,
    state=PARTIAL,
    note="sensors and props, which nothing collides with while they are attached; sockets are ignored",
)
def spawn_actor_with_parent(
    simulator: Simulator,
    description: Description,
    pose: Pose,
    parent: int,
    attachment: Attachment = Attachment.RIGID,
    socket_name: str = "",
) -> object:
    """Make a sensor or a prop at a pose relative to its parent."""
    actor = simulator.episode.spawn(description, pose, parent, attachment)
    delay_s = unseen_s(simulator, [actor])
    return AfterDelay(delay_s, rpc_framing.value(actor.wire())) if delay_s else actor.wire()


@rpc(arguments.unsigned)
def destroy_actor(simulator: Simulator, actor_id: int) -> bool:
    """Remove an actor; what was attached to it stays where it is."""
    found = simulator.episode.actors.find(actor_id)
    if found is None:
        raise RpcError(f"unable to destroy actor: there is no actor with id {actor_id}")
    simulator.episode.destroy(found)
    return True


@rpc(arguments.unsigned, note="zero box for an actor that is gone: an error would end the client's process")
def get_actor_bounding_box(simulator: Simulator, actor_id: int) -> object:
    """Box around an actor, in its own axes."""
    found = simulator.episode.actors.find(actor_id)
    nothing = (0.0, 0.0, 0.0)
    return structs.bounding_box(nothing, nothing, 0) if found is None else found.box()
