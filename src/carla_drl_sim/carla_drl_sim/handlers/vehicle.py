"""Vehicles: control, telemetry, lights, physics parameters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.arguments import Control
from carla_drl_sim.telemetry import telemetry
from carla_drl_sim.vehicle_physics import PhysicsChange, default_control, physics_control, wire_control
from carla_drl_sim.world.dynamics_actions import ackermann_gains, drive_ackermann, set_ackermann_gains

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
    note="inertia, damping, clutch, shift time, shift points and wheel places are only stored",
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


@rpc(arguments.unsigned, void=True)
def restore_physx_physics(simulator: Simulator, actor_id: int) -> None:
    """Give a vehicle the physics of its blueprint back."""
    episode = simulator.episode
    actor = episode.actors.vehicle(actor_id)
    actor.model = episode.blueprints.models[actor.type_id]
    actor.physics_control = None
    episode.dynamics.set_model(actor.slot, actor.model)


@rpc(arguments.unsigned)
def get_telemetry_data(simulator: Simulator, actor_id: int) -> object:
    """What a vehicle's engine and tyres did in the last tick."""
    episode = simulator.episode
    return telemetry(episode.dynamics, episode.actors.vehicle(actor_id).slot)


@rpc(arguments.unsigned, arguments.numbers(5, "an Ackermann control"), void=True)
def apply_ackermann_control_to_vehicle(simulator: Simulator, actor_id: int, targets: list[float]) -> None:
    """Let the Ackermann controller hold a speed and a steering angle until the next plain control."""
    episode = simulator.episode
    drive_ackermann(episode.dynamics, episode.actors.vehicle(actor_id).slot, targets)


@rpc(arguments.unsigned)
def get_ackermann_controller_settings(simulator: Simulator, actor_id: int) -> object:
    """Gains of a vehicle's Ackermann controller."""
    episode = simulator.episode
    return ackermann_gains(episode.dynamics, episode.actors.vehicle(actor_id).slot)


@rpc(arguments.unsigned, arguments.numbers(6, "Ackermann controller settings"), void=True)
def apply_ackermann_controller_settings(simulator: Simulator, actor_id: int, gains: list[float]) -> None:
    """Change the gains of a vehicle's Ackermann controller."""
    episode = simulator.episode
    set_ackermann_gains(episode.dynamics, episode.actors.vehicle(actor_id).slot, gains)


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
