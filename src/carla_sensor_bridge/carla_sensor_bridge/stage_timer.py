"""Mean and longest time per stage of the tick since the last report."""

from __future__ import annotations

from threading import Lock
from typing import Final, NamedTuple

STAGES: Final = ("tick_us", "read_us", "metrics_us", "sensors_us", "ring_us", "wait_us")


class StageTimes(NamedTuple):
    """What the frames of an interval took."""

    frames: int
    mean_us: dict[str, float]
    max_us: dict[str, float]


class StageTimer:
    """Collects the nanoseconds that the tick thread spends per stage; any thread may take them."""

    def __init__(self) -> None:
        self._sums = [0] * len(STAGES)
        self._longest = [0] * len(STAGES)
        self._frames = 0
        self._lock = Lock()

    def add(self, *stage_ns: int) -> None:
        """Add one frame: the time of each of STAGES, in their order, ns."""
        with self._lock:
            for index, spent_ns in enumerate(stage_ns):
                self._sums[index] += spent_ns
                if spent_ns > self._longest[index]:
                    self._longest[index] = spent_ns
            self._frames += 1

    def take(self) -> StageTimes:
        """Return what was added since the last call; zeros where that is nothing."""
        with self._lock:
            sums, longest, frames = self._sums, self._longest, self._frames
            self._sums, self._longest, self._frames = [0] * len(STAGES), [0] * len(STAGES), 0
        count = max(frames, 1)
        return StageTimes(
            frames,
            {name: total / count / 1e3 for name, total in zip(STAGES, sums, strict=True)},
            {name: most / 1e3 for name, most in zip(STAGES, longest, strict=True)},
        )
