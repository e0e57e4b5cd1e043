"""An event handler that only calls a function."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ..event import Event
from ..event_handler import EventHandler
from ..launch_context import LaunchContext
from ..some_entities_type import SomeEntitiesType


class CallHandler(EventHandler):
    """Calls a function for events that match."""

    def __init__(
        self, matcher: Callable[[Event], bool], function: Callable[[Event, LaunchContext], Any]
    ) -> None:
        super().__init__(matcher=matcher)
        self._function = function

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        """Call the function."""
        self._function(event, context)
        return None
