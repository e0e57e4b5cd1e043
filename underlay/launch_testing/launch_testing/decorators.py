"""Marks of test cases."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

_T = TypeVar("_T", bound=type)


def post_shutdown_test() -> Callable[[_T], _T]:
    """Return a decorator for test cases that run after all processes have ended."""

    def mark(test_case: _T) -> _T:
        test_case.__post_shutdown_test__ = True  # type: ignore[attr-defined]
        return test_case

    return mark
