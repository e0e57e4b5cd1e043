"""Mean time per stage of the tick since the last report."""

from __future__ import annotations

import time
from threading import Lock
from typing import Final

STAGES: Final = ("tick_us", "read_us", "metrics_us", "sensors_us", "ring_us", "wait_us")


class StageTimer:
    """Sums up the nanoseconds that the tick thread spends per stage; any thread may ask for the means."""

    def __init__(self) -> None:
        self._sums = [0] * len(STAGES)
        self._frames = 0
        self._since = time.monotonic_ns()
        self._lock = Lock()

    def add(self, *stage_ns: int) -> None:
        """Add one frame: the time of each of STAGES, in their order, ns."""
        with self._lock:
            for index, spent_ns in enumerate(stage_ns):
                self._sums[index] += spent_ns
            self._frames += 1

    def take(self) -> tuple[dict[str, float], float]:
        """Return mean microseconds per stage since the last call, and frames per second of wall time."""
        now = time.monotonic_ns()
        with self._lock:
            sums, frames, since = self._sums, self._frames, self._since
            self._sums, self._frames, self._since = [0] * len(STAGES), 0, now
        means = {
            name: (total / frames / 1e3 if frames else 0.0) for name, total in zip(STAGES, sums, strict=True)
        }
        return means, frames / max((now - since) / 1e9, 1e-9)
