"""How long a launch may take to be ready."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_F = TypeVar("_F", bound=Callable[..., Any])


def ready_to_test_action_timeout(timeout: float) -> Callable[[_F], _F]:
    """Return a decorator for `generate_test_description`: a ReadyToTest must be reached within `timeout` seconds."""

    def decorate(function: _F) -> _F:
        function.__ready_to_test_action_timeout__ = timeout  # type: ignore[attr-defined]
        return function

    return decorate
