"""Waking Traffic Managers that sleep through a tick.

The `carla` library up to 0.9.16 wakes the thread of a synchronous Traffic Manager without holding its mutex. When the
thread has just found that there is nothing to do, but does not sleep yet, the wake-up is lost: the thread sleeps,
`world.tick` waits for it, and both would for ever. The gate of ticks makes that rare; on a busy machine it still happens
once in some ten thousand ticks. No call in that process can help, since `world.tick` holds the lock that all calls
of Traffic Managers take. But a Traffic Manager listens on a port of its own, and leaving its synchronous mode
wakes the thread; it then does the one cycle that it has missed.
"""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable
from types import TracebackType

import msgpack

from carla_drl_sim.tick_gate import TickGate

_log = logging.getLogger(__name__)

_LOOK_EVERY_S = 0.25
_ANSWER_LIMIT_S = 1.0
_ANSWER_BYTES = 4096


def wake_traffic_manager(host: str, port: int) -> None:
    """Make the thread of a synchronous Traffic Manager look whether a tick waits for it.

    Only for one that misses a tick: another would do a cycle too many.

    Args:
        host: where its process runs.
        port: its own, not that of the server.

    Raises:
        OSError: it cannot be reached or does not answer within a second.
    """
    with socket.create_connection((host, port), _ANSWER_LIMIT_S) as connection:
        # Only a change from on to off wakes it, and whether it is on is not told.
        for number, is_synchronous in enumerate((True, False, True)):
            connection.sendall(msgpack.packb([0, number, "set_synchronous_mode", [is_synchronous]]))
            if not connection.recv(_ANSWER_BYTES):
                raise ConnectionResetError(f"{host}:{port} closed the connection")


class TrafficManagerWatch:
    """A thread that wakes the Traffic Managers of a server's clients when they miss a tick.

    Args:
        gate: knows which they are.
        clock: that of the gate, s.
    """

    def __init__(self, gate: TickGate, clock: Callable[[], float]) -> None:
        self._gate = gate
        self._clock = clock
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="traffic manager watch", daemon=True)

    def __enter__(self) -> TrafficManagerWatch:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closed.set()

    def _run(self) -> None:
        while not self._closed.wait(_LOOK_EVERY_S):
            for port, host in self._gate.sleeping_managers(self._clock()):
                _log.warning("the Traffic Manager at port %d has missed a tick and is woken", port)
                try:
                    wake_traffic_manager(host, port)
                except OSError as error:
                    _log.warning("the Traffic Manager at port %d cannot be woken: %s", port, error)
