"""Base of the handlers of events that have an action."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..event import Event
from ..event_handler import BaseEventHandler
from ..launch_description_entity import LaunchDescriptionEntity
from ..some_entities_type import SomeEntitiesType
from ..utilities import normalize_to_list_of_entities

if TYPE_CHECKING:
    from ..action import Action
    from ..launch_context import LaunchContext

OnEvent = SomeEntitiesType | Callable[..., Any]


class OnActionEventBase(BaseEventHandler):
    """Reacts to the events of one class, of one action, of the actions a matcher accepts, or of all."""

    def __init__(
        self,
        *,
        action_matcher: Callable[[Action], bool] | Action | None,
        on_event: OnEvent,
        target_event_cls: type[Event],
        target_action_cls: type[Action],
        **kwargs: Any,
    ) -> None:
        if (
            action_matcher is not None
            and not isinstance(action_matcher, target_action_cls)
            and not callable(action_matcher)
        ):
            raise TypeError(
                f"target of {type(self).__name__} is {action_matcher!r}; "
                f"a {target_action_cls.__name__}, a callable or None is expected"
            )
        self.__target = action_matcher
        self.__event_cls = target_event_cls
        self.__callback: Callable[..., Any] | None = None
        self.__entities: list[LaunchDescriptionEntity] = []
        if callable(on_event):
            self.__callback = on_event
        else:
            self.__entities = normalize_to_list_of_entities(on_event)
        super().__init__(matcher=self.__is_ours, **kwargs)

    def __is_ours(self, event: Event) -> bool:
        if not isinstance(event, self.__event_cls):
            return False
        action = event.action  # type: ignore[attr-defined]
        if self.__target is None or action is self.__target:
            return True
        return callable(self.__target) and bool(self.__target(action))

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Return the entities to visit."""
        super().handle(event, context)
        if self.__callback is None:
            return self.__entities
        result: SomeEntitiesType | None = self.__callback(event, context)
        return result

    def describe(self) -> tuple[str, list[LaunchDescriptionEntity]]:
        """Return a one-line description and the entities that are yielded, if known."""
        return f"{type(self).__name__}({self.matcher_description})", self.__entities

    @property
    def handler_description(self) -> str:
        """Text that says what is done."""
        return "<callable>" if self.__callback is not None else str(self.__entities)

    @property
    def matcher_description(self) -> str:
        """Text that says which events match."""
        target = "any action" if self.__target is None else str(self.__target)
        return f"event is {self.__event_cls.__name__} of {target}"
