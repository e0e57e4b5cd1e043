"""Base of everything that a launch description can do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from .condition import Condition
from .launch_description_entity import LaunchDescriptionEntity

if TYPE_CHECKING:
    from .launch_context import LaunchContext


class Action(LaunchDescriptionEntity):
    """An intention to do something when visited, unless its condition says no."""

    def __init__(self, *, condition: Condition | None = None) -> None:
        if condition is not None and not isinstance(condition, Condition):
            raise TypeError(
                f"parameter 'condition' of {type(self).__name__} is {condition!r}; a launch.Condition is expected"
            )
        self.__condition = condition

    @classmethod
    def parse(cls, entity: Any, parser: Any) -> Any:
        """Return the class and, from `if` and `unless`, the first arguments of its constructor.

        Actions that are exposed by `launch.frontend.expose_action` extend this.
        """
        from .frontend.tags import condition_of

        return cls, condition_of(entity, parser)

    @property
    def condition(self) -> Condition | None:
        """Condition under which the action is executed, None for always."""
        return self.__condition

    def describe(self) -> str:
        """Return a one-line description."""
        return repr(self)

    def visit(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Execute the action if its condition holds, and announce its completion to who listens."""
        if self.__condition is not None and not self.__condition.evaluate(context):
            return None
        try:
            return self.execute(context)
        finally:
            self.__announce_completion(context)

    def __announce_completion(self, context: LaunchContext) -> None:
        from .events import ExecutionComplete

        event = ExecutionComplete(action=self)
        if not context.would_handle_event(event):
            return
        future = self.get_asyncio_future()
        if future is None:
            context.emit_event_sync(event)
        else:
            future.add_done_callback(lambda _: context.emit_event_sync(event))

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Do it; return entities to visit next, or None. Derived classes override this."""
        return None

    def get_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return entities that the action will yield, as far as they are known before execution."""
        return []

    def describe_sub_entities(self) -> list[LaunchDescriptionEntity]:
        """Return the sub-entities that are yielded unless the action's own condition says no."""
        return self.get_sub_entities() if self.condition is None else []

    def describe_conditional_sub_entities(
        self,
    ) -> list[tuple[str, Iterable[LaunchDescriptionEntity]]]:
        """Return sub-entities that depend on a condition, each group with the condition's text."""
        if self.condition is None:
            return []
        return [("Conditionally included by " + self.describe(), self.get_sub_entities())]
