"""Assertions about the order of output."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from ..processes import resolveProcesses
from .text import strip_ansi


class SequentialTextChecker:
    """Looks for texts one after the other."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._position = 0

    def assertInStdout(self, msg: str) -> None:  # noqa: N802 (upstream's name)
        """Fail unless a text follows what was found before."""
        position = self._text.find(msg, self._position)
        if position < 0:
            where = "only before the last text that was found" if msg in self._text else "nowhere"
            raise AssertionError(f"'{msg}' is {where} in:\n{self._text}")
        self._position = position + len(msg)


@contextmanager
def assertSequentialStdout(  # noqa: N802 (upstream's name)
    proc_output: Any, process: Any, cmd_args: Any = None
) -> Iterator[SequentialTextChecker]:
    """Yield a checker of one process's output."""
    action = resolveProcesses(proc_output, process=process, cmd_args=cmd_args)[0]
    yield SequentialTextChecker(strip_ansi(proc_output.text(action, stream="stdout")))
