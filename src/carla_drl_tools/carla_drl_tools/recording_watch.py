"""How a recording goes: what it has written, how fast, and how long the disk will last."""

from __future__ import annotations

import shutil
from collections import deque
from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path
from typing import Final

MB: Final = 10**6
WARN_LEFT_S: Final = 600.0
_RATE_WINDOW_S: Final = 10.0


class Level(IntEnum):
    """Levels of `diagnostic_msgs/DiagnosticStatus`."""

    OK = 0
    WARN = 1
    ERROR = 2


@dataclass(frozen=True)
class Verdict:
    """What there is to say.

    Attributes:
        level, message: for diagnostics.
        full: whether the recording has to end, for the sake of everything else that needs the disk.
        values: figures by name.
    """

    level: Level
    message: str
    full: bool
    values: dict[str, str]


class RecordingWatch:
    """Looks at a bag while it grows."""

    def __init__(self, bag: Path, min_free_mb: int) -> None:
        """Watch the folder `bag`, which may not be there yet; `min_free_mb` of its disk are to stay free."""
        self._bag = bag
        self._min_free_mb = min_free_mb
        self._sizes: deque[tuple[float, float]] = deque()

    def look(self, now_s: float) -> Verdict:
        """Judge what is there at a monotonic time, s."""
        files = [path for path in self._bag.glob("*") if path.is_file()]
        written_mb = sum(path.stat().st_size for path in files) / MB
        folder = self._bag if self._bag.is_dir() else self._bag.parent
        free_mb = shutil.disk_usage(folder).free / MB
        rate = self._rate(now_s, written_mb)
        left_s = (free_mb - self._min_free_mb) / rate if rate > 0.0 else float("inf")
        values = {
            "bag": str(self._bag),
            "bag_mb": f"{written_mb:.1f}",
            "bag_files": str(len(files)),
            "mb_per_s": f"{rate:.2f}",
            "disk_free_mb": f"{free_mb:.0f}",
            "min_free_mb": str(self._min_free_mb),
        }
        if free_mb < self._min_free_mb:
            message = f"the disk is full: {free_mb:.0f} MB are free, {self._min_free_mb} MB are to stay free"
            return Verdict(Level.ERROR, message, True, values)
        if left_s < WARN_LEFT_S:
            return Verdict(Level.WARN, f"the disk will be full in {left_s / 60:.0f} min", False, values)
        return Verdict(Level.OK, f"{written_mb:.1f} MB recorded", False, values)

    def _rate(self, now_s: float, written_mb: float) -> float:
        """Return MB/s over the last seconds; files that somebody moved away count as nothing."""
        self._sizes.append((now_s, written_mb))
        while now_s - self._sizes[0][0] > _RATE_WINDOW_S and len(self._sizes) > 2:
            self._sizes.popleft()
        first_s, first_mb = self._sizes[0]
        return max(0.0, written_mb - first_mb) / (now_s - first_s) if now_s > first_s else 0.0
