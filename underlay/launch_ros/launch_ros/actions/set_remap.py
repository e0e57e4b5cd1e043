"""Remappings for the nodes that follow."""

from __future__ import annotations

from typing import Any

from launch import Action, LaunchContext, SomeSubstitutionsType, Substitution
from launch.utilities import normalize_to_list_of_substitutions, perform_substitutions


class SetRemap(Action):
    """Remaps a name for all nodes that follow; it ends with the GroupAction around it."""

    def __init__(self, src: SomeSubstitutionsType, dst: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__src = normalize_to_list_of_substitutions(src)
        self.__dst = normalize_to_list_of_substitutions(dst)

    @property
    def src(self) -> list[Substitution]:
        """Name to replace."""
        return self.__src

    @property
    def dst(self) -> list[Substitution]:
        """Name to use."""
        return self.__dst

    def execute(self, context: LaunchContext) -> None:
        """Add the rule."""
        rule = (perform_substitutions(context, self.__src), perform_substitutions(context, self.__dst))
        configurations: dict[str, Any] = context.launch_configurations  # type: ignore[assignment]
        configurations["ros_remaps"] = [*configurations.get("ros_remaps", []), rule]
