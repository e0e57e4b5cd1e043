"""The list of actions that a launch file returns."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .launch_description_entity import LaunchDescriptionEntity

if TYPE_CHECKING:
    from .actions import DeclareLaunchArgument
    from .launch_context import LaunchContext


class LaunchDescription(LaunchDescriptionEntity):
    """Entities that are visited in order."""

    def __init__(
        self,
        initial_entities: Iterable[LaunchDescriptionEntity] | None = None,
        *,
        deprecated_reason: str | None = None,
    ) -> None:
        self.__entities = list(initial_entities) if initial_entities is not None else []
        self.__deprecated_reason = deprecated_reason

    def visit(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Return the entities to visit."""
        if self.__deprecated_reason is not None:
            from .logging import get_logger

            get_logger().warning(f"this launch file is deprecated: {self.__deprecated_reason}")
        return self.__entities

    def describe_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return the entities."""
        return self.__entities

    def get_launch_arguments(self, conditional_inclusion: bool = False) -> list[DeclareLaunchArgument]:
        """Return the arguments declared here and in included descriptions, the first of each name.

        Raises RuntimeError when an include does not pass an argument that the included one requires.
        """
        return [
            argument for argument, _ in self.get_launch_arguments_with_include_launch_description_actions()
        ]

    def get_launch_arguments_with_include_launch_description_actions(
        self, only_search_local: bool = False
    ) -> list[tuple[DeclareLaunchArgument, list[Any]]]:
        """Return declared arguments, each with the chain of includes that leads to it."""
        from .actions import DeclareLaunchArgument, IncludeLaunchDescription, ResetLaunchConfigurations

        found: list[tuple[DeclareLaunchArgument, list[Any]]] = []
        seen: set[str] = set()

        def add(argument: DeclareLaunchArgument, chain: list[Any]) -> None:
            if argument.name not in seen:
                seen.add(argument.name)
                found.append((argument, chain))

        def walk(entities: Iterable[LaunchDescriptionEntity], conditional: bool) -> None:
            for entity in entities:
                if isinstance(entity, DeclareLaunchArgument):
                    entity._conditionally_included = conditional or entity.condition is not None
                    add(entity, [])
                    continue
                if isinstance(entity, ResetLaunchConfigurations):
                    return
                if isinstance(entity, IncludeLaunchDescription):
                    if only_search_local:
                        continue
                    included = entity.launch_description_source.try_get_launch_description_without_context()
                    if included is None:
                        continue
                    given = entity._given_argument_names()
                    nested_list = included.get_launch_arguments_with_include_launch_description_actions()
                    for nested, chain in nested_list:
                        if nested.name not in given:
                            add(nested, [entity, *chain])
                    continue
                walk(entity.describe_sub_entities(), conditional)
                for _, group in entity.describe_conditional_sub_entities():
                    walk(group, True)

        walk(self.__entities, False)
        return found

    @property
    def entities(self) -> list[LaunchDescriptionEntity]:
        """Entities of the description."""
        return self.__entities

    def add_entity(self, entity: LaunchDescriptionEntity) -> None:
        """Append an entity."""
        self.__entities.append(entity)

    def add_action(self, action: LaunchDescriptionEntity) -> None:
        """Append an action."""
        self.add_entity(action)

    @property
    def deprecated(self) -> bool:
        """Whether the description is marked as deprecated."""
        return self.__deprecated_reason is not None

    @property
    def deprecated_reason(self) -> str | None:
        """Why it is deprecated."""
        return self.__deprecated_reason
