"""Marks of launch tests and test methods."""

from __future__ import annotations

import functools
import time
import unittest
from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


def keep_alive(function: _F) -> _F:
    """Keep the launch up, for a `generate_test_description` whose processes may all end before the tests do."""
    markers = dict(getattr(function, "__markers__", {}))
    markers["keep_alive"] = True
    function.__markers__ = markers  # type: ignore[attr-defined]
    return function


def retry_on_failure(*, times: int, delay: float | None = None) -> Callable[[_F], _F]:
    """Return a decorator that runs a test method again after a failure, `times` in all, `delay` s apart."""
    if times < 1:
        raise ValueError(f"parameter 'times' is {times}; allowed: 1 and more")

    def decorate(function: _F) -> _F:
        @functools.wraps(function)
        def run(self: unittest.TestCase, *arguments: Any, **keywords: Any) -> Any:
            for left in range(times - 1, -1, -1):
                try:
                    return function(self, *arguments, **keywords)
                except AssertionError:
                    if left == 0:
                        raise
                    time.sleep(delay or 0.0)
            raise AssertionError("unreachable: the last failure is raised")

        return run  # type: ignore[return-value]

    return decorate
