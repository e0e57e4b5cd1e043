"""Groups actions in a scope."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ..action import Action
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity
from ..some_substitutions_type import SomeSubstitutionsType
from .environment_scope import PopEnvironment, PushEnvironment, ResetEnvironment
from .launch_configuration_scope import (
    PopLaunchConfigurations,
    PushLaunchConfigurations,
    ResetLaunchConfigurations,
)
from .set_launch_configuration import SetLaunchConfiguration


class GroupAction(Action):
    """Yields actions; when scoped, configurations and environment are as before afterwards.

    With `forwarding=False` the actions see only `launch_configurations` and the start environment.
    """

    def __init__(
        self,
        actions: Iterable[Action],
        *,
        scoped: bool = True,
        forwarding: bool = True,
        launch_configurations: Mapping[SomeSubstitutionsType, SomeSubstitutionsType] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.__actions = list(actions)
        self.__scoped = scoped
        self.__forwarding = forwarding
        self.__configurations = dict(launch_configurations or {})
        self.__to_return: list[LaunchDescriptionEntity] | None = None

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return the actions with those that make the scope."""
        if self.__to_return is not None:
            return self.__to_return
        settings: list[LaunchDescriptionEntity] = [
            SetLaunchConfiguration(name, value) for name, value in self.__configurations.items()
        ]
        if not self.__scoped:
            self.__to_return = [*settings, *self.__actions]
            return self.__to_return
        opening: list[LaunchDescriptionEntity] = [PushLaunchConfigurations(), PushEnvironment()]
        if not self.__forwarding:
            opening += [ResetEnvironment(), ResetLaunchConfigurations(self.__configurations)]
            settings = []
        self.__to_return = [
            *opening,
            *settings,
            *self.__actions,
            PopEnvironment(),
            PopLaunchConfigurations(),
        ]
        return self.__to_return

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity]:
        """Return the actions with those that make the scope."""
        return self.get_sub_entities()
