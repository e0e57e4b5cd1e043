"""What a launch does on SIGINT, SIGTERM and SIGQUIT."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable
from typing import Any

from .events.process import SignalProcess
from .launch_context import LaunchContext

_HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGQUIT)


class SigintWitness:
    """A child in launch's own process group that dies of the SIGINTs that reach the whole group.

    It tells a terminal's Ctrl-C, which every process of the group gets, from a signal that was sent
    to launch alone. Without it children would get SIGINT twice, or not at all.
    """

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        try:
            self._process = subprocess.Popen(
                ["cat"],  # ends at end of file, so it cannot outlive launch
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
        except OSError:
            self._process = None

    def saw_sigint(self, wait_s: float = 0.1) -> bool | None:
        """Return whether the group got SIGINT, None if that cannot be told."""
        if self._process is None:
            return None
        try:
            return self._process.wait(timeout=wait_s) == -signal.SIGINT
        except subprocess.TimeoutExpired:
            return False

    def close(self) -> None:
        """End the process."""
        if self._process is None:
            return
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(timeout=1.0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(timeout=1.0)
        self._process = None


class SignalReactions:
    """Context manager: installs the reactions while a launch runs in the main thread."""

    def __init__(
        self,
        context: LaunchContext,
        logger: logging.Logger,
        shutdown: Callable[..., Any],
        fail: Callable[[], None],
    ) -> None:
        self._context = context
        self._logger = logger
        self._shutdown = shutdown
        self._fail = fail
        self._count = 0
        self._previous: dict[signal.Signals, Any] = {}
        self._witness: SigintWitness | None = None

    def __enter__(self) -> SignalReactions:
        if threading.current_thread() is not threading.main_thread():
            return self  # only the main thread can handle signals
        loop = asyncio.get_running_loop()
        for number in _HANDLED:
            self._previous[number] = signal.getsignal(number)
            loop.add_signal_handler(number, self._on_signal, number)
        self._witness = SigintWitness()
        return self

    def __exit__(self, *details: object) -> None:
        if not self._previous:
            return
        loop = asyncio.get_running_loop()
        for number, previous in self._previous.items():
            loop.remove_signal_handler(number)
            if previous is not None:
                signal.signal(number, previous)
        if self._witness is not None:
            self._witness.close()

    def _on_signal(self, number: signal.Signals) -> None:
        self._count += 1
        text = "ctrl-c (SIGINT)" if number == signal.SIGINT else number.name
        if self._count == 1:
            self._begin(number, text)
            return
        harder = signal.SIGTERM if self._count == 2 else signal.SIGKILL
        self._logger.warning(f"interrupted again with {text}, sending {harder.name} to what still runs")
        self._context.emit_event_sync(SignalProcess(signal_number=harder, process_matcher=lambda _: True))
        if harder == signal.SIGKILL:
            self._fail()

    def _begin(self, number: signal.Signals, text: str) -> None:
        if number == signal.SIGINT:
            self._logger.warning(f"user interrupted with {text}")
            seen = self._witness.saw_sigint() if self._witness is not None else None
            if seen is None:  # as upstream: a terminal's Ctrl-C reaches the whole group
                seen = not self._context.noninteractive and os.isatty(0)
            self._context._children_got_sigint = seen
            self._shutdown(reason="ctrl-c (SIGINT)", due_to_sigint=True)
        else:
            self._logger.error(f"user interrupted with {text}, stopping all processes")
            self._fail()
            self._shutdown(reason=text, due_to_sigint=False)
