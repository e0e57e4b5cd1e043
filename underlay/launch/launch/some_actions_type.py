"""Type of arguments that take one action or several."""

from __future__ import annotations

from collections.abc import Iterable

from .action import Action

SomeActionsType = Action | Iterable[Action]
SomeActionsType_types_tuple = (Action, Iterable)
