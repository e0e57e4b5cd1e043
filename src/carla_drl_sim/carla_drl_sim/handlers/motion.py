"""Moving actors: transforms, velocities, impulses, physics switches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.arguments import Vector
from carla_drl_sim.protocol.structs import Pose

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator


@rpc(arguments.unsigned, arguments.pose, void=True)
def set_actor_transform(simulator: Simulator, actor_id: int, pose: Pose) -> None:
    """Teleport an actor; an attached one relative to its parent."""
    episode = simulator.episode
    episode.set_pose(episode.actors.get(actor_id), pose)


@rpc(arguments.unsigned, arguments.vector, void=True)
def set_actor_location(simulator: Simulator, actor_id: int, location: Vector) -> None:
    """Teleport an actor without turning it."""
    episode = simulator.episode
    actor = episode.actors.get(actor_id)
    rotation = episode.dynamics.rotation[actor.slot].tolist() if actor.is_vehicle else actor.pose[3:]
    episode.set_pose(actor, Pose(*location, *rotation))


@rpc(arguments.unsigned, arguments.vector, void=True)
def set_actor_target_velocity(simulator: Simulator, actor_id: int, velocity: Vector) -> None:
    """Set a vehicle's velocity, m/s in world axes."""
    episode = simulator.episode
    episode.dynamics.set_target_velocity(episode.actors.vehicle(actor_id).slot, velocity)


@rpc(arguments.unsigned, arguments.vector, void=True, state=PARTIAL, note="only yaw has an effect")
def set_actor_target_angular_velocity(simulator: Simulator, actor_id: int, velocity: Vector) -> None:
    """Set a vehicle's angular velocity, deg/s in world axes."""
    episode = simulator.episode
    episode.dynamics.set_target_angular_velocity(episode.actors.vehicle(actor_id).slot, velocity)


@rpc(arguments.unsigned, arguments.vector, void=True)
def enable_actor_constant_velocity(simulator: Simulator, actor_id: int, velocity: Vector) -> None:
    """Hold a vehicle's velocity, m/s in its own axes."""
    episode = simulator.episode
    slot = episode.actors.vehicle(actor_id).slot
    episode.dynamics.constant_velocity[slot] = velocity
    episode.dynamics.constant_velocity_on[slot] = True


@rpc(arguments.unsigned, void=True)
def disable_actor_constant_velocity(simulator: Simulator, actor_id: int) -> None:
    """Give a vehicle back to its engine and tyres."""
    episode = simulator.episode
    episode.dynamics.constant_velocity_on[episode.actors.vehicle(actor_id).slot] = False


@rpc(arguments.unsigned, arguments.vector, void=True)
def add_actor_impulse(simulator: Simulator, actor_id: int, impulse: Vector) -> None:
    """Push a vehicle with an impulse, N s in world axes."""
    episode = simulator.episode
    episode.dynamics.add_impulse(episode.actors.vehicle(actor_id).slot, impulse)


@rpc(arguments.unsigned, arguments.vector, void=True, note="acts for the next tick, as in CARLA")
def add_actor_force(simulator: Simulator, actor_id: int, force: Vector) -> None:
    """Push a vehicle with a force, N in world axes."""
    episode = simulator.episode
    impulse = [component * episode.step_s for component in force]
    episode.dynamics.add_impulse(episode.actors.vehicle(actor_id).slot, impulse)


@rpc(arguments.unsigned, arguments.boolean, void=True)
def set_actor_simulate_physics(simulator: Simulator, actor_id: int, enabled: bool) -> None:
    """Let a vehicle move by itself, or not."""
    episode = simulator.episode
    episode.dynamics.simulate_physics[episode.actors.vehicle(actor_id).slot] = enabled


@rpc(arguments.unsigned, arguments.boolean, void=True)
def set_actor_collisions(simulator: Simulator, actor_id: int, enabled: bool) -> None:
    """Let a vehicle take part in collisions, or not."""
    episode = simulator.episode
    episode.dynamics.collisions[episode.actors.vehicle(actor_id).slot] = enabled


@rpc(arguments.unsigned, arguments.boolean, void=True, state=PARTIAL, note="accepted; the ground is flat")
def set_actor_enable_gravity(simulator: Simulator, actor_id: int, enabled: bool) -> None:
    """Let a vehicle fall, or not."""
    simulator.episode.actors.get(actor_id).gravity = enabled


@rpc(
    arguments.unsigned,
    arguments.boolean,
    void=True,
    state=PARTIAL,
    note="accepted; driving is the Traffic Manager's, in the client",
)
def set_actor_autopilot(simulator: Simulator, actor_id: int, enabled: bool) -> None:
    """Hand a vehicle to an autopilot of the server, or back."""
    simulator.episode.actors.vehicle(actor_id)
