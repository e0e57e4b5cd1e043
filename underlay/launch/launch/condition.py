"""Base of the conditions that actions may carry."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .launch_context import LaunchContext


class Condition:
    """A predicate over the launch context."""

    def __init__(self, *, predicate: Callable[[LaunchContext], bool] | None = None) -> None:
        self._predicate = predicate
        self.__last_result: bool | None = None

    def __or__(self, other: Condition) -> Condition:
        return Condition(predicate=lambda context: self.evaluate(context) or other.evaluate(context))

    def __and__(self, other: Condition) -> Condition:
        return Condition(predicate=lambda context: self.evaluate(context) and other.evaluate(context))

    def __invert__(self) -> Condition:
        return Condition(predicate=lambda context: not self.evaluate(context))

    def describe(self) -> str:
        """Return a one-line description."""
        return repr(self)

    def evaluate(self, context: LaunchContext) -> bool:
        """Return what the predicate says; without one, True."""
        self.__last_result = True if self._predicate is None else bool(self._predicate(context))
        return self.__last_result

    def _last_evaluated(self) -> bool | None:
        return self.__last_result
