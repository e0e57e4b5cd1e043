"""State that actions, substitutions and event handlers share."""

from __future__ import annotations

import asyncio
import collections
import os
from collections.abc import Iterable, MutableMapping
from typing import Any

from .event import Event
from .event_handler import BaseEventHandler
from .substitution import Substitution


class _Locals:
    """Attribute access to the globals and locals of a context."""

    def __init__(self, values: dict[str, Any]) -> None:
        object.__setattr__(self, "_values", values)

    def __getattr__(self, name: str) -> Any:
        try:
            return self._values[name]
        except KeyError:
            raise AttributeError(f"the launch context has no local '{name}'") from None

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"launch context local '{name}' is read-only; use extend_locals")


class LaunchContext:
    """Launch configurations, environment, event queue and event handlers of one launch."""

    def __init__(self, *, argv: Iterable[str] | None = None, noninteractive: bool = False) -> None:
        self.__argv = list(argv) if argv is not None else []
        self.__noninteractive = noninteractive
        self._event_queue: asyncio.Queue[Event] = asyncio.Queue()
        self._event_handlers: collections.deque[BaseEventHandler] = collections.deque()
        self._completion_futures: list[asyncio.Future[Any]] = []
        self.__globals: dict[str, Any] = {}
        self.__locals: dict[str, Any] = {}
        self.__locals_stack: list[dict[str, Any]] = []
        self.__configurations: dict[str, str] = {}
        self.__configurations_stack: list[dict[str, str]] = []
        self.__environment_stack: list[dict[str, str]] = []
        self.__is_shutdown = False
        self.__loop: asyncio.AbstractEventLoop | None = None
        # True when the SIGINT that stops this launch reached its child processes as well.
        self._children_got_sigint = False

    @property
    def argv(self) -> list[str]:
        """Arguments of the launch, `name:=value` each."""
        return self.__argv

    @property
    def noninteractive(self) -> bool:
        """Whether no terminal is attached."""
        return self.__noninteractive

    def _set_is_shutdown(self, state: bool) -> None:
        self.__is_shutdown = state

    @property
    def is_shutdown(self) -> bool:
        """Whether shutdown has begun."""
        return self.__is_shutdown

    def _set_asyncio_loop(self, loop: asyncio.AbstractEventLoop | None) -> None:
        self.__loop = loop

    @property
    def asyncio_loop(self) -> asyncio.AbstractEventLoop | None:
        """Loop that runs the launch, None before it runs."""
        return self.__loop

    def add_completion_future(self, completion_future: asyncio.Future[Any]) -> None:
        """Keep the launch from being idle until the future is done."""
        self._completion_futures.append(completion_future)

    # --- locals ----------------------------------------------------------------------------------
    def extend_globals(self, extensions: dict[str, Any]) -> None:
        """Add values that are visible everywhere."""
        self.__globals.update(extensions)

    def extend_locals(self, extensions: dict[str, Any]) -> None:
        """Add values that are visible until the current scope ends."""
        self.__locals.update(extensions)

    def get_locals_as_dict(self) -> dict[str, Any]:
        """Return globals and locals merged; locals win."""
        return {**self.__globals, **self.__locals}

    @property
    def locals(self) -> _Locals:
        """Globals and locals as attributes."""
        return _Locals(self.get_locals_as_dict())

    def _push_locals(self) -> None:
        self.__locals_stack.append(dict(self.__locals))

    def _pop_locals(self) -> None:
        if not self.__locals_stack:
            raise RuntimeError("locals stack unexpectedly empty")
        self.__locals = self.__locals_stack.pop()

    # --- launch configurations -------------------------------------------------------------------
    @property
    def launch_configurations(self) -> dict[str, str]:
        """Launch configurations by name; also holds launch_ros's `ros_*` state."""
        return self.__configurations

    def _push_launch_configurations(self) -> None:
        self.__configurations_stack.append(dict(self.__configurations))

    def _pop_launch_configurations(self) -> None:
        if not self.__configurations_stack:
            raise RuntimeError("launch configurations stack unexpectedly empty")
        previous = self.__configurations_stack.pop()
        self.__configurations.clear()
        self.__configurations.update(previous)

    def _clear_launch_configurations(self) -> None:
        self.__configurations.clear()

    # --- environment -----------------------------------------------------------------------------
    @property
    def environment(self) -> MutableMapping[str, str]:
        """Environment of this process, inherited by children."""
        return os.environ

    def _push_environment(self) -> None:
        self.__environment_stack.append(dict(os.environ))

    def _pop_environment(self) -> None:
        if not self.__environment_stack:
            raise RuntimeError("environment state stack unexpectedly empty")
        self._replace_environment(self.__environment_stack.pop())

    def _replace_environment(self, environment: dict[str, str]) -> None:
        for name in [name for name in os.environ if name not in environment]:
            del os.environ[name]
        for name, value in environment.items():
            if os.environ.get(name) != value:
                os.environ[name] = value

    # --- events ----------------------------------------------------------------------------------
    def register_event_handler(self, event_handler: BaseEventHandler, append: bool = False) -> None:
        """Register a handler; the youngest is asked first, unless `append` puts it last."""
        if append:
            self._event_handlers.append(event_handler)
        else:
            self._event_handlers.appendleft(event_handler)

    def unregister_event_handler(self, event_handler: BaseEventHandler) -> None:
        """Remove a handler; ValueError if it is not registered."""
        self._event_handlers.remove(event_handler)

    def would_handle_event(self, event: Event) -> bool:
        """Whether any registered handler matches the event."""
        return any(handler.matches(event) for handler in self._event_handlers)

    def emit_event_sync(self, event: Event) -> None:
        """Queue an event; may be called from any thread."""
        loop = self.__loop
        if loop is None or loop.is_closed():
            self._event_queue.put_nowait(event)
            return
        try:
            inside = asyncio.get_running_loop() is loop
        except RuntimeError:
            inside = False
        if inside:
            self._event_queue.put_nowait(event)
        else:
            loop.call_soon_threadsafe(self._event_queue.put_nowait, event)

    async def emit_event(self, event: Event) -> None:
        """Queue an event."""
        self.emit_event_sync(event)

    def perform_substitution(self, substitution: Substitution) -> str:
        """Return the text that the substitution stands for in this context."""
        return substitution.perform(self)
