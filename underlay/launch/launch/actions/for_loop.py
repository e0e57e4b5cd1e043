"""Loops. Not here."""

from __future__ import annotations

from typing import Any

from ..action import Action


class ForEach(Action):
    """Raises: upstream's loop actions are not here; a Python list comprehension does the same."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        raise NotImplementedError(
            f"launch.actions.{type(self).__name__} is in upstream's package launch only; "
            "build the list of actions in Python or with OpaqueFunction"
        )


class ForLoop(ForEach):
    """Raises like ForEach."""
