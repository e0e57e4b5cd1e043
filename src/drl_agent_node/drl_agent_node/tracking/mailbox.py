"""Work for a thread of its own: bounded, counted, patient with a receiver that is down."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

Job = Callable[[], None]

CAPACITY: Final = 2000
FIRST_RETRY_S: Final = 1.0
LAST_RETRY_S: Final = 30.0


class Mailbox:
    """Runs jobs in order in a daemon thread. `post` never waits.

    A job that raises is tried again, after longer and longer pauses; meanwhile jobs pile up, and when there are more
    than `capacity`, the oldest are dropped and counted.

    Attributes:
        done, dropped: how many jobs were done, and how many were dropped for want of room or time.
        failing: what the last attempt raised, empty when it went well.
    """

    def __init__(self, name: str, warn: Callable[[str], None], capacity: int = CAPACITY) -> None:
        self.done = 0
        self.dropped = 0
        self.failing = ""
        self._name = name
        self._warn = warn
        self._capacity = capacity
        self._jobs: deque[Job] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self._busy = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Jobs that are not done yet."""
        return len(self._jobs) + self._busy

    def post(self, job: Job) -> None:
        """Hand in a job."""
        with self._changed:
            if len(self._jobs) >= self._capacity:
                self._jobs.popleft()
                self.dropped += 1
            self._jobs.append(job)
            self._changed.notify_all()

    def close(self, timeout_s: float) -> None:
        """Wait up to `timeout_s` for the jobs to be done; what is left then is dropped, and said so."""
        end = time.monotonic() + timeout_s
        with self._changed:
            self._closing = True
            self._changed.notify_all()
            while (self._jobs or self._busy) and time.monotonic() < end:
                self._changed.wait(max(end - time.monotonic(), 0.0))
            left = len(self._jobs) + self._busy
            self._jobs.clear()
        self.dropped += left
        if self.dropped:
            self._warn(f"{self._name}: {self.dropped} records were lost{self._why()}")

    def _why(self) -> str:
        return f"; last error: {self.failing}" if self.failing else ""

    def _run(self) -> None:
        pause_s = FIRST_RETRY_S
        while True:
            with self._changed:
                while not self._jobs and not self._closing:
                    self._changed.wait()
                if not self._jobs:
                    return
                job = self._jobs.popleft()
                self._busy = True
            failed = self._attempt(job)
            with self._changed:
                self._busy = False
                if not failed:
                    pause_s = FIRST_RETRY_S
                    self._changed.notify_all()
                    continue
                if len(self._jobs) >= self._capacity:
                    self.dropped += 1
                else:
                    self._jobs.appendleft(job)
                if self._closing:
                    self._changed.notify_all()
                self._changed.wait(pause_s if not self._closing else min(pause_s, 0.2))
            pause_s = min(2.0 * pause_s, LAST_RETRY_S)

    def _attempt(self, job: Job) -> bool:
        """Do a job; returns whether it failed."""
        try:
            job()
        # Whatever a client library raises must not end training.
        except Exception as error:
            reason = f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
            if not self.failing:
                self._warn(f"{self._name} does not answer, trying again and keeping records: {reason}")
            self.failing = reason
            return True
        if self.failing:
            self._warn(f"{self._name} answers again")
            self.failing = ""
        self.done += 1
        return False
