"""What the loop costs: stages of the tick, rate, memory and processor time, once per interval."""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from pathlib import Path

from carla_sensor_bridge.stage_timer import StageTimer

_STATM = Path("/proc/self/statm")


@dataclass(frozen=True)
class Performance:
    """Figures of one interval."""

    interval_s: float = 0.0
    """Wall time, s."""
    ticks_per_s: float = 0.0
    real_time_factor: float = 0.0
    """Simulated time per wall time."""
    mean_us: dict[str, float] = field(default_factory=dict)
    """Mean wall time per tick of each stage."""
    max_us: dict[str, float] = field(default_factory=dict)
    rss_bytes: int = 0
    """Resident memory of this process."""
    cpu_percent: float = 0.0
    """Processor time of this process, % of one core."""


class PerformanceMonitor:
    """Takes the figures of the time since it was last asked.

    Attributes:
        last: the figures of the last interval; all zero before the first.
    """

    def __init__(self, timer: StageTimer, step_s: float) -> None:
        """`step_s` is the simulated time per tick, s."""
        self.last = Performance()
        self._timer = timer
        self._step_s = step_s
        self._since = time.monotonic()
        self._cpu_s = time.process_time()

    def sample(self) -> Performance:
        """End an interval and return its figures."""
        now, cpu_s = time.monotonic(), time.process_time()
        interval = max(now - self._since, 1e-9)
        stages = self._timer.take()
        self.last = Performance(
            interval_s=interval,
            ticks_per_s=stages.frames / interval,
            real_time_factor=stages.frames * self._step_s / interval,
            mean_us=stages.mean_us,
            max_us=stages.max_us,
            rss_bytes=resident_bytes(),
            cpu_percent=100.0 * (cpu_s - self._cpu_s) / interval,
        )
        self._since, self._cpu_s = now, cpu_s
        return self.last


def resident_bytes() -> int:
    """Return the resident memory of this process, bytes."""
    return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
