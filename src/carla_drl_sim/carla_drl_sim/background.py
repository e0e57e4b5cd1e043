"""A thread beside the event loop, for work that would hold up the ticks; the loop hears of results by a file descriptor."""

from __future__ import annotations

import contextlib
import os
import queue
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Any, Generic, TypeVar

Token = TypeVar("Token")


class Background(Generic[Token]):
    """Runs pieces of work one after the other; each comes back with the token that it was given.

    Attributes:
        fd: readable while there are results to be taken.
    """

    def __init__(self) -> None:
        self.fd = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        self._thread = ThreadPoolExecutor(1, "background")
        self._done: queue.SimpleQueue[tuple[Token, Future[Any]]] = queue.SimpleQueue()

    def submit(self, token: Token, work: Callable[[], Any]) -> None:
        """Run a piece of work after those that wait already."""

        def finished(future: Future[Any]) -> None:
            self._done.put((token, future))
            with contextlib.suppress(OSError):  # closed meanwhile
                os.eventfd_write(self.fd, 1)

        self._thread.submit(work).add_done_callback(finished)

    def results(self) -> Iterator[tuple[Token, Future[Any]]]:
        """What has been done since the last call."""
        with contextlib.suppress(BlockingIOError):
            os.eventfd_read(self.fd)
        while not self._done.empty():
            yield self._done.get()

    def close(self) -> None:
        """Drop what waits, and wait for what runs."""
        self._thread.shutdown(cancel_futures=True)
        os.close(self.fd)
