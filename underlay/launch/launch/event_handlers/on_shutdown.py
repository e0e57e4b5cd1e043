"""Reaction to the end of the launch."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..event import Event
from ..event_handler import BaseEventHandler
from ..events.shutdown import Shutdown
from ..launch_description_entity import LaunchDescriptionEntity
from ..some_entities_type import SomeEntitiesType
from ..utilities import normalize_to_list_of_entities

if TYPE_CHECKING:
    from ..launch_context import LaunchContext


class OnShutdown(BaseEventHandler):
    """Yields entities, given or returned by a function of event and context, when shutdown begins."""

    def __init__(
        self, *, on_shutdown: SomeEntitiesType | Callable[[Shutdown, Any], Any], **kwargs: Any
    ) -> None:
        super().__init__(matcher=lambda event: isinstance(event, Shutdown), **kwargs)
        self.__callback: Callable[..., Any] | None = None
        self.__entities: list[LaunchDescriptionEntity] = []
        if callable(on_shutdown):
            self.__callback = on_shutdown
        else:
            self.__entities = normalize_to_list_of_entities(on_shutdown)

    def describe(self) -> tuple[str, list[LaunchDescriptionEntity]]:
        """Return a one-line description and the entities that are yielded, if known."""
        return "OnShutdown()", self.__entities

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Return the entities to visit."""
        super().handle(event, context)
        if self.__callback is None:
            return self.__entities
        result: SomeEntitiesType | None = self.__callback(event, context)
        return result
