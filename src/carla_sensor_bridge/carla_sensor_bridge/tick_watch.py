"""Ticks beside a Traffic Manager, whose thread may sleep through one; see `carla_drl_sim.traffic_manager_wake_up`."""

from __future__ import annotations

import logging
from threading import Event, Thread
from typing import Any, Final

from carla_drl_sim.traffic_manager_wake_up import wake_traffic_manager

_LOOK_EVERY_S: Final = 0.5
_LOOKS: Final = 4
"""A tick that the simulator has done, but that does not return while so many looks pass, waits for a sleeper. The
embedded simulator wakes it before; CARLA does not."""


class TickWatch:
    """Ticks a world; a thread wakes this process's Traffic Manager when it misses a tick.

    Attributes:
        missed: how often it did.
    """

    def __init__(self, world: Any, port: int, log: logging.Logger) -> None:
        """Start the thread.

        Args:
            world: of the client, in synchronous mode.
            port: of the Traffic Manager.
            log: for what is woken.
        """
        self._world = world
        self._port = port
        self._log = log
        self.missed = 0
        self._frame = world.get_snapshot().frame
        self._ticking = False
        self._closed = Event()
        self._thread = Thread(target=self._run, name="tick watch", daemon=True)
        self._thread.start()

    def tick(self) -> None:
        """Simulate one step."""
        self._ticking = True
        try:
            self._frame = self._world.tick()
        finally:
            self._ticking = False

    def close(self) -> None:
        """End the thread."""
        self._closed.set()
        self._thread.join()

    def _run(self) -> None:
        before, looks = -1, 0
        while not self._closed.wait(_LOOK_EVERY_S):
            last = self._frame
            is_done = self._ticking and self._world.get_snapshot().frame > last
            looks = looks + 1 if is_done and last == before else 0
            before = last
            if looks == _LOOKS:
                looks = 0
                self._wake()

    def _wake(self) -> None:
        self.missed += 1
        self._log.warning("the Traffic Manager has missed a tick and is woken")
        try:
            wake_traffic_manager("127.0.0.1", self._port)
        except OSError as error:
            self._log.error("the Traffic Manager at port %d cannot be woken: %s", self._port, error)
