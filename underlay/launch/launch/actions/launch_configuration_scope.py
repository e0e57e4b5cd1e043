"""Scopes of launch configurations."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..action import Action
from ..launch_context import LaunchContext
from ..some_substitutions_type import SomeSubstitutionsType
from ..utilities import normalize_to_list_of_substitutions, perform_substitutions


class PushLaunchConfigurations(Action):
    """Remembers the launch configurations for PopLaunchConfigurations."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def execute(self, context: LaunchContext) -> None:
        """Remember them."""
        context._push_launch_configurations()


class PopLaunchConfigurations(Action):
    """Brings back the launch configurations that PushLaunchConfigurations remembered."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def execute(self, context: LaunchContext) -> None:
        """Bring them back."""
        context._pop_launch_configurations()


class ResetLaunchConfigurations(Action):
    """Forgets all launch configurations but the given ones."""

    def __init__(
        self,
        launch_configurations: Mapping[SomeSubstitutionsType, SomeSubstitutionsType] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.__configurations = [
            (normalize_to_list_of_substitutions(name), normalize_to_list_of_substitutions(value))
            for name, value in (launch_configurations or {}).items()
        ]

    def execute(self, context: LaunchContext) -> None:
        """Forget the others; values are performed before."""
        kept = {
            perform_substitutions(context, name): perform_substitutions(context, value)
            for name, value in self.__configurations
        }
        context._clear_launch_configurations()
        context.launch_configurations.update(kept)
