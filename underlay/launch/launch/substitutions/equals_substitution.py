"""Comparison of texts."""

from __future__ import annotations

import math

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions

_BOOLS = {"true": True, "1": True, "false": False, "0": False}


def _same(left: str, right: str) -> bool:
    if left == right:
        return True
    if left.lower() in _BOOLS and right.lower() in _BOOLS:
        return _BOOLS[left.lower()] == _BOOLS[right.lower()]
    try:
        return math.isclose(float(left), float(right))
    except ValueError:
        return False


class EqualsSubstitution(Substitution):
    """Stands for `true` if both sides are the same text, truth value or number, else `false`."""

    def __init__(self, left: SomeSubstitutionsType | None, right: SomeSubstitutionsType | None) -> None:
        self.__left = normalize_to_list_of_substitutions(self.__as_text(left))
        self.__right = normalize_to_list_of_substitutions(self.__as_text(right))

    @staticmethod
    def __as_text(value: SomeSubstitutionsType | None) -> SomeSubstitutionsType:
        if value is None:
            return ""
        return str(value) if isinstance(value, (bool, int, float)) else value

    @property
    def left(self) -> list[Substitution]:
        """One side."""
        return self.__left

    @property
    def right(self) -> list[Substitution]:
        """The other side."""
        return self.__right

    def describe(self) -> str:
        """Return a one-line description."""
        left = " + ".join(part.describe() for part in self.__left)
        right = " + ".join(part.describe() for part in self.__right)
        return f"{type(self).__name__}({left} {right})"

    def _equal(self, context: LaunchContext) -> bool:
        return _same(
            perform_substitutions(context, self.__left), perform_substitutions(context, self.__right)
        )

    def perform(self, context: LaunchContext) -> str:
        """Return `true` or `false`."""
        return str(self._equal(context)).lower()
