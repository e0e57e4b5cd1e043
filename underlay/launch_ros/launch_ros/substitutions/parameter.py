"""Value of a parameter that SetParameter set."""

from __future__ import annotations

from launch import LaunchContext, SomeSubstitutionsType, Substitution
from launch.substitutions import SubstitutionFailure
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class Parameter(Substitution):
    """Stands for the value of a parameter that SetParameter set before."""

    def __init__(self, name: SomeSubstitutionsType, *, default: SomeSubstitutionsType | None = None) -> None:
        self.__name = normalize_to_list_of_substitutions(name)
        self.__default = None if default is None else normalize_to_list_of_substitutions(default)

    @property
    def name(self) -> list[Substitution]:
        """Name of the parameter."""
        return self.__name

    def perform(self, context: LaunchContext) -> str:
        """Return the value; SubstitutionFailure if it was not set and there is no default."""
        name = perform_substitutions(context, self.__name)
        for entry in reversed(list(context.launch_configurations.get("global_params", []))):
            if isinstance(entry, tuple) and entry[0] == name:
                return str(entry[1])
        if self.__default is None:
            raise SubstitutionFailure(f"parameter '{name}' was not set by SetParameter")
        return perform_substitutions(context, self.__default)
