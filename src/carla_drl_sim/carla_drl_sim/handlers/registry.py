"""The table of RPC functions: each is registered by a decorator with the checks of its arguments."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol import rpc_framing
from carla_drl_sim.protocol.arguments import Check

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_log = logging.getLogger(__name__)

FULL = "full"
PARTIAL = "partial"
REFUSED = "refused"


class AfterTick(NamedTuple):
    """A handler's answer that is sent after the next tick; None stands for the frame number of that tick."""

    result: object


class InBackground(NamedTuple):
    """A handler's answer that takes long to work out.

    Attributes:
        work: runs in a thread beside the event loop; it must not touch the simulator.
        finish: makes the answer of what ``work`` has returned, on the event loop.
    """

    work: Callable[[], Any]
    finish: Callable[[Any], object]


class AfterDelay(NamedTuple):
    """A handler's answer that is sent later; the client gets nothing else meanwhile."""

    delay_s: float
    result: object


@dataclass(frozen=True)
class Rpc:
    """One RPC function."""

    name: str
    function: Callable[..., object]
    checks: tuple[Check, ...]
    required: int
    is_void: bool
    is_bare: bool
    state: str
    note: str

    def error(self, message: str) -> object:
        """The error in the reply form of this function."""
        if self.is_void:
            return rpc_framing.void_error(message)
        error = rpc_framing.value_error(message)
        return [error] if self.is_bare else error

    def call(self, simulator: Simulator, raw: list[Any]) -> object:
        """Check the arguments, run the function, and wrap what it returns in the reply form of this function."""
        checks = self.checks
        if not self.required <= len(raw) <= len(checks):
            return self.error(f"{self.name}: takes {len(checks)} arguments, got {len(raw)}")
        return self.answer(
            lambda: self.function(simulator, *[check(item) for check, item in zip(checks, raw, strict=False)])
        )

    def answer(self, run: Callable[[], object]) -> object:
        """Run something for this function, and wrap what it returns or raises in the reply form of this function."""
        try:
            result = run()
        except RpcError as error:
            return self.error(f"{self.name}: {error}" if self.state != REFUSED else str(error))
        except Exception as error:
            _log.exception("%s failed", self.name)
            return self.error(f"{self.name}: internal error ({type(error).__name__})")
        if self.is_void:
            return rpc_framing.VOID_OK if result is None else result
        if self.is_bare or type(result) in (AfterTick, AfterDelay, InBackground):
            return result
        return [[1, result]]


RPCS: dict[str, Rpc] = {}
"""All functions by name."""


def rpc(
    *checks: Check,
    void: bool = False,
    bare: bool = False,
    optional: int = 0,
    state: str = FULL,
    note: str = "",
) -> Callable[[Callable[..., object]], Callable[..., object]]:
    """Register a function under its own name.

    Args:
        checks: one per argument, as in ``protocol.arguments``.
        void: the function returns nothing.
        bare: its result is sent without a wrapper.
        optional: how many of the last arguments may be left out.
        state: FULL or PARTIAL, for the list in the README.
        note: what is missing or different, for the same list.
    """

    def register(function: Callable[..., object]) -> Callable[..., object]:
        name = function.__name__
        RPCS[name] = Rpc(name, function, checks, len(checks) - optional, void, bare, state, note)
        return function

    return register
