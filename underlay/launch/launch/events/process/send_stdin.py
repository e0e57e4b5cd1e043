"""Event: a process is to get input."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from .process_targeted_event import ProcessTargetedEvent

if TYPE_CHECKING:
    from ...actions.execute_local import ExecuteLocal


class SendStdin(ProcessTargetedEvent):
    """Asks to write bytes to the standard input of processes."""

    name = "launch.events.process.SendStdin"

    def __init__(self, *, text: bytes, process_matcher: Callable[[ExecuteLocal], bool]) -> None:
        super().__init__(process_matcher=process_matcher)
        self.__text = text

    @property
    def text(self) -> bytes:
        """The bytes."""
        return self.__text
