"""Hold simulated time back to a multiple of the wall's."""

from __future__ import annotations

import time
from threading import Event


class Pace:
    """Waits before each step until it is due; one that comes late is due at once, and is not caught up with."""

    def __init__(self, real_time_factor: float) -> None:
        """Set the pace.

        Args:
            real_time_factor: simulated seconds per second of wall time; 0: no limit.
        """
        self._factor = real_time_factor
        self._due = 0.0
        self._sim_time_s: float | None = None

    def wait(self, sim_time_s: float, stopping: Event) -> None:
        """Wait until a simulated time (s) is due, or until `stopping`; the first one is due at once."""
        if self._factor == 0.0:
            return
        now = time.monotonic()
        step_s = 0.0 if self._sim_time_s is None else (sim_time_s - self._sim_time_s) / self._factor
        self._sim_time_s = sim_time_s
        self._due = max(self._due + step_s, now)
        stopping.wait(self._due - now)
