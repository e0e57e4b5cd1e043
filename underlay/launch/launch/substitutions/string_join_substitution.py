"""Joined texts."""

from __future__ import annotations

from collections.abc import Iterable

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions


class StringJoinSubstitution(Substitution):
    """Stands for its parts joined by a delimiter."""

    def __init__(
        self, substitutions: Iterable[SomeSubstitutionsType], delimiter: SomeSubstitutionsType = ""
    ) -> None:
        self.__parts = [normalize_to_list_of_substitutions(part) for part in substitutions]
        self.__delimiter = normalize_to_list_of_substitutions(delimiter)

    @property
    def substitutions(self) -> list[list[Substitution]]:
        """The parts."""
        return self.__parts

    @property
    def delimiter(self) -> list[Substitution]:
        """Text between the parts."""
        return self.__delimiter

    def perform(self, context: LaunchContext) -> str:
        """Return the joined text."""
        delimiter = perform_substitutions(context, self.__delimiter)
        return delimiter.join(perform_substitutions(context, part) for part in self.__parts)
