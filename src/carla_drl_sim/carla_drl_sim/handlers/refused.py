"""Functions of the protocol that this simulator does not have: each answers with a clear error in its reply form."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from carla_drl_sim.errors import RpcError
from carla_drl_sim.handlers.registry import REFUSED, RPCS, Rpc
from carla_drl_sim.protocol import arguments

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_MAX_ARGUMENTS = 8

_VALUE = """
get_gbuffer_token are_gbuffers_enabled
"""

_VOID = """
enable_carsim use_carsim_road enable_chrono_physics
enable_gbuffers send
console_command
"""


_NO_GBUFFERS = "its cameras are not drawn by a game engine and have no such buffers"

_REASONS = {
    "are_gbuffers_enabled": _NO_GBUFFERS,
    "console_command": "it has no game engine, whose console that would be",
    "enable_carsim": "vehicles have the physics of this simulator alone",
    "use_carsim_road": "vehicles have the physics of this simulator alone",
    "enable_chrono_physics": "vehicles have the physics of this simulator alone",
    "enable_gbuffers": _NO_GBUFFERS,
    "get_gbuffer_token": _NO_GBUFFERS,
    "send": "it has no sensors that talk to each other",
}


def refusal(name: str) -> str:
    """What a call of this function is answered with."""
    reason = _REASONS.get(name)
    return f"{name}: not supported by carla_drl_sim{f': {reason}' if reason else ' yet'}"


def _refusal(name: str) -> Callable[..., object]:
    def refuse(simulator: Simulator, *values: object) -> object:
        raise RpcError(refusal(name))

    return refuse


def _register(names: str, *, is_void: bool) -> None:
    for name in names.split():
        checks = (arguments.any_value,) * _MAX_ARGUMENTS
        RPCS[name] = Rpc(name, _refusal(name), checks, 0, is_void, False, REFUSED, _REASONS.get(name, ""))


_register(_VALUE, is_void=False)
_register(_VOID, is_void=True)
