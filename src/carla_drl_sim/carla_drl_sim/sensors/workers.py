"""Threads that share the work of one tick."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

Item = TypeVar("Item")
Result = TypeVar("Result")


def available_cores() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0))


class Workers:
    """The calling thread and helpers, as many threads as there are cores. The work must release the GIL to gain.

    Args:
        threads: number of threads, the calling one included; the cores of this process where None.
    """

    def __init__(self, threads: int | None = None) -> None:
        self.threads = max(1, available_cores() if threads is None else threads)
        self._helpers = ThreadPoolExecutor(self.threads - 1, "sensors") if self.threads > 1 else None

    def map(self, function: Callable[[Item], Result], items: Sequence[Item]) -> list[Result]:
        """Apply a function to all items and return its results in their order. The first error is raised."""
        if self._helpers is None or len(items) < 2:
            return [function(item) for item in items]
        results: dict[int, Result] = {}
        take = itertools.count()  # taking the next number is one step under the GIL

        def work() -> None:
            while (index := next(take)) < len(items):
                results[index] = function(items[index])

        helpers = [self._helpers.submit(work) for _ in range(min(self.threads, len(items)) - 1)]
        try:
            work()
        finally:
            errors = [helper.exception() for helper in helpers]
        for error in errors:
            if error is not None:
                raise error
        return [results[index] for index in range(len(items))]

    def close(self) -> None:
        """End the helpers."""
        if self._helpers is not None:
            self._helpers.shutdown()
