"""The event loop: one thread, one epoll, RPC connections, stream subscribers, and the clock of asynchronous mode."""

from __future__ import annotations

import contextlib
import logging
import select
import socket
import time
from typing import NamedTuple

from carla_drl_sim.connection import RpcConnection
from carla_drl_sim.errors import ConfigurationError, ProtocolError
from carla_drl_sim.handlers import RPCS, AfterDelay, AfterTick
from carla_drl_sim.protocol.rpc_framing import Request
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.stream_hub import StreamHub, Subscriber

_log = logging.getLogger(__name__)

MAX_CONNECTIONS = 256
_RECEIVE_BYTES = 1 << 18
_SEND_BUFFER_BYTES = 4 << 20
_REQUESTS_PER_TURN = 64
"""Requests of one connection handled before the others get a turn."""
_READ = select.EPOLLIN | select.EPOLLRDHUP


class _Held(NamedTuple):
    """An answer that waits: for a tick when ``result`` is an AfterTick, else for ``due_s``."""

    connection: RpcConnection
    request_id: int
    asked_s: float
    due_s: float
    tick: AfterTick | None
    result: object


def _refusal(host: str, port: int, what: str, error: OSError) -> ConfigurationError:
    return ConfigurationError(
        f"{what} port {port} on {host} cannot be opened ({error.strerror}): "
        "stop the program that uses it, or choose another with --port"
    )


def _bind(host: str, port: int, what: str) -> socket.socket:
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
    except OSError as error:
        raise ConfigurationError(f"--host {host}: cannot be resolved ({error.strerror or error})") from None
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.setblocking(False)
    except OSError as error:
        listener.close()
        raise _refusal(host, port, what, error) from None
    return listener


class Server:
    """Serves one simulated world.

    Args:
        host: address to listen on.
        port: RPC port; streams are on the port after it. 0 takes two free ports.
        town, seed, fps, synchronous: as in ``Simulator``.

    Raises:
        ConfigurationError: a port cannot be opened.
    """

    def __init__(self, host: str, port: int, town: str, seed: int, fps: float, *, synchronous: bool) -> None:
        self._rpc_listener = _bind(host, port, "RPC")
        try:
            self._stream_listener = _bind(host, port + 1 if port else 0, "streaming")
        except ConfigurationError:
            self._rpc_listener.close()
            raise
        self._host = host
        self.rpc_port: int = self._rpc_listener.getsockname()[1]
        self.stream_port: int = self._stream_listener.getsockname()[1]
        self._hub = StreamHub(self._want_write)
        self._hub.port = self.stream_port
        self.simulator = Simulator(
            town, seed, fps, synchronous=synchronous, hub=self._hub, clock=time.monotonic
        )
        self._peers: dict[int, RpcConnection | Subscriber] = {}
        self._held: list[_Held] = []
        self._backlog: list[RpcConnection] = []
        self._next_pace_s = 0.0
        self._stopping = False
        self._epoll = select.epoll()
        self._epoll.register(self._rpc_listener.fileno(), select.EPOLLIN)
        self._epoll.register(self._stream_listener.fileno(), select.EPOLLIN)

    def listen(self) -> None:
        """Let clients connect. Raises ConfigurationError when another program took a port meanwhile."""
        for listener, what in ((self._rpc_listener, "RPC"), (self._stream_listener, "streaming")):
            try:
                listener.listen(64)
            except OSError as error:
                raise _refusal(self._host, listener.getsockname()[1], what, error) from None

    def stop(self) -> None:
        """Make ``run`` return after the current event; safe to call from a signal handler."""
        self._stopping = True

    def run(self, wake_fd: int) -> None:
        """Serve until ``stop``; ``wake_fd`` becomes readable when a signal has arrived."""
        self._epoll.register(wake_fd, select.EPOLLIN)
        self._next_pace_s = time.monotonic()
        while not self._stopping:
            for fd, events in self._wait():
                peer = self._peers.get(fd)
                if type(peer) is RpcConnection:
                    self._serve_rpc(peer, events)
                elif type(peer) is Subscriber:
                    self._serve_subscriber(peer, events)
                elif fd == self._rpc_listener.fileno():
                    self._accept(self._rpc_listener, is_rpc=True)
                elif fd == self._stream_listener.fileno():
                    self._accept(self._stream_listener, is_rpc=False)
            if self._backlog:
                backlog, self._backlog = self._backlog, []
                for connection in backlog:
                    self._handle_requests(connection)
            if self._held:
                self._release()
            if not self.simulator.is_synchronous:
                self._pace()

    def close(self) -> None:
        """Close everything."""
        for peer in list(self._peers.values()):
            peer.socket.close()
        self._peers.clear()
        self._rpc_listener.close()
        self._stream_listener.close()
        self._epoll.close()

    def _wait(self) -> list[tuple[int, int]]:
        """Wait for events until something of our own is due. ``epoll`` counts in milliseconds, ``select`` does not."""
        if self._backlog:
            return self._epoll.poll(0)
        if self.simulator.is_synchronous and not self._held:
            return self._epoll.poll()
        now = time.monotonic()
        due = [self._due(held, now) for held in self._held]
        if not self.simulator.is_synchronous:
            due.append(max(self._next_pace_s, self.simulator.gate.silent_until(now)))
        timeout = min(due) - now
        if timeout > 0.0:
            select.select([self._epoll.fileno()], [], [], timeout)
        return self._epoll.poll(0)

    # Peers

    def _accept(self, listener: socket.socket, *, is_rpc: bool) -> None:
        try:
            connection, address = listener.accept()
        except OSError:  # the peer has gone already, or no file descriptors are left
            return
        name = f"{'client' if is_rpc else 'subscriber'} {address[0]}:{address[1]}"
        if len(self._peers) >= MAX_CONNECTIONS:
            _log.warning("%s refused: %d connections are open already", name, MAX_CONNECTIONS)
            connection.close()
            return
        connection.setblocking(False)
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if not is_rpc:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        peer = RpcConnection(connection, name) if is_rpc else Subscriber(connection, name)
        self._peers[peer.fd] = peer
        self._epoll.register(peer.fd, _READ)

    def _drop(self, peer: RpcConnection | Subscriber, reason: str = "") -> None:
        """Forget a peer; a reason is logged as a warning."""
        if self._peers.pop(peer.fd, None) is None:
            return
        if reason:
            _log.warning("%s: connection closed: %s", peer.name, reason)
        if isinstance(peer, RpcConnection):
            peer.closed = True
            self._held = [held for held in self._held if held.connection is not peer]
            self.simulator.forget(peer)
        else:
            self._hub.remove(peer)
        with contextlib.suppress(OSError):
            self._epoll.unregister(peer.fd)
        peer.socket.close()

    def _want_write(self, peer: RpcConnection | Subscriber, wanted: bool) -> None:
        with contextlib.suppress(OSError):
            self._epoll.modify(peer.fd, _READ | select.EPOLLOUT if wanted else _READ)

    def _receive(self, peer: RpcConnection | Subscriber) -> bytes | None:
        """Received bytes, empty when there are none yet, None when the peer has gone."""
        try:
            return peer.socket.recv(_RECEIVE_BYTES) or None
        except BlockingIOError:
            return b""
        except OSError:
            return None

    def _serve_subscriber(self, subscriber: Subscriber, events: int) -> None:
        if events & select.EPOLLOUT:
            self._hub.flush(subscriber)
        if events & ~select.EPOLLOUT:
            data = self._receive(subscriber)
            if data is None:
                self._drop(subscriber)
                return
            try:
                if data:
                    self._hub.handshake(subscriber, data)
            except ProtocolError as error:
                self._drop(subscriber, str(error))

    # Requests

    def _serve_rpc(self, connection: RpcConnection, events: int) -> None:
        if events & select.EPOLLOUT:
            connection.flush()
            if not connection.has_unsent:
                self._want_write(connection, False)
        if events & ~select.EPOLLOUT:
            data = self._receive(connection)
            if data is None:
                self._drop(connection)
                return
            try:
                connection.decoder.feed(data)
            except ProtocolError as error:
                self._drop(connection, str(error))
                return
            self._handle_requests(connection)

    def _handle_requests(self, connection: RpcConnection) -> None:
        """Handle what a connection has sent, in order, up to a held answer or its share of a turn."""
        if connection.closed:
            return
        had_unsent = connection.has_unsent
        next_request = connection.decoder.next_request
        try:
            for _ in range(_REQUESTS_PER_TURN):
                if connection.blocked:
                    break
                request = next_request()
                if request is None:
                    break
                self._handle(connection, request)
            else:
                self._backlog.append(connection)
        except ProtocolError as error:
            self._drop(connection, str(error))
            return
        if connection.has_unsent and not had_unsent:
            self._want_write(connection, True)

    def _handle(self, connection: RpcConnection, request: Request) -> None:
        function = RPCS.get(request.method)
        if function is None:
            _log.warning("%s called the unknown function '%s'", connection.name, request.method)
            connection.answer(request.id, f"rpclib: server could not find function '{request.method}'", None)
            return
        simulator = self.simulator
        simulator.caller = connection
        result = function.call(simulator, request.arguments)
        if type(result) is AfterTick:
            now = simulator.clock()
            if simulator.is_synchronous and simulator.gate.wait_until(now, now, commanded=True) <= now:
                self._tick(connection, request.id, result)
            else:
                self._hold(_Held(connection, request.id, now, 0.0, result, None))
        elif type(result) is AfterDelay:
            now = simulator.clock()
            self._hold(_Held(connection, request.id, now, now + result.delay_s, None, result.result))
        else:
            connection.answer(request.id, None, result)

    # Ticks

    def _tick(self, connection: RpcConnection, request_id: int, tick: AfterTick) -> None:
        frame = self.simulator.tick()
        connection.answer(request_id, None, [[1, frame]] if tick.result is None else tick.result)

    def _hold(self, held: _Held) -> None:
        held.connection.blocked = True
        self._held.append(held)

    def _due(self, held: _Held, now: float) -> float:
        """When a held answer is looked at again."""
        if held.tick is None:
            return held.due_s
        if not self.simulator.is_synchronous:
            return max(self._next_pace_s, self.simulator.gate.silent_until(now))
        return self.simulator.gate.wait_until(now, held.asked_s, commanded=True)

    def _release(self) -> None:
        """Send the held answers that are due; ticks of asynchronous mode are answered by ``_pace``."""
        for held in list(self._held):
            if held.connection.closed:
                continue
            now = time.monotonic()
            if held.tick is not None and not self.simulator.is_synchronous:
                continue
            if self._due(held, now) > now:
                continue
            self._answer_held(held, ticked=False)

    def _answer_held(self, held: _Held, *, ticked: bool) -> None:
        self._held.remove(held)
        connection = held.connection
        connection.blocked = False
        try:
            if held.tick is None:
                connection.answer(held.request_id, None, held.result)
            elif ticked:
                frame = self.simulator.episode.frame
                connection.answer(
                    held.request_id, None, [[1, frame]] if held.tick.result is None else held.tick.result
                )
            else:
                self._tick(connection, held.request_id, held.tick)
        except ProtocolError as error:
            self._drop(connection, str(error))
            return
        if connection.has_unsent:
            self._want_write(connection, True)
        self._handle_requests(connection)

    def _pace(self) -> None:
        """Tick at the pace of real time; a server that falls behind does not catch up."""
        now = time.monotonic()
        if max(self._next_pace_s, self.simulator.gate.wait_until(now, now, commanded=False)) > now:
            return
        step_s = self.simulator.episode.step_s
        self.simulator.tick()
        self._next_pace_s = max(self._next_pace_s + step_s, now)
        for held in [held for held in self._held if held.tick is not None]:
            if not held.connection.closed:
                self._answer_held(held, ticked=True)
