"""Vehicles: wheels and doors, and what only clients with other physics ask for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from carla_drl_sim.actors import Actor
from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.world.dynamics_actions import wheel_steer_angle

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

Angles = Callable[[Actor], dict[int, float]]
"""What a vehicle keeps of its wheels for the eye: degrees by wheel."""

_ALL_DOORS = 6
"""``carla.VehicleDoor``: front left, front right, rear left, rear right, hood, trunk, all."""
_DOORS = frozenset(range(_ALL_DOORS))


def _door(value: object) -> int:
    index = arguments.unsigned(value)
    if index > _ALL_DOORS:
        raise ArgumentError(f"a door must be 0 to {_ALL_DOORS}, got {index}")
    return index


def _vehicle_with(simulator: Simulator, actor_id: int, wheel: int) -> Actor:
    actor = simulator.episode.actors.vehicle(actor_id)
    assert actor.model is not None
    if wheel >= actor.model.number_of_wheels:
        raise ArgumentError(
            f"wheel must be 0 to {actor.model.number_of_wheels - 1} for {actor.type_id}, got {wheel}"
        )
    return actor


def _moves_by_itself(simulator: Simulator, actor: Actor) -> bool:
    return bool(simulator.episode.dynamics.simulate_physics[actor.slot])


def _set_doors(simulator: Simulator, actor_id: int, door: int, *, is_open: bool) -> None:
    actor = simulator.episode.actors.vehicle(actor_id)
    assert actor.model is not None
    if not actor.model.has_dynamic_doors:
        return
    doors = _DOORS if door == _ALL_DOORS else frozenset({door})
    actor.open_doors = actor.open_doors | doors if is_open else actor.open_doors - doors


@rpc(arguments.unsigned, _door, void=True, note="kept; vehicles without opening doors ignore it, as in CARLA")
def open_vehicle_door(simulator: Simulator, actor_id: int, door: int) -> None:
    """Open a door, or all of them."""
    _set_doors(simulator, actor_id, door, is_open=True)


@rpc(arguments.unsigned, _door, void=True, note="kept; vehicles without opening doors ignore it, as in CARLA")
def close_vehicle_door(simulator: Simulator, actor_id: int, door: int) -> None:
    """Close a door, or all of them."""
    _set_doors(simulator, actor_id, door, is_open=False)


_set_wheel = rpc(
    arguments.unsigned,
    arguments.unsigned,
    arguments.number,
    void=True,
    note="only while the vehicle's physics are off, as in CARLA",
)
_get_wheel = rpc(arguments.unsigned, arguments.unsigned)


def _turn_for_the_eye(simulator: Simulator, actor_id: int, wheel: int, angles: Angles, angle: float) -> None:
    actor = _vehicle_with(simulator, actor_id, wheel)
    if not _moves_by_itself(simulator, actor):
        angles(actor)[wheel] = angle


def _wheel_angle(
    simulator: Simulator, actor_id: int, wheel: int, angles: Angles, physical: Callable[[Actor], float]
) -> float:
    actor = _vehicle_with(simulator, actor_id, wheel)
    return physical(actor) if _moves_by_itself(simulator, actor) else angles(actor).get(wheel, 0.0)


def _steering(actor: Actor) -> dict[int, float]:
    return actor.wheel_steer_deg


def _rolling(actor: Actor) -> dict[int, float]:
    return actor.wheel_pitch_deg


@_set_wheel
def set_wheel_steer_direction(simulator: Simulator, actor_id: int, wheel: int, angle: float) -> None:
    """Turn a wheel for the eye, in degrees; physics know nothing of it."""
    _turn_for_the_eye(simulator, actor_id, wheel, _steering, angle)


@_get_wheel
def get_wheel_steer_angle(simulator: Simulator, actor_id: int, wheel: int) -> float:
    """Steering angle of a wheel in degrees, right positive."""
    dynamics = simulator.episode.dynamics
    return _wheel_angle(
        simulator, actor_id, wheel, _steering, lambda actor: wheel_steer_angle(dynamics, actor.slot, wheel)
    )


@_set_wheel
def set_wheel_pitch_angle(simulator: Simulator, actor_id: int, wheel: int, angle: float) -> None:
    """Roll a wheel on for the eye, in degrees."""
    _turn_for_the_eye(simulator, actor_id, wheel, _rolling, angle)


@_get_wheel
def get_wheel_pitch_angle(simulator: Simulator, actor_id: int, wheel: int) -> float:
    """How far a wheel has rolled, -180 to 180 degrees."""
    turned = simulator.episode.dynamics.wheel_turn_deg
    return _wheel_angle(simulator, actor_id, wheel, _rolling, lambda actor: float(turned[actor.slot]))


@rpc(
    arguments.unsigned,
    arguments.boolean,
    void=True,
    state=PARTIAL,
    note="accepted; there is no screen to show it on: see `get_telemetry_data`",
)
def show_vehicle_debug_telemetry(simulator: Simulator, actor_id: int, enabled: bool) -> None:
    """Show a vehicle's telemetry on the server's screen."""
    simulator.episode.actors.vehicle(actor_id)
