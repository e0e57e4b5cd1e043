"""Weather, gravity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_WEATHER_FIELDS = 14
_MAX_GRAVITY = 1000.0


def _gravity(value: Any) -> float:
    gravity = arguments.number(value)
    if abs(gravity) > _MAX_GRAVITY:
        raise ArgumentError(f"gravity must be -{_MAX_GRAVITY:g} to {_MAX_GRAVITY:g} m/s^2, got {gravity!r}")
    return gravity


@rpc()
def get_weather_parameters(simulator: Simulator) -> object:
    """The weather."""
    return simulator.episode.weather


@rpc(
    arguments.numbers(_WEATHER_FIELDS, "weather parameters"),
    void=True,
    state=PARTIAL,
    note="changes light, sky, air and the road's friction; wind and scattering are only stored",
)
def set_weather_parameters(simulator: Simulator, weather: list[float]) -> None:
    """Change the weather."""
    simulator.episode.weather = weather


@rpc()
def get_imui_gravity(simulator: Simulator) -> float:
    """Gravity that inertial sensors feel, m/s^2."""
    return simulator.episode.gravity_mps2


@rpc(_gravity, void=True)
def set_imui_gravity(simulator: Simulator, gravity_mps2: float) -> None:
    """Change the gravity that inertial sensors feel, m/s^2; vehicles keep theirs."""
    simulator.episode.gravity_mps2 = gravity_mps2


@rpc(arguments.boolean, void=True, note="accepted; nothing is translucent here")
def set_annotations_traverse_translucency(simulator: Simulator, enabled: bool) -> None:
    """Let semantic labels show what is behind glass, or not."""
    return
