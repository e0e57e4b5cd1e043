"""Does something later."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any, cast

from ..action import Action
from ..event import Event
from ..event_handler import EventHandler
from ..event_handlers import OnShutdown
from ..events import TimerEvent
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity
from ..some_entities_type import SomeEntitiesType
from ..some_substitutions_type import SomeSubstitutionsType
from ..utilities import normalize_to_list_of_entities
from ..utilities.type_utils import normalize_typed_substitution, perform_typed_substitution


class TimerAction(Action):
    """Yields entities after `period` seconds."""

    def __init__(
        self,
        *,
        period: float | SomeSubstitutionsType,
        actions: Iterable[LaunchDescriptionEntity],
        cancel_on_shutdown: bool | SomeSubstitutionsType = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.__period = normalize_typed_substitution(period, float)
        self.__actions = normalize_to_list_of_entities(cast(SomeEntitiesType, actions))
        self.__cancel_on_shutdown = normalize_typed_substitution(cancel_on_shutdown, bool)
        self.__done: asyncio.Future[None] | None = None
        self.__cancelled = False
        self.__handle: asyncio.TimerHandle | None = None

    @property
    def period(self) -> Any:
        """Seconds to wait."""
        return self.__period

    @property
    def actions(self) -> list[LaunchDescriptionEntity]:
        """What is done then."""
        return self.__actions

    def describe(self) -> str:
        """Return a one-line description."""
        return f"TimerAction(period={self.__period})"

    def describe_conditional_sub_entities(
        self,
    ) -> list[tuple[str, Iterable[LaunchDescriptionEntity]]]:
        """Return the entities."""
        return [(f"after {self.__period} seconds", self.__actions)]

    def cancel(self) -> None:
        """Never yield the entities, if that has not happened yet."""
        self.__cancelled = True
        if self.__handle is not None:
            self.__handle.cancel()
        if self.__done is not None and not self.__done.done():
            self.__done.set_result(None)

    def handle(self, context: LaunchContext) -> SomeEntitiesType | None:
        """Return the entities unless the timer was cancelled."""
        context.extend_locals({"timer_action": self})
        return [] if self.__cancelled else self.__actions

    def execute(self, context: LaunchContext) -> None:
        """Start to wait; ValueError if the period is negative."""
        period = float(perform_typed_substitution(context, self.__period, float))
        if not period >= 0.0:
            raise ValueError(f"parameter 'period' of TimerAction is {period}; seconds >= 0 are expected")
        if self.__cancelled:
            return
        loop = asyncio.get_running_loop()
        done = self.__done = loop.create_future()
        on_timer = _OnTimer(self)
        context.register_event_handler(on_timer)
        handlers: list[Any] = [on_timer]
        if perform_typed_substitution(context, self.__cancel_on_shutdown, bool):
            if context.is_shutdown:
                self.cancel()
            on_shutdown = OnShutdown(on_shutdown=lambda event, context: self.cancel())
            context.register_event_handler(on_shutdown)
            handlers.append(on_shutdown)

        def clean_up(_: asyncio.Future[None]) -> None:
            for handler in handlers:
                if handler in context._event_handlers:
                    context.unregister_event_handler(handler)

        done.add_done_callback(clean_up)
        if not done.done():
            self.__handle = loop.call_later(
                period, lambda: context.emit_event_sync(TimerEvent(timer_action=self))
            )

    def _finished(self) -> None:
        if self.__done is not None and not self.__done.done():
            self.__done.set_result(None)

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return a future that is done when the entities were yielded or the timer was cancelled."""
        return self.__done


class _OnTimer(EventHandler):
    """Yields the timer's entities when its event comes."""

    def __init__(self, timer: TimerAction) -> None:
        super().__init__(matcher=lambda event: isinstance(event, TimerEvent) and event.timer_action is timer)
        self._timer = timer

    def handle(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        super().handle(event, context)
        self._timer._finished()
        return self._timer.handle(context)
