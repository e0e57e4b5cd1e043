"""Includes a launch description."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from typing import Any

from ..action import Action
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity
from ..launch_description_source import LaunchDescriptionSource
from ..launch_description_sources import AnyLaunchDescriptionSource
from ..some_substitutions_type import SomeSubstitutionsType
from ..substitution import Substitution
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions
from .opaque_function import OpaqueFunction
from .set_launch_configuration import SetLaunchConfiguration

_LOCALS = ("current_launch_file_path", "current_launch_file_directory")


class IncludeLaunchDescription(Action):
    """Visits another launch description with `launch_arguments` set as launch configurations.

    Configurations stay set afterwards, as upstream does; wrap it in a GroupAction for a scope.
    Raises RuntimeError if an argument that the description requires is missing.
    """

    def __init__(
        self,
        launch_description_source: LaunchDescriptionSource | SomeSubstitutionsType,
        *,
        launch_arguments: Iterable[tuple[SomeSubstitutionsType, SomeSubstitutionsType]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not isinstance(launch_description_source, LaunchDescriptionSource):
            launch_description_source = AnyLaunchDescriptionSource(launch_description_source)
        self.__source = launch_description_source
        self.__arguments = tuple(launch_arguments or ())

    @property
    def launch_description_source(self) -> LaunchDescriptionSource:
        """Where the description comes from."""
        return self.__source

    @property
    def launch_arguments(self) -> tuple[tuple[SomeSubstitutionsType, SomeSubstitutionsType], ...]:
        """Arguments as given."""
        return self.__arguments

    def describe(self) -> str:
        """Return a one-line description."""
        return f"IncludeLaunchDescription({self.__source.location})"

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return the description if it can be had before the launch runs."""
        description = self.__source.try_get_launch_description_without_context()
        return [] if description is None else [description]

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return None: the included entities have their own futures."""
        return None

    def _given_argument_names(self) -> set[str]:
        context = LaunchContext()
        names = set()
        for name, _ in self.__arguments:
            try:
                names.add(perform_substitutions(context, normalize_to_list_of_substitutions(name)))
            except Exception:  # depends on the running launch
                continue
        return names

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Load the description, check its arguments, and yield it."""
        description = self.__source.get_launch_description(context)
        before = {name: context.get_locals_as_dict().get(name) for name in _LOCALS}
        location = self.__source.location
        if os.path.exists(location):
            context.extend_locals(
                {_LOCALS[0]: location, _LOCALS[1]: os.path.dirname(os.path.abspath(location))}
            )
        given: list[tuple[str, list[Substitution]]] = []
        for name, value in self.__arguments:
            text = perform_substitutions(context, normalize_to_list_of_substitutions(name))
            given.append((text, normalize_to_list_of_substitutions(_as_text(value))))
        names = {name for name, _ in given}
        for argument, chain in description.get_launch_arguments_with_include_launch_description_actions():
            if (
                not chain
                and argument.default_value is None
                and not argument._conditionally_included
                and argument.name not in names
                and argument.name not in context.launch_configurations
            ):
                raise RuntimeError(
                    f"Included launch description '{location}' missing required argument '{argument.name}' "
                    f"(description: '{argument.description}'), given: [{', '.join(sorted(names))}]"
                )
        settings = [SetLaunchConfiguration(name, value) for name, value in given]

        def restore(_: LaunchContext) -> None:
            context.extend_locals(before)

        return [*settings, description, OpaqueFunction(function=restore)]


def _as_text(value: Any) -> SomeSubstitutionsType:
    text: SomeSubstitutionsType = str(value) if isinstance(value, (bool, int, float)) else value
    return text
