"""SIGINT and SIGTERM as a flag, so that files are closed in peace."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class StopFlag:
    """Context manager; `stopped` is true after the first signal or `set()`. Acts in the main thread only."""

    def __init__(self) -> None:
        self.stopped = False
        self._old: dict[signal.Signals, Any] = {}

    def set(self) -> None:
        """Stop."""
        self.stopped = True

    def __enter__(self) -> StopFlag:
        if threading.current_thread() is threading.main_thread():
            self._old = {number: signal.signal(number, self._on_signal) for number in _SIGNALS}
        return self

    def __exit__(self, kind: object, error: object, traceback: object) -> None:
        for number, handler in self._old.items():
            signal.signal(number, handler)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.stopped = True
