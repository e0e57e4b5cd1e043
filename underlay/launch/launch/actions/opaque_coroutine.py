"""Runs a coroutine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable, Mapping
from typing import Any

from ..action import Action
from ..event import Event
from ..event_handlers import OnShutdown
from ..launch_context import LaunchContext


class OpaqueCoroutine(Action):
    """Runs a coroutine function in the launch's loop; it is cancelled when the launch ends."""

    def __init__(
        self,
        *,
        coroutine: Callable[..., Coroutine[Any, Any, Any]],
        args: Iterable[Any] | None = None,
        kwargs: Mapping[str, Any] | None = None,
        ignore_context: bool = False,
        **left_over_kwargs: Any,
    ) -> None:
        super().__init__(**left_over_kwargs)
        if not asyncio.iscoroutinefunction(coroutine):
            raise TypeError(
                f"OpaqueCoroutine expected a coroutine function for 'coroutine', got {coroutine!r}"
            )
        self.__coroutine = coroutine
        self.__args = list(args or [])
        self.__kwargs = dict(kwargs or {})
        self.__ignore_context = ignore_context
        self.__future: asyncio.Task[Any] | None = None

    def __on_shutdown(self, event: Event, context: LaunchContext) -> None:
        if self.__future is not None:
            self.__future.cancel()

    def execute(self, context: LaunchContext) -> None:
        """Start it."""
        arguments = self.__args if self.__ignore_context else [context, *self.__args]
        self.__future = asyncio.get_running_loop().create_task(self.__coroutine(*arguments, **self.__kwargs))
        handler = OnShutdown(on_shutdown=self.__on_shutdown)
        context.register_event_handler(handler)

        def done(_: asyncio.Future[Any]) -> None:
            if handler in context._event_handlers:
                context.unregister_event_handler(handler)

        self.__future.add_done_callback(done)

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return the coroutine's task."""
        return self.__future
