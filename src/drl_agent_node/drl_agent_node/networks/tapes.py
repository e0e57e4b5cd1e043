"""What passes write into, kept for the next ones: memory that is asked for anew has to be cleared by the system."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, Generic, Protocol, TypeVar

_SPARE: Final = 4


class _Tape(Protocol):
    rows: int


TapeT = TypeVar("TapeT", bound=_Tape)


class Tapes(Generic[TapeT]):
    """Lends tapes; keeps some of those that come back."""

    def __init__(self, make: Callable[[int], TapeT]) -> None:
        """`make` returns a new tape for a number of rows."""
        self._make = make
        self._spare: list[TapeT] = []

    def take(self, rows: int) -> TapeT:
        """Return a tape, for `give` to take back."""
        for index, tape in enumerate(self._spare):
            if tape.rows == rows:
                return self._spare.pop(index)
        return self._make(rows)

    def give(self, tape: TapeT) -> None:
        """Take back a tape that nobody reads any more."""
        self._spare.append(tape)
        del self._spare[:-_SPARE]
