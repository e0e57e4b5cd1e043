"""The event loop: one thread, one epoll, RPC connections, stream subscribers, and the clock of asynchronous mode."""

from __future__ import annotations

import contextlib
import logging
import os
import select
import socket
import time
from pathlib import Path

from carla_drl_sim.calls import Calls
from carla_drl_sim.connection import RpcConnection
from carla_drl_sim.errors import ConfigurationError, ProtocolError
from carla_drl_sim.recording.recordings import DEFAULT_FOLDER
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.stream_hub import StreamHub, Subscriber
from carla_drl_sim.town_library import TownLibrary
from carla_drl_sim.traffic_manager_wake_up import TrafficManagerWatch
from carla_drl_sim.viewer.frames import WATCHED_INTERVAL_S, Frames
from carla_drl_sim.viewer.web import Viewer

_log = logging.getLogger(__name__)

MAX_CONNECTIONS = 256
MAX_ABANDONED = 3584
"""Connections to streams that have ended, which may be open besides."""

_SEND_BUFFER_BYTES = 4 << 20
_READ = select.EPOLLIN | select.EPOLLRDHUP
_WRITE = select.EPOLLOUT
LEAVE_LIMIT_S = 1.0
"""How long clients may take to leave when the server is told to stop."""
_DEFERRED_LIMIT_S = 0.005
"""How long an idle server keeps answers that no client waits for."""


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
        town, seed, fps, synchronous, recordings, opendrive, towns: as in ``Simulator``.
        view_port: port of the live view, 0 for a free one, None for no view.

    Raises:
        ConfigurationError: a port cannot be opened.
    """

    def __init__(
        self,
        host: str,
        port: int,
        town: str,
        seed: int,
        fps: float,
        *,
        synchronous: bool,
        recordings: Path = DEFAULT_FOLDER,
        opendrive: str | None = None,
        towns: TownLibrary | None = None,
        view_port: int | None = None,
    ) -> None:
        self._host = host
        self._rpc_listener = _bind(host, port, "RPC")
        try:
            self._stream_listener = _bind(host, port + 1 if port else 0, "streaming")
        except ConfigurationError:
            self._rpc_listener.close()
            raise
        self.rpc_port: int = self._rpc_listener.getsockname()[1]
        self.stream_port: int = self._stream_listener.getsockname()[1]
        self._hub = StreamHub(self._want_write)
        self._hub.port = self.stream_port
        self._simulator = Simulator(
            town,
            seed,
            fps,
            synchronous=synchronous,
            hub=self._hub,
            clock=time.monotonic,
            recordings=recordings,
            opendrive=opendrive,
            towns=towns,
        )
        self._calls = Calls(
            self._simulator, self._drop, lambda connection: self._want_write(connection, True)
        )
        self.viewer: Viewer | None = None
        if view_port is not None:
            self._simulator.frames = Frames(time.monotonic)
            self.viewer = Viewer(view_port, self._simulator.frames)
            self._simulator.episode.snapshot.refresh()
            self._simulator.frames.take(self._simulator.episode, time.monotonic())
        self._peers: dict[int, RpcConnection | Subscriber] = {}
        self._next_pace_s = 0.0
        self._stop_at_s: float | None = None
        self._epoll = select.epoll()
        self._epoll.register(self._rpc_listener.fileno(), select.EPOLLIN)
        self._epoll.register(self._stream_listener.fileno(), select.EPOLLIN)
        self._epoll.register(self._calls.background.fd, select.EPOLLIN)

    def listen(self) -> None:
        """Let clients connect. Raises ConfigurationError when another program took a port meanwhile."""
        for listener, what in ((self._rpc_listener, "RPC"), (self._stream_listener, "streaming")):
            try:
                listener.listen(64)
            except OSError as error:
                raise _refusal(self._host, listener.getsockname()[1], what, error) from None

    @property
    def map_name(self) -> str:
        """Name of the present map, without its path."""
        return self._simulator.episode.map_name.rsplit("/", 1)[-1]

    def stop(self) -> None:
        """Make ``run`` return when all clients have gone, at the latest after ``LEAVE_LIMIT_S``; at once when called again.

        Safe to call from a signal handler. A client that is told to end at the same moment can clean up meanwhile; its
        background threads would end its process if the server went first.
        """
        self._stop_at_s = time.monotonic() + LEAVE_LIMIT_S if self._stop_at_s is None else 0.0

    @property
    def _has_ended(self) -> bool:
        if self._stop_at_s is None:
            return False
        has_clients = any(type(peer) is RpcConnection for peer in self._peers.values())
        return not has_clients or time.monotonic() >= self._stop_at_s

    def run(self, wake_fd: int) -> None:
        """Serve until ``stop``; ``wake_fd`` becomes readable when a signal has arrived."""
        self._epoll.register(wake_fd, select.EPOLLIN)
        self._next_pace_s = time.monotonic()
        with TrafficManagerWatch(self._simulator.gate, time.monotonic):
            self._serve(wake_fd)

    def _serve(self, wake_fd: int) -> None:
        peers, poll = self._peers, self._epoll.poll
        while self._stop_at_s is None or not self._has_ended:
            for fd, events in self._wait() if self._is_busy else poll():
                peer = peers.get(fd)
                if type(peer) is RpcConnection:
                    self._serve_connection(peer, events)
                elif type(peer) is Subscriber:
                    self._serve_subscriber(peer, events)
                elif fd == self._rpc_listener.fileno():
                    self._accept(self._rpc_listener, is_rpc=True)
                elif fd == self._stream_listener.fileno():
                    self._accept(self._stream_listener, is_rpc=False)
                elif fd == self._calls.background.fd:
                    self._calls.take_results()
                elif fd == wake_fd:
                    os.read(wake_fd, 64)
            if self._is_busy:
                self._go_on()

    @property
    def _is_busy(self) -> bool:
        """Whether there may be something to do beside what clients ask for."""
        calls = self._calls
        return bool(
            calls.held
            or calls.deferred
            or calls.backlog
            or not self._hub.synchronous
            or self._stop_at_s is not None
            or self._simulator.frames is not None
        )

    def _go_on(self) -> None:
        """Do what is due beside the requests that have just come."""
        calls = self._calls
        if calls.backlog:
            backlog, calls.backlog = calls.backlog, []
            for connection in backlog:
                calls.run(connection)
        if calls.held:
            calls.release(time.monotonic())
        if not self._simulator.is_synchronous:
            self._pace()
        frames = self._simulator.frames
        if frames is not None and frames.is_behind:
            frames.settle(self._simulator.episode)

    def close(self) -> None:
        """Close everything; a recording that runs is finished."""
        self._simulator.recordings.end_episode()
        self._simulator.recordings.reader.close()
        self._calls.background.close()
        if self.viewer is not None:
            self.viewer.close()
        for peer in self._peers.values():
            peer.socket.close()
        self._peers.clear()
        self._rpc_listener.close()
        self._stream_listener.close()
        self._epoll.close()

    def _wait(self) -> list[tuple[int, int]]:
        """Wait for events, or until something of our own is due."""
        if self._calls.backlog:
            return self._epoll.poll(0)
        deferred = bool(self._calls.deferred)
        if self._stop_at_s is not None:
            events = self._epoll.poll(_DEFERRED_LIMIT_S)
        elif self._simulator.is_synchronous and not self._calls.held:
            frames = self._simulator.frames
            idle_s = WATCHED_INTERVAL_S if frames is not None and frames.is_behind else None
            events = self._epoll.poll(_DEFERRED_LIMIT_S if deferred else idle_s)
        else:
            now = time.monotonic()
            due = now + _DEFERRED_LIMIT_S if deferred else float("inf")
            if self._calls.held:
                due = min(due, self._calls.due_s(now, self._next_pace_s))
            if not self._simulator.is_synchronous:
                due = min(due, max(self._next_pace_s, self._simulator.gate.silent_until(now)))
            if due > now:  # epoll rounds up to milliseconds, select does not
                select.select([self._epoll.fileno()], [], [], due - now)
            events = self._epoll.poll(0)
        if deferred and not events:
            self._calls.send_deferred()
        return events

    def _accept(self, listener: socket.socket, *, is_rpc: bool) -> None:
        try:
            connection, address = listener.accept()
        except OSError:  # the peer has gone already, or no file descriptors are left
            return
        name = f"{'client' if is_rpc else 'subscriber'} {address[0]}:{address[1]}"
        limit = MAX_CONNECTIONS + min(self._hub.abandoned, MAX_ABANDONED)
        if len(self._peers) >= limit:
            _log.warning("%s refused: %d connections are open already", name, limit)
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
            self._calls.forget(peer)
        else:
            self._hub.remove(peer)
        with contextlib.suppress(OSError):
            self._epoll.unregister(peer.fd)
        peer.socket.close()

    def _want_write(self, peer: RpcConnection | Subscriber, wanted: bool) -> None:
        """Let the event loop report when a peer's socket can be written, or not."""
        if peer.waits_for_socket != wanted and peer.fd in self._peers:
            peer.waits_for_socket = wanted
            self._epoll.modify(peer.fd, _READ | _WRITE if wanted else _READ)

    def _receive(self, peer: RpcConnection | Subscriber) -> int:
        """Number of bytes received, 0 when there are none yet, -1 when the peer has gone."""
        try:
            return peer.socket.recv_into(self._calls.received) or -1
        except BlockingIOError:
            return 0
        except OSError:
            return -1

    def _serve_subscriber(self, subscriber: Subscriber, events: int) -> None:
        if events & _WRITE:
            self._hub.flush(subscriber)
        if events & ~_WRITE:
            size = self._receive(subscriber)
            if size < 0:
                self._drop(subscriber)
                return
            try:
                if size:
                    self._hub.handshake(subscriber, bytes(self._calls.received[:size]))
            except ProtocolError as error:
                self._drop(subscriber, str(error))

    def _serve_connection(self, connection: RpcConnection, events: int) -> None:
        if events & _WRITE:
            try:
                connection.flush()
            except ProtocolError as error:
                self._drop(connection, str(error))
                return
            if not connection.has_unsent:
                self._want_write(connection, False)
        if events & ~_WRITE:
            size = self._receive(connection)
            if size > 0:
                self._calls.receive(connection, size)
            elif size < 0:
                self._drop(connection)

    def _pace(self) -> None:
        """Tick at the pace of real time; a server that falls behind does not catch up."""
        now = time.monotonic()
        if max(self._next_pace_s, self._simulator.gate.wait_until(now, now, commanded=False)) > now:
            return
        frame = self._simulator.tick()
        self._next_pace_s = max(self._next_pace_s + self._simulator.episode.step_s, now)
        self._calls.ticked(frame)
