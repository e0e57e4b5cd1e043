"""Latencies of the recent past: written by the thread that drives, read by the one that reports."""

from __future__ import annotations

from typing import Final

import numpy as np

_CAPACITY: Final = 4096


class LatencyWindow:
    """The last `capacity` latencies since the last look."""

    def __init__(self, capacity: int = _CAPACITY) -> None:
        self._values = np.zeros(capacity, np.float64)
        self._count = 0
        self._taken = 0
        self.total = 0

    def add(self, seconds: float) -> None:
        """Take in one latency, s."""
        self._values[self._count % len(self._values)] = seconds
        self._count += 1
        self.total = self._count

    def take(self) -> dict[str, float]:
        """Return `p50`, `p99` and `max` in microseconds of those since the last call; empty when there is none."""
        count = self._count
        new = min(count - self._taken, len(self._values))
        self._taken = count
        if not new:
            return {}
        recent = 1e6 * self._values[np.arange(count - new, count) % len(self._values)]
        p50, p99 = np.percentile(recent, (50, 99))
        return {"p50": float(p50), "p99": float(p99), "max": float(recent.max())}
