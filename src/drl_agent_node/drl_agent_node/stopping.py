"""SIGINT and SIGTERM: the first asks to finish, a later one ends the process at once."""

from __future__ import annotations

import os
import signal
import threading
import time
from types import FrameType
from typing import Final

# A terminal's Ctrl-C and a launch system's own signal may both arrive: that is one request, not two.
SAME_REQUEST_S: Final = 0.5


class StopRequest:
    """Truthy once the process was asked to stop. Make it in the main thread."""

    def __init__(self) -> None:
        self._event = threading.Event()
        self._asked_at = 0.0
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._on_signal)

    def __call__(self) -> bool:
        """Tell whether to stop."""
        return self._event.is_set()

    def _on_signal(self, number: int, _frame: FrameType | None) -> None:
        now = time.monotonic()
        if self._event.is_set() and now - self._asked_at > SAME_REQUEST_S:
            os._exit(128 + number)
        if not self._event.is_set():
            self._asked_at = now
            self._event.set()
