"""Watches over the process from a thread of its own: signals, and whether the simulator lives.

The tick thread may be inside a call of the CARLA client, which returns only when the simulator answers or after the
client's time-out; Python runs no signal handler meanwhile. The guard notices both at once, asks the tick thread to
stop, and ends the process when that does not happen in time.
"""

from __future__ import annotations

import logging
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Final

from carla_sensor_bridge.errors import EXIT_SIMULATOR_LOST

# From a signal to the end of the process, s. Launch kills after 2.5 s.
STOP_BUDGET_S: Final = 1.5
# How long the tick thread may take to notice by itself that the simulator is gone, s.
_LOST_BUDGET_S: Final = 1.0


class ProcessGuard:
    """Turns SIGINT, SIGTERM and the simulator's death into `stopping`.

    Attributes:
        stopping: set when the process is to end.
        lost: set, before `stopping`, when the simulator died.
    """

    def __init__(
        self, log: logging.Logger, last_words: Callable[[], None], close: Callable[[], None]
    ) -> None:
        """Take over the signals; call from the main thread.

        Args:
            log: for the reason of a forced end.
            last_words: called before a forced clean end, e.g. to say good-bye to the gateway.
            close: called last before every forced end, to give back what outlives the process.
        """
        self.stopping = Event()
        self.lost = Event()
        self._log = log
        self._last_words = last_words
        self._close = close
        self._done = Event()
        self._liveness: socket.socket | None = None
        self._wake_read, self._wake_write = os.pipe()
        for fd in (self._wake_read, self._wake_write):
            os.set_blocking(fd, False)
        # The wake-up descriptor is written from the C signal handler, whatever the main thread does.
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: None)
        self._thread = Thread(target=self._run, name="guard", daemon=True)
        self._thread.start()

    def watch(self, liveness: socket.socket) -> None:
        """Watch a connection whose end means that the simulator died."""
        self._liveness = liveness
        os.write(self._wake_write, b"\0")

    def finish(self) -> None:
        """Stop guarding: the process ends by itself."""
        self._done.set()
        os.write(self._wake_write, b"\0")
        self._thread.join()

    def _run(self) -> None:
        poll = select.poll()
        poll.register(self._wake_read, select.POLLIN)
        watched: socket.socket | None = None
        while True:
            if watched is not self._liveness and self._liveness is not None:
                watched = self._liveness
                poll.register(watched.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
            ready = {fd for fd, _ in poll.poll()}
            if self._wake_read in ready and any(os.read(self._wake_read, 64)):
                return self._stop()
            if self._done.is_set():
                return None
            if watched is not None and watched.fileno() in ready and self._ended(watched):
                return self._lose()

    @staticmethod
    def _ended(connection: socket.socket) -> bool:
        try:
            return connection.recv(64) == b""
        except BlockingIOError:
            return False
        except OSError:
            return True

    def _stop(self) -> None:
        deadline = time.monotonic() + STOP_BUDGET_S
        self.stopping.set()
        if not self._done.wait(deadline - time.monotonic()):
            self._log.warning("the simulator does not answer; leaving without restoring it")
            self._last_words()
            self._exit(0)

    def _lose(self) -> None:
        self.lost.set()
        self.stopping.set()
        if not self._done.wait(_LOST_BUDGET_S):
            self._log.error("the simulator is lost: it closed the connection")
            self._exit(EXIT_SIMULATOR_LOST)

    def _exit(self, code: int) -> None:
        self._close()
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)
