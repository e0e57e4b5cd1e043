"""How far training is, for people: one line that renews itself on a terminal, plain lines elsewhere."""

from __future__ import annotations

import math
import os
import shutil
import stat
import sys
import time
from collections import deque
from dataclasses import dataclass
from typing import Final, TextIO

TERMINAL_PERIOD_S: Final = 0.2
PIPE_PERIOD_S: Final = 2.0
FILE_PERIOD_S: Final = 5.0
BAR_WIDTH: Final = 20
_RATE_WINDOW_S: Final = 10.0


@dataclass(frozen=True)
class Progress:
    """A moment of a training run. Rates, ETA and episode means are NaN while unknown."""

    steps: int
    total_steps: int
    steps_per_s: float
    mean_return: float
    success_rate: float
    eta_s: float


class RateMeter:
    """Steps per second over the last seconds."""

    def __init__(self, window_s: float = _RATE_WINDOW_S) -> None:
        self._window_s = window_s
        self._marks: deque[tuple[float, int]] = deque()

    def update(self, now: float, steps: int) -> float:
        """Note that `steps` were done at `now` (s); returns the rate, NaN before two moments are known."""
        marks = self._marks
        if marks and now - marks[-1][0] < 0.02 * self._window_s and len(marks) > 1:
            marks[-1] = (now, steps)
        else:
            marks.append((now, steps))
        while len(marks) > 2 and now - marks[1][0] > self._window_s:
            marks.popleft()
        elapsed = now - marks[0][0]
        return (steps - marks[0][1]) / elapsed if elapsed > 0 else math.nan


def format_duration(seconds: float) -> str:
    """Return `seconds` as h:mm:ss or m:ss; `?` when it is not finite."""
    if not math.isfinite(seconds):
        return "?"
    minutes, second = divmod(round(max(seconds, 0.0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02d}:{second:02d}" if hours else f"{minute}:{second:02d}"


def format_line(progress: Progress) -> str:
    """Return the numbers in one line."""
    share = progress.steps / max(progress.total_steps, 1)
    mean_return = "-" if math.isnan(progress.mean_return) else f"{progress.mean_return:.1f}"
    success = "-" if math.isnan(progress.success_rate) else f"{progress.success_rate:.0%}"
    rate = "-" if math.isnan(progress.steps_per_s) else f"{progress.steps_per_s:,.0f}"
    return (
        f"{share:4.0%} {progress.steps:,}/{progress.total_steps:,} steps, {rate} steps/s, return {mean_return}, "
        f"success {success}, ETA {format_duration(progress.eta_s)}"
    )


def format_bar(progress: Progress, width: int) -> str:
    """Return the line with a bar in front, cut to `width` characters."""
    share = min(progress.steps / max(progress.total_steps, 1), 1.0)
    filled = round(share * BAR_WIDTH)
    return f"[{'#' * filled}{'.' * (BAR_WIDTH - filled)}] {format_line(progress)}"[: max(width - 1, 1)]


class ProgressPrinter:
    """Prints progress as often as suits where it goes: terminal, pipe (such as under `ros2 launch`) or file."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream if stream is not None else sys.stdout
        self._terminal = self._stream.isatty()
        self._period_s = TERMINAL_PERIOD_S if self._terminal else _period(self._stream)
        self._due_at = -math.inf
        self._line_open = False

    def due(self, now: float | None = None) -> bool:
        """True when it is time for the next line; `now` is a monotonic time, s."""
        return (time.monotonic() if now is None else now) >= self._due_at

    def show(self, progress: Progress, now: float | None = None) -> None:
        """Print `progress`."""
        width = shutil.get_terminal_size((120, 24)).columns
        self.note(format_bar(progress, width) if self._terminal else format_line(progress), now)

    def note(self, text: str, now: float | None = None) -> None:
        """Print `text` in place of progress."""
        self._due_at = (time.monotonic() if now is None else now) + self._period_s
        if self._terminal:
            self._stream.write("\r\x1b[K" + text)
            self._line_open = True
        else:
            self._stream.write(text + "\n")
        self._stream.flush()

    def finish(self) -> None:
        """End the line that renews itself, so that what follows starts on its own line."""
        if self._line_open:
            self._stream.write("\n")
            self._stream.flush()
            self._line_open = False


def _period(stream: TextIO) -> float:
    try:
        mode = os.fstat(stream.fileno()).st_mode
    except (OSError, ValueError):
        return FILE_PERIOD_S
    return PIPE_PERIOD_S if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode) else FILE_PERIOD_S
