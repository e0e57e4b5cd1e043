"""Moving actors: transforms, velocities, impulses, physics switches."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.arguments import Vector
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.world.dynamics_actions import push_at, twist
from carla_drl_sim.world.props import PROPS

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_MAX_ANGULAR = 1e12


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
    rotation = actor.pose[3:] if actor.parent_id else episode.snapshot.world_pose(actor)[3:]
    episode.set_pose(actor, Pose(*location, *rotation))


@rpc(arguments.unsigned, arguments.vector, void=True)
def set_actor_target_velocity(simulator: Simulator, actor_id: int, velocity: Vector) -> None:
    """Set a vehicle's velocity, m/s in world axes."""
    episode = simulator.episode
    episode.dynamics.set_target_velocity(episode.actors.vehicle(actor_id).slot, velocity)


@rpc(arguments.unsigned, arguments.vector, void=True, note="on the ground the wheels leave only yaw")
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


@rpc(arguments.unsigned, arguments.vector, arguments.vector, void=True)
def add_actor_impulse_at_location(
    simulator: Simulator, actor_id: int, impulse: Vector, location: Vector
) -> None:
    """Push a vehicle at a place of the world, N s in world axes."""
    episode = simulator.episode
    push_at(episode.dynamics, episode.actors.vehicle(actor_id).slot, impulse, location)


@rpc(arguments.unsigned, arguments.vector, arguments.vector, void=True, note="acts for the next tick")
def add_actor_force_at_location(simulator: Simulator, actor_id: int, force: Vector, location: Vector) -> None:
    """Push a vehicle at a place of the world for one tick, N in world axes."""
    episode = simulator.episode
    impulse = [component * episode.step_s for component in force]
    push_at(episode.dynamics, episode.actors.vehicle(actor_id).slot, impulse, location)


def _angular(value: Any) -> Vector:
    """Accept a vector in kg cm^2 deg/s or deg/s^2, whose numbers are large."""
    x, y, z = (arguments.number(component) for component in arguments.array(value, 3, "a vector"))
    if max(abs(x), abs(y), abs(z)) > _MAX_ANGULAR:
        raise ArgumentError(f"an angular impulse or torque must be at most {_MAX_ANGULAR:g}")
    return x, y, z


def _si(angular: Vector, seconds: float = 1.0) -> list[float]:
    """N m s from CARLA's unit, which is Unreal's: kg cm^2 deg/s."""
    return [math.radians(component) * 1e-4 * seconds for component in angular]


@rpc(arguments.unsigned, _angular, void=True, note="kg cm^2 deg/s as in CARLA; on the ground only yaw")
def add_actor_angular_impulse(simulator: Simulator, actor_id: int, impulse: Vector) -> None:
    """Turn a vehicle, in world axes."""
    episode = simulator.episode
    twist(episode.dynamics, episode.actors.vehicle(actor_id).slot, _si(impulse))


@rpc(
    arguments.unsigned,
    _angular,
    void=True,
    note="kg cm^2 deg/s^2 as in CARLA, for the next tick; on the ground only yaw",
)
def add_actor_torque(simulator: Simulator, actor_id: int, torque: Vector) -> None:
    """Turn a vehicle for one tick, in world axes."""
    episode = simulator.episode
    twist(episode.dynamics, episode.actors.vehicle(actor_id).slot, _si(torque, episode.step_s))


@rpc(arguments.unsigned, arguments.boolean, void=True, note="props stand where they are in any case")
def set_actor_simulate_physics(simulator: Simulator, actor_id: int, enabled: bool) -> None:
    """Let a vehicle or a walker move by itself, or not."""
    episode = simulator.episode
    actor = episode.actors.get(actor_id)
    if actor.is_walker:
        episode.walkers.walkers.simulate_physics[actor.walker_slot] = enabled
        return
    if actor.type_id in PROPS:
        return
    actor = episode.actors.vehicle(actor_id)
    episode.dynamics.simulate_physics[actor.slot] = enabled
    if enabled:
        actor.wheel_steer_deg.clear()
        actor.wheel_pitch_deg.clear()


@rpc(arguments.unsigned, arguments.boolean, void=True)
def set_actor_collisions(simulator: Simulator, actor_id: int, enabled: bool) -> None:
    """Let a vehicle, a walker or a prop take part in collisions, or not."""
    episode = simulator.episode
    actor = episode.actors.get(actor_id)
    if actor.is_walker:
        episode.walkers.walkers.collisions[actor.walker_slot] = enabled
        return
    if actor.type_id in PROPS:
        actor.collisions = enabled
        episode.set_pose(actor, actor.pose)
        return
    episode.dynamics.collisions[episode.actors.vehicle(actor_id).slot] = enabled


@rpc(arguments.unsigned, arguments.boolean, void=True)
def set_actor_enable_gravity(simulator: Simulator, actor_id: int, enabled: bool) -> None:
    """Let a vehicle fall and roll downhill or a walker fall, or not."""
    episode = simulator.episode
    actor = episode.actors.get(actor_id)
    actor.gravity = enabled
    if actor.is_vehicle:
        episode.dynamics.gravity[actor.slot] = enabled
    elif actor.is_walker:
        episode.walkers.walkers.gravity[actor.walker_slot] = enabled


@rpc(
    arguments.unsigned,
    void=True,
    state=PARTIAL,
    note="vehicles: the engine is dead; walkers stand still and are gone after 10 s",
)
def set_actor_dead(simulator: Simulator, actor_id: int) -> None:
    """Take the engine from a vehicle, which rolls on, or let a walker die."""
    episode = simulator.episode
    actor = episode.actors.get(actor_id)
    if actor.is_walker:
        episode.walkers.kill(actor, episode.elapsed_s)
        return
    actor = episode.actors.vehicle(actor_id)
    assert actor.model is not None
    actor.model = replace(actor.model, power_w=0.0, tractive_force_n=0.0)
    episode.dynamics.set_model(actor.slot, actor.model)


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
