"""Content of a file."""

from __future__ import annotations

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions
from .substitution_failure import SubstitutionFailure


class FileContent(Substitution):
    """Stands for the content of a text file."""

    def __init__(self, path: SomeSubstitutionsType) -> None:
        self.__path = normalize_to_list_of_substitutions(path)

    @property
    def path(self) -> list[Substitution]:
        """Path of the file."""
        return self.__path

    def describe(self) -> str:
        """Return a one-line description."""
        return f"FileContent({' + '.join(part.describe() for part in self.__path)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the content; SubstitutionFailure if the file cannot be read."""
        path = perform_substitutions(context, self.__path)
        try:
            with open(path, encoding="utf-8") as file:
                return file.read()
        except OSError as error:
            raise SubstitutionFailure(f"file '{path}' cannot be read: {error}") from error
