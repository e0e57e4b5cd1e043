"""Parameters for the nodes that follow."""

from __future__ import annotations

from typing import Any

from launch import Action, LaunchContext, SomeSubstitutionsType
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions

from ..utilities.evaluate_parameters import evaluate_value


class SetParameter(Action):
    """Sets a parameter of all nodes that follow; it ends with the GroupAction around it."""

    def __init__(self, name: SomeSubstitutionsType, value: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__name = normalize_to_list_of_substitutions(name)
        self.__value = value

    @property
    def name(self) -> Any:
        """Name as given."""
        return self.__name

    @property
    def value(self) -> Any:
        """Value as given."""
        return self.__value

    def execute(self, context: LaunchContext) -> None:
        """Set it."""
        name = perform_substitutions(context, self.__name)
        value = evaluate_value(context, self.__value, name)
        add_global_parameters(context, (name, value))


def add_global_parameters(context: LaunchContext, entry: Any) -> None:
    """Add `(name, value)` or the path of a file to what all nodes get."""
    configurations: dict[str, Any] = context.launch_configurations  # type: ignore[assignment]
    # A new list, because a scope restores references.
    configurations["global_params"] = [*configurations.get("global_params", []), entry]
