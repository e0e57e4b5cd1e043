"""Text form of a launch description, for people."""

from __future__ import annotations

from typing import cast

from .action import Action
from .launch_description import LaunchDescription
from .launch_description_entity import LaunchDescriptionEntity


def _describe(entity: LaunchDescriptionEntity) -> str:
    from .actions import ExecuteLocal
    from .utilities import is_a_subclass

    if isinstance(entity, LaunchDescription):
        return "LaunchDescription"
    if is_a_subclass(entity, ExecuteLocal):
        process = cast(ExecuteLocal, entity)
        command = " ".join(
            " + ".join(part.describe() for part in word) for word in process.process_description.cmd
        )
        return f"{type(entity).__name__}(cmd=[{command}])"
    return entity.describe()


class LaunchIntrospector:
    """Formats launch descriptions as a tree."""

    def format_launch_description(self, launch_description: LaunchDescription) -> str:
        """Return the description, one line per entity."""
        return "\n".join(self._format(launch_description))

    def _format(self, entity: LaunchDescriptionEntity) -> list[str]:
        lines = [_describe(entity)]
        if isinstance(entity, Action) and entity.condition is not None:
            lines[0] += f"  [condition: {entity.condition.describe()}]"
        children = list(entity.describe_sub_entities())
        groups = list(entity.describe_conditional_sub_entities())
        for child in children:
            lines += self._indent(self._format(child))
        for text, group in groups:
            members = list(group)
            if members:
                lines += self._indent([text])
                for child in members:
                    lines += self._indent(self._indent(self._format(child)))
        return lines

    @staticmethod
    def _indent(lines: list[str]) -> list[str]:
        return ["    " + line for line in lines]
