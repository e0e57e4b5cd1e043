"""Vehicles: control, lights, physics parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.arguments import Control
from carla_drl_sim.vehicle_physics import PhysicsChange, default_control, physics_control, wire_control

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator


@rpc(arguments.unsigned, arguments.vehicle_control, void=True)
def apply_control_to_vehicle(simulator: Simulator, actor_id: int, control: Control) -> None:
    """Set a vehicle's pedals, steering wheel and gear."""
    episode = simulator.episode
    episode.dynamics.control[episode.actors.vehicle(actor_id).slot] = control


@rpc(arguments.unsigned, note="defaults for an actor that is gone: an error would end the client's process")
def get_physics_control(simulator: Simulator, actor_id: int) -> object:
    """Physics parameters of a vehicle."""
    actor = simulator.episode.actors.find(actor_id)
    if actor is None or actor.model is None:
        return default_control()
    pose = simulator.episode.snapshot.world_pose(actor)
    return wire_control(actor.model, actor.physics_control, pose)


@rpc(
    arguments.unsigned,
    physics_control,
    void=True,
    state=PARTIAL,
    note="mass, drag, steering angle, tyre friction and brake torque are acted on, the rest is stored",
)
def apply_physics_control(simulator: Simulator, actor_id: int, change: PhysicsChange) -> None:
    """Change the physics parameters of a vehicle."""
    episode = simulator.episode
    actor = episode.actors.vehicle(actor_id)
    assert actor.model is not None
    model = change.applied_to(actor.model)
    episode.dynamics.set_model(actor.slot, model)
    actor.model = model
    actor.physics_control = change.wire


@rpc(arguments.unsigned)
def get_vehicle_light_state(simulator: Simulator, actor_id: int) -> object:
    """Lights of a vehicle, as flags."""
    return [simulator.episode.actors.vehicle(actor_id).light_flags]


@rpc(arguments.unsigned, arguments.flags, void=True)
def set_vehicle_light_state(simulator: Simulator, actor_id: int, flags: int) -> None:
    """Switch the lights of a vehicle."""
    simulator.episode.actors.vehicle(actor_id).light_flags = flags


@rpc()
def get_vehicle_light_states(simulator: Simulator) -> object:
    """Lights of all vehicles."""
    return [[actor.id, actor.light_flags] for actor in simulator.episode.actors.vehicles()]


@rpc(arguments.unsigned, arguments.unsigned, note="front wheels steer, rear wheels do not")
def get_wheel_steer_angle(simulator: Simulator, actor_id: int, wheel: int) -> float:
    """Steering angle of a wheel in degrees, right positive."""
    episode = simulator.episode
    slot = episode.actors.vehicle(actor_id).slot
    return float(episode.dynamics.wheel_steer_deg[slot]) if wheel < 2 else 0.0
