"""How processes ended."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from .processes import NoMatchingProcessException, resolveProcesses


class ProcInfoHandler:
    """Processes that have ended; items are `ProcessExited` events."""

    def __init__(self) -> None:
        self._events: dict[Any, Any] = {}

    def append(self, event: Any) -> None:
        """Add what is known of a process."""
        self._events[event.action] = event

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._events.values()))

    def processes(self) -> list[Any]:
        """Return the actions that are known."""
        return list(self._events)

    def process_names(self) -> list[str]:
        """Return the names of the processes that are known."""
        return [event.process_name for event in self]

    def __getitem__(self, process: Any) -> Any:
        """Return the event of a process, given as action or name; NoMatchingProcessException if there is none."""
        return self._events[resolveProcesses(self, process=process)[0]]


class ActiveProcInfoHandler(ProcInfoHandler):
    """Processes that run or have ended; may be used while that changes."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()

    def append(self, event: Any) -> None:
        """Add what is known of a process and wake who waits for it."""
        with self._changed:
            super().append(event)
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Any]:
        with self._changed:
            return iter(list(self._events.values()))

    def processes(self) -> list[Any]:
        """Return the actions that are known."""
        with self._changed:
            return list(self._events)

    def waitForStartup(  # noqa: N802 (upstream's name)
        self, process: Any, cmd_args: Any = None, *, timeout: float = 10.0
    ) -> bool:
        """Wait up to `timeout` seconds until a process has started; return whether it has."""
        return self._wait(process, cmd_args, timeout, lambda event: True)

    def waitForShutdown(  # noqa: N802 (upstream's name)
        self, process: Any, cmd_args: Any = None, *, timeout: float = 10.0
    ) -> bool:
        """Wait up to `timeout` seconds until a process has ended; return whether it has."""
        return self._wait(process, cmd_args, timeout, lambda event: hasattr(event, "returncode"))

    def assertWaitForStartup(  # noqa: N802 (upstream's name)
        self, process: Any, cmd_args: Any = None, *, timeout: float = 10.0
    ) -> None:
        """Fail unless a process starts within `timeout` seconds."""
        if not self.waitForStartup(process=process, cmd_args=cmd_args, timeout=timeout):
            raise AssertionError(f"Timed out after {timeout:g} s waiting for process '{process}' to start")

    def assertWaitForShutdown(  # noqa: N802 (upstream's name)
        self, process: Any, cmd_args: Any = None, *, timeout: float = 10.0
    ) -> None:
        """Fail unless a process ends within `timeout` seconds."""
        if not self.waitForShutdown(process=process, cmd_args=cmd_args, timeout=timeout):
            raise AssertionError(f"Timed out after {timeout:g} s waiting for process '{process}' to finish")

    def _wait(self, process: Any, cmd_args: Any, timeout: float, condition: Callable[[Any], bool]) -> bool:
        deadline = time.monotonic() + timeout
        while True:
            try:
                found = resolveProcesses(self, process=process, cmd_args=cmd_args)
                if condition(self[found[0]]):
                    return True
            except NoMatchingProcessException:
                pass
            left = deadline - time.monotonic()
            if left <= 0.0:
                return False
            with self._changed:
                self._changed.wait(min(left, 0.05))
