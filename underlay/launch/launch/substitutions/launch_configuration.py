"""Value of a launch configuration."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions
from .substitution_failure import SubstitutionFailure


class LaunchConfiguration(Substitution):
    """Stands for the value of a launch configuration, or the default if it is not set."""

    def __init__(
        self, variable_name: SomeSubstitutionsType, *, default: Any | Iterable[Any] | None = None
    ) -> None:
        self.__name = normalize_to_list_of_substitutions(variable_name)
        if default is None:
            self.__default = None
        else:
            values: Any = default if isinstance(default, (list, tuple)) else [default]
            self.__default = normalize_to_list_of_substitutions(
                [str(value) if isinstance(value, (bool, int, float)) else value for value in values]
            )

    @property
    def variable_name(self) -> list[Substitution]:
        """Name of the configuration."""
        return self.__name

    def describe(self) -> str:
        """Return a one-line description."""
        return f"LaunchConfig({' + '.join(part.describe() for part in self.__name)})"

    def perform(self, context: LaunchContext) -> str:
        """Return the value; SubstitutionFailure if it is not set and there is no default."""
        name = perform_substitutions(context, self.__name)
        if name in context.launch_configurations:
            return context.launch_configurations[name]
        if self.__default is None:
            known = ", ".join(sorted(context.launch_configurations)) or "none"
            raise SubstitutionFailure(f"launch configuration '{name}' does not exist; set so far: {known}")
        return perform_substitutions(context, self.__default)
