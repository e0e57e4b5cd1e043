"""Calls back once several parts are ready."""

from __future__ import annotations

import threading
from collections.abc import Callable


class ReadyAggregator:
    """Calls `ready_fn` when its own method `ready_fn` was called `num_to_aggregate` times."""

    def __init__(self, ready_fn: Callable[[], None], num_to_aggregate: int) -> None:
        self._lock = threading.Lock()
        self._callback = ready_fn
        self._left = num_to_aggregate

    def ready_fn(self) -> None:
        """Note that one part is ready; further calls do nothing."""
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._callback()
