"""What processes print."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from typing import Any

from .asserts.text import Expected, OutputFilter, contains, describe, strip_ansi
from .processes import NoMatchingProcessException, resolveProcesses


class IoHandler:
    """Output of all processes in the order in which it came; items are `ProcessIO` events."""

    def __init__(self) -> None:
        self._events: list[Any] = []

    def track(self, action: Any) -> None:
        """Know a process before it prints anything."""

    def append(self, event: Any) -> None:
        """Add output."""
        self._events.append(event)

    def __iter__(self) -> Iterator[Any]:
        return iter(list(self._events))

    def __getitem__(self, process: Any) -> list[Any]:
        """Return the output of a process, given as action or name."""
        actions = resolveProcesses(self, process=process, strict_proc_matching=False)
        return [event for event in self if event.action in actions]

    def processes(self) -> list[Any]:
        """Return the actions whose processes have printed."""
        return list(dict.fromkeys(event.action for event in self))

    def process_names(self) -> list[str]:
        """Return the names of the processes that have printed."""
        return list(dict.fromkeys(event.process_name for event in self))

    def text(
        self, process: Any = None, *, stream: str | None = None, strict_proc_matching: bool = True
    ) -> str:
        """Return what a process, or all, printed to `stdout`, `stderr` or (None) both."""
        actions = None
        if process is not None:
            try:
                actions = resolveProcesses(self, process=process, strict_proc_matching=strict_proc_matching)
            except NoMatchingProcessException:
                return ""
        return b"".join(
            event.text
            for event in self
            if (actions is None or event.action in actions)
            and (stream is None or event.from_stdout == (stream == "stdout"))
        ).decode(errors="replace")


class ActiveIoHandler(IoHandler):
    """Output of processes that run; may be used while it grows."""

    def __init__(self) -> None:
        super().__init__()
        self._changed = threading.Condition()
        self._tracked: list[Any] = []

    def track(self, action: Any) -> None:
        """Know a process before it prints anything."""
        with self._changed:
            self._tracked.append(action)

    def append(self, event: Any) -> None:
        """Add output and wake who waits for it."""
        with self._changed:
            super().append(event)
            self._changed.notify_all()

    def __iter__(self) -> Iterator[Any]:
        with self._changed:
            return iter(list(self._events))

    def processes(self) -> list[Any]:
        """Return the actions whose processes have started."""
        with self._changed:
            tracked = list(self._tracked)
        return list(dict.fromkeys([*tracked, *super().processes()]))

    def waitFor(  # noqa: N802 (upstream's name)
        self,
        expected_output: Expected,
        process: Any = None,
        cmd_args: Any = None,
        *,
        strict_proc_matching: bool = True,
        output_filter: OutputFilter | None = None,
        timeout: float = 10.0,
        strip_ansi_escape_sequences: bool = True,
        stream: str | None = "stderr",
    ) -> bool:
        """Wait up to `timeout` seconds until a process has printed something; return whether it has.

        It must be printed to `stream`, which is stderr unless `stdout` is said.
        """
        deadline = time.monotonic() + timeout
        with self._changed:
            while True:
                text = self._text_unlocked(process, cmd_args, strict_proc_matching, stream)
                text = strip_ansi(text) if strip_ansi_escape_sequences else text
                if contains(text, expected_output, output_filter):
                    return True
                left = deadline - time.monotonic()
                if left <= 0.0:
                    return False
                self._changed.wait(left)

    def _text_unlocked(self, process: Any, cmd_args: Any, strict: bool, stream: str | None) -> str:
        events = self._events
        if process is not None:
            try:
                actions = resolveProcesses(
                    self, process=process, cmd_args=cmd_args, strict_proc_matching=strict
                )
            except NoMatchingProcessException:
                return ""
            events = [event for event in events if event.action in actions]
        return b"".join(
            event.text for event in events if stream is None or event.from_stdout == (stream == "stdout")
        ).decode(errors="replace")

    def assertWaitFor(  # noqa: N802 (upstream's name)
        self,
        expected_output: Expected,
        process: Any = None,
        cmd_args: Any = None,
        *,
        timeout: float = 10.0,
        **kwargs: Any,
    ) -> None:
        """Fail unless a process prints something within `timeout` seconds; see `waitFor`."""
        if not self.waitFor(expected_output, process, cmd_args, timeout=timeout, **kwargs):
            raise AssertionError(
                f"Waiting for output timed out after {timeout:g} s: {describe(expected_output)} not in:\n"
                + self.text(process, strict_proc_matching=False)
            )
