"""Scopes of environment variables."""

from __future__ import annotations

import os
from typing import Any

from ..action import Action
from ..launch_context import LaunchContext

_AT_START = dict(os.environ)


class PushEnvironment(Action):
    """Remembers the environment for PopEnvironment."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def execute(self, context: LaunchContext) -> None:
        """Remember it."""
        context._push_environment()


class PopEnvironment(Action):
    """Brings back the environment that PushEnvironment remembered."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def execute(self, context: LaunchContext) -> None:
        """Bring it back."""
        context._pop_environment()


class ResetEnvironment(Action):
    """Brings back the environment that launch was started with."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def execute(self, context: LaunchContext) -> None:
        """Bring it back."""
        context._replace_environment(_AT_START)
