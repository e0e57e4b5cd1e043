"""Requests to answers: runs each connection's calls in order, and holds back the answers that have to wait."""

from __future__ import annotations

import logging
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any, NamedTuple

import numpy as np

from carla_drl_sim.background import Background
from carla_drl_sim.connection import RpcConnection
from carla_drl_sim.errors import ProtocolError
from carla_drl_sim.handlers import RPCS, AfterDelay, AfterTick, InBackground, Rpc
from carla_drl_sim.protocol.control_requests import ControlRequests
from carla_drl_sim.protocol.rpc_framing import VOID_OK, Request, pack_response
from carla_drl_sim.protocol.tick_requests import LONGEST, tick_answer, tick_id
from carla_drl_sim.simulator import Simulator

_log = logging.getLogger(__name__)

_REQUESTS_PER_TURN = 64
"""Requests of one connection handled before the others get a turn."""

_RECEIVE_BYTES = 1 << 18
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


class _Working(NamedTuple):
    """A call whose answer is worked out in the background."""

    connection: RpcConnection
    request: Request
    function: Rpc
    result: InBackground


class Calls:
    """All calls in progress.

    Attributes:
        received: where received bytes go that ``receive`` is to take.
        backlog: connections that have more requests than one turn allows.
        held: answers that are held back.
        deferred: connections with answers that no client waits for, to be sent when there is time.
        background: works out answers that take long.

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
        self.held: list[_Held] = []
        self.deferred: set[RpcConnection] = set()
        self.background: Background[_Working] = Background()
        self._controls = ControlRequests()
        self.received = bytearray(_RECEIVE_BYTES)
        self._array = np.frombuffer(self.received, np.uint8)

    def receive(self, connection: RpcConnection, size: int) -> None:
        """Take the first bytes of ``received``, which a connection has sent, and run what is complete."""
        received, start = self.received, 0
        try:
            if connection.stalled is None and not connection.blocked and connection.decoder.is_empty:
                if received.find(_CONTROL_NAMES, 0, _NAME_WITHIN) > 0:
                    start = self._control(connection, size)
                if size - start <= LONGEST and self._tick(connection, bytes(received[start:size])):
                    return
                if start == size:
                    return
            connection.decoder.feed(self._array[start:size].data)
        except ProtocolError as error:
            self._drop(connection, str(error))
            return
        self.run(connection)

    def _control(self, connection: RpcConnection, size: int) -> int:
        """Take vehicle controls and walkers' states from the start of what was received; returns their bytes."""
        episode = self._simulator.episode
        taken, answers, is_waited_for = self._controls.apply(
            self._array,
            size,
            episode.actors.slot_of,
            episode.dynamics.table,
            episode.actors.walker_slot_of,
            episode.walkers.walkers.table,
        )
        if taken:
            self._answer(connection, answers, is_waited_for)
        return taken

    def _tick(self, connection: RpcConnection, request: bytes) -> bool:
        """Tick at once if a request asks for that and nothing has to be waited for; returns whether it was so."""
        encoded_id = tick_id(request)
        if encoded_id is None or not (self._simulator.is_synchronous and self._simulator.gate.is_open):
            return False
        self._answer(connection, tick_answer(encoded_id, self._simulator.tick()), True)
        return True

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
        self.held = [held for held in self.held if held.connection is not connection]
        self.deferred.discard(connection)
        self._simulator.forget(connection)

    def send_deferred(self) -> None:
        """Send the answers that no client waits for."""
        deferred, self.deferred = self.deferred, set()
        for connection in deferred:
            try:
                connection.flush()
            except ProtocolError as error:
                self._drop(connection, str(error))
                continue
            if connection.has_unsent:
                self._want_write(connection)

    def take_results(self) -> None:
        """Answer the calls whose answers have been worked out."""
        for working, future in self.background.results():
            if not working.connection.closed:
                self._worked_out(working, future)

    def _worked_out(self, working: _Working, future: Future[Any]) -> None:
        connection, request, function, result = working
        connection.blocked = False
        self._simulator.caller = connection
        try:
            self._reply(
                connection, request, function, function.answer(lambda: result.finish(future.result()))
            )
        except ProtocolError as error:
            self._drop(connection, str(error))
            return
        self.run(connection)

    def due_s(self, now: float, next_pace_s: float) -> float:
        """When the first held answer is to be looked at again."""
        return min(self._due(held, now, next_pace_s) for held in self.held)

    def release(self, now: float) -> None:
        """Send the held answers that are due; ticks of asynchronous mode are answered by ``ticked``."""
        synchronous = self._simulator.is_synchronous
        for held in list(self.held):
            if held.connection.closed or (held.tick is not None and not synchronous):
                continue
            if self._due(held, now, now) <= now:
                self._finish(held, held.result if held.tick is None else held.ticked(self._simulator.tick()))

    def ticked(self, frame: int) -> None:
        """The world has ticked by itself: answer all who asked for a tick."""
        for held in list(self.held):
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
        self._reply(connection, request, function, function.call(simulator, request.arguments))

    def _reply(self, connection: RpcConnection, request: Request, function: Rpc, result: object) -> None:
        """Answer with what a function has returned, or hold the answer back."""
        simulator = self._simulator
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
        elif type(result) is InBackground:
            connection.blocked = True
            self.background.submit(_Working(connection, request, function, result), result.work)
        else:
            if not request.is_waited_for and result is not VOID_OK and _log.isEnabledFor(logging.DEBUG):
                _log.debug("%s does not wait for the answer %.300r", connection.name, result)
            self._answer(connection, pack_response(request.id, None, result), request.is_waited_for)

    def _may_overtake(self, connection: RpcConnection, request: Request) -> bool:
        """Whether a request may run before a held answer: a query may before a tick.

        A tick waits for queries of the Traffic Manager, which shares the connection of its client.
        """
        return request.method.startswith("get_") and any(
            held.connection is connection and held.tick is not None for held in self.held
        )

    def _hold(self, held: _Held) -> None:
        held.connection.blocked = True
        self.held.append(held)

    def _finish(self, held: _Held, result: object) -> None:
        connection = held.connection
        self.held.remove(held)
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
            self.deferred.add(connection)
            return
        connection.send(data)
        self.deferred.discard(connection)
        if connection.has_unsent:
            self._want_write(connection)
