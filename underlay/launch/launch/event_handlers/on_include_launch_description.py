"""Reaction to the request to include a launch description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from ..event import Event
from ..event_handler import BaseEventHandler
from ..events.include_launch_description import IncludeLaunchDescription
from ..some_entities_type import SomeEntitiesType

if TYPE_CHECKING:
    from ..launch_context import LaunchContext


class OnIncludeLaunchDescription(BaseEventHandler):
    """Yields the launch description that is to be included."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(matcher=lambda event: isinstance(event, IncludeLaunchDescription), **kwargs)

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Return the description."""
        super().handle(event, context)
        return cast(IncludeLaunchDescription, event).launch_description
