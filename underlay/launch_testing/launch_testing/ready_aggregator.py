"""Calls back once several parts are ready."""

from __future__ import annotations

import threading
from collections.abc import Callable


class ReadyAggregator:
    """Calls `callback` when `ready_fn` was called `number` times."""

    def __init__(self, callback: Callable[[], None], number: int) -> None:
        self._lock = threading.Lock()
        self._callback = callback
        self._left = number

    def ready_fn(self) -> None:
        """Note that one part is ready; further calls do nothing."""
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._callback()
