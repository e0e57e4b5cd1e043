"""Type of arguments that take one action or several."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Union

from .action import Action

SomeActionsType = Union[Action, Iterable[Action]]
SomeActionsType_types_tuple = (Action, Iterable)
