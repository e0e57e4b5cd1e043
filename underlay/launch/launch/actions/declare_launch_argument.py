"""Declares an argument of a launch file."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..action import Action
from ..launch_context import LaunchContext
from ..logging import get_logger
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions


class DeclareLaunchArgument(Action):
    """An argument that `ros2 launch` takes as `name:=value` and that becomes a launch configuration.

    Executing it raises RuntimeError if there is neither a value nor a default, and ValueError if the
    value is not among `choices`.
    """

    def __init__(
        self,
        name: str,
        *,
        default_value: SomeSubstitutionsType | None = None,
        description: str | None = None,
        choices: Iterable[str] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.__name = name
        self.__choices = None if choices is None else [str(choice) for choice in choices]
        if self.__choices is not None and not self.__choices:
            raise ValueError(f"parameter 'choices' of launch argument '{name}' is empty")
        if default_value is not None and self.__choices is not None and isinstance(default_value, str):
            self.__check(default_value, "default value")
        self.__default = None if default_value is None else normalize_to_list_of_substitutions(default_value)
        self.__description = self.__describe(description)
        self._conditionally_included = False

    def __describe(self, description: str | None) -> str:
        if description is None:
            description = "no description given"
            if self.__choices is not None:
                description = f"one of: {self.__choices}"
        return description

    def __check(self, value: str, what: str = "value") -> None:
        if self.__choices is not None and value not in self.__choices:
            allowed = ", ".join(f"'{choice}'" for choice in self.__choices)
            raise ValueError(
                f"launch argument '{self.__name}' has the {what} '{value}', which is not valid; "
                f"valid options are: [{allowed}]"
            )

    @property
    def name(self) -> str:
        """Name of the argument."""
        return self.__name

    @property
    def default_value(self) -> list[Substitution] | None:
        """Value when none is given."""
        return self.__default

    @property
    def description(self) -> str:
        """Text for people."""
        return self.__description

    @property
    def choices(self) -> list[str] | None:
        """Allowed values, None for any."""
        return self.__choices

    def describe(self) -> str:
        """Return a one-line description."""
        return f"DeclareLaunchArgument(name='{self.__name}')"

    def execute(self, context: LaunchContext) -> None:
        """Set the configuration to the default unless it is set; check the value."""
        configurations = context.launch_configurations
        if self.__name not in configurations:
            if self.__default is None:
                get_logger().debug(f"required launch argument '{self.__name}' was not provided")
                raise RuntimeError(
                    f"Required launch argument '{self.__name}' (description: '{self.__description}') "
                    "was not provided"
                )
            configurations[self.__name] = perform_substitutions(context, self.__default)
        self.__check(configurations[self.__name])
