"""Requests to answers: runs each connection's calls in order, and holds back the answers that have to wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.connection import RpcConnection
from carla_drl_sim.errors import ProtocolError
from carla_drl_sim.handlers import RPCS, AfterDelay, AfterTick
from carla_drl_sim.protocol.control_requests import ControlRequests
from carla_drl_sim.protocol.rpc_framing import VOID_OK, Request, pack_response
from carla_drl_sim.simulator import Simulator

_log = logging.getLogger(__name__)

_REQUESTS_PER_TURN = 64
"""Requests of one connection handled before the others get a turn."""

_CONTROL_NAMES = b"apply_"
_NAME_WITHIN = 16
"""Where a request's name begins at the latest, and how the names begin that have a compiled path."""


class _Held(NamedTuple):
    """An answer that waits: for a tick when ``tick`` is set, else for ``due_s``."""

    connection: RpcConnection
    request_id: int
    asked_s: float
    due_s: float
    tick: AfterTick | None
    result: object

    def ticked(self, frame: int) -> object:
        """The result after a tick."""
        assert self.tick is not None
        return [[1, frame]] if self.tick.result is None else self.tick.result


class Calls:
    """All calls in progress.

    Args:
        simulator: what the calls act on.
        drop: called with a connection that broke the protocol, and why.
        want_write: called with a connection whose answers its socket does not take at present.
    """

    def __init__(
        self,
        simulator: Simulator,
        drop: Callable[[RpcConnection, str], None],
        want_write: Callable[[RpcConnection], None],
    ) -> None:
        self.backlog: list[RpcConnection] = []
        self._simulator = simulator
        self._drop = drop
        self._want_write = want_write
        self._held: list[_Held] = []
        self._deferred: set[RpcConnection] = set()
        self._controls = ControlRequests()

    @property
    def has_held(self) -> bool:
        """Whether answers are held back."""
        return bool(self._held)

    @property
    def has_deferred(self) -> bool:
        """Whether answers that no client waits for are to be sent when there is time."""
        return bool(self._deferred)

    def receive(self, connection: RpcConnection, data: npt.NDArray[np.uint8], size: int) -> None:
        """Take the first ``size`` bytes of ``data``, which a connection has just received, and run what is complete."""
        start = 0
        try:
            if (
                data[:_NAME_WITHIN].tobytes().find(_CONTROL_NAMES) > 0
                and connection.decoder.is_empty
                and not connection.blocked
                and connection.stalled is None
            ):
                episode = self._simulator.episode
                start, answers, is_waited_for = self._controls.apply(
                    data,
                    size,
                    episode.actors.slot_of,
                    episode.dynamics.control,
                    episode.actors.walker_slot_of,
                    episode.walkers.walkers,
                )
                if start:
                    self._answer(connection, answers, is_waited_for)
                if start == size:
                    return
            connection.decoder.feed(data[start:size].data)
        except ProtocolError as error:
            self._drop(connection, str(error))
            return
        self.run(connection)

    def run(self, connection: RpcConnection) -> None:
        """Run what a connection has sent, in order, up to a held answer or its share of a turn."""
        if connection.closed:
            return
        try:
            for _ in range(_REQUESTS_PER_TURN):
                request = connection.stalled or connection.decoder.next_request()
                connection.stalled = request
                if request is None or (connection.blocked and not self._may_overtake(connection, request)):
                    return
                connection.stalled = None
                self._call(connection, request)
            self.backlog.append(connection)
        except ProtocolError as error:
            self._drop(connection, str(error))

    def forget(self, connection: RpcConnection) -> None:
        """A connection has ended."""
        self._held = [held for held in self._held if held.connection is not connection]
        self._deferred.discard(connection)
        self._simulator.forget(connection)

    def send_deferred(self) -> None:
        """Send the answers that no client waits for."""
        deferred, self._deferred = self._deferred, set()
        for connection in deferred:
            try:
                connection.flush()
            except ProtocolError as error:
                self._drop(connection, str(error))
                continue
            if connection.has_unsent:
                self._want_write(connection)

    def due_s(self, now: float, next_pace_s: float) -> float:
        """When the first held answer is to be looked at again."""
        return min(self._due(held, now, next_pace_s) for held in self._held)

    def release(self, now: float) -> None:
        """Send the held answers that are due; ticks of asynchronous mode are answered by ``ticked``."""
        synchronous = self._simulator.is_synchronous
        for held in list(self._held):
            if held.connection.closed or (held.tick is not None and not synchronous):
                continue
            if self._due(held, now, now) <= now:
                self._finish(held, held.result if held.tick is None else held.ticked(self._simulator.tick()))

    def ticked(self, frame: int) -> None:
        """The world has ticked by itself: answer all who asked for a tick."""
        for held in list(self._held):
            if held.tick is not None and not held.connection.closed:
                self._finish(held, held.ticked(frame))

    def _due(self, held: _Held, now: float, next_pace_s: float) -> float:
        gate = self._simulator.gate
        if held.tick is None:
            return held.due_s
        if self._simulator.is_synchronous:
            return gate.wait_until(now, held.asked_s, commanded=True)
        return max(next_pace_s, gate.silent_until(now))

    def _call(self, connection: RpcConnection, request: Request) -> None:
        simulator = self._simulator
        function = RPCS.get(request.method)
        if function is None:
            _log.warning("%s called the unknown function '%s'", connection.name, request.method)
            text = f"rpclib: server could not find function '{request.method}'"
            self._answer(connection, pack_response(request.id, text, None), True)
            return
        simulator.caller = connection
        result = function.call(simulator, request.arguments)
        if type(result) is AfterTick:
            now = simulator.clock()
            held = _Held(connection, request.id, now, 0.0, result, None)
            if simulator.is_synchronous and simulator.gate.wait_until(now, now, commanded=True) <= now:
                self._answer(connection, pack_response(request.id, None, held.ticked(simulator.tick())), True)
            else:
                self._hold(held)
        elif type(result) is AfterDelay:
            now = simulator.clock()
            self._hold(_Held(connection, request.id, now, now + result.delay_s, None, result.result))
        else:
            if not request.is_waited_for and result is not VOID_OK and _log.isEnabledFor(logging.DEBUG):
                _log.debug("%s does not wait for the answer %.300r", connection.name, result)
            self._answer(connection, pack_response(request.id, None, result), request.is_waited_for)

    def _may_overtake(self, connection: RpcConnection, request: Request) -> bool:
        """Whether a request may run before a held answer: a query may before a tick.

        A tick waits for queries of the Traffic Manager, which shares the connection of its client.
        """
        return request.method.startswith("get_") and any(
            held.connection is connection and held.tick is not None for held in self._held
        )

    def _hold(self, held: _Held) -> None:
        held.connection.blocked = True
        self._held.append(held)

    def _finish(self, held: _Held, result: object) -> None:
        connection = held.connection
        self._held.remove(held)
        connection.blocked = False  # no second answer is held: what could be is no query
        try:
            self._answer(connection, pack_response(held.request_id, None, result), True)
        except ProtocolError as error:
            self._drop(connection, str(error))
            return
        self.run(connection)

    def _answer(self, connection: RpcConnection, data: bytes | memoryview, is_waited_for: bool) -> None:
        """Send an answer. One that no client waits for goes along with the next: each packet wakes client threads."""
        if not is_waited_for and not connection.is_full:
            connection.defer(data)
            self._deferred.add(connection)
            return
        connection.send(data)
        if connection.has_unsent:
            self._want_write(connection)
