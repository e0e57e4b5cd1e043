"""Joined paths and texts."""

from __future__ import annotations

import os
from collections.abc import Iterable

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions


class PathSubstitution(Substitution):
    """Stands for a path; `/` appends to it."""

    def __init__(self, path: SomeSubstitutionsType) -> None:
        self.__path = normalize_to_list_of_substitutions(path)

    @property
    def path(self) -> list[Substitution]:
        """Parts of the path, joined without a separator."""
        return self.__path

    def __truediv__(self, additional_path: SomeSubstitutionsType) -> PathJoinSubstitution:
        return PathJoinSubstitution([self.__path, additional_path])

    def describe(self) -> str:
        """Return a one-line description."""
        return f"Path({' + '.join(part.describe() for part in self.__path)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the path."""
        return perform_substitutions(context, self.__path)


class PathJoinSubstitution(Substitution):
    """Stands for its parts joined by the path separator; `/` appends one more."""

    def __init__(self, substitutions: Iterable[SomeSubstitutionsType]) -> None:
        self.__parts = [normalize_to_list_of_substitutions(part) for part in substitutions]

    @property
    def substitutions(self) -> list[list[Substitution]]:
        """The parts."""
        return self.__parts

    def __truediv__(self, additional_path: SomeSubstitutionsType) -> PathJoinSubstitution:
        return PathJoinSubstitution([*self.__parts, additional_path])

    def describe(self) -> str:
        """Return a one-line description."""
        parts = [" + ".join(item.describe() for item in part) for part in self.__parts]
        return f"PathJoin({', '.join(parts)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the joined path."""
        return os.path.join(*(perform_substitutions(context, part) for part in self.__parts))
