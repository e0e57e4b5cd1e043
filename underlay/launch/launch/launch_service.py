"""Runs launch descriptions until everything in them has ended."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import traceback
from collections.abc import Coroutine, Iterable
from typing import Any

from . import logging as launch_logging
from ._signals import SignalReactions
from .event import Event
from .event_handlers import OnIncludeLaunchDescription, OnShutdown
from .events import IncludeLaunchDescription, Shutdown
from .launch_context import LaunchContext
from .launch_description import LaunchDescription
from .launch_description_entity import LaunchDescriptionEntity
from .utilities import normalize_to_list_of_entities, visit_all_entities_and_collect_futures

_KILL_WAIT_S = 5.0


class LaunchService:
    """Owns the context and the event loop of one launch.

    SIGINT begins an orderly shutdown (exit code 0), SIGTERM and SIGQUIT the same with exit code 1.
    A further signal sends SIGTERM to what still runs, one more SIGKILL.
    """

    def __init__(
        self, *, argv: Iterable[str] | None = None, noninteractive: bool = False, debug: bool = False
    ) -> None:
        self.__debug = debug
        if debug:
            launch_logging.launch_config.level = launch_logging.DEBUG
        self.__logger = launch_logging.get_logger("launch")
        try:
            launch_logging.launch_config.announce()
        except OSError as error:
            self.__logger.warning(f"no log folder: {error}")
        self.__context = LaunchContext(argv=argv, noninteractive=noninteractive)
        self.__context.register_event_handler(OnIncludeLaunchDescription())
        self.__context.register_event_handler(OnShutdown(on_shutdown=self.__on_shutdown))
        self.__lock = threading.Lock()
        self.__loop: asyncio.AbstractEventLoop | None = None
        self.__task: asyncio.Task[Any] | None = None
        self.__pairs: list[tuple[LaunchDescriptionEntity, asyncio.Future[Any]]] = []
        self.__shutting_down = False
        self.__return_code = 0

    # --- what callers use ------------------------------------------------------------------------
    @property
    def context(self) -> LaunchContext:
        """Context of this launch."""
        return self.__context

    @property
    def event_loop(self) -> asyncio.AbstractEventLoop | None:
        """Loop that runs the launch, None while it does not run."""
        return self.__loop

    @property
    def task(self) -> asyncio.Task[Any] | None:
        """Task that runs the launch."""
        return self.__task

    def emit_event(self, event: Event) -> None:
        """Queue an event; may be called from any thread."""
        self.__context.emit_event_sync(event)

    def include_launch_description(self, launch_description: LaunchDescription) -> None:
        """Visit a description as soon as the service runs."""
        self.emit_event(IncludeLaunchDescription(launch_description))

    def shutdown(self, force_sync: bool = False) -> Coroutine[Any, Any, None] | None:
        """Begin the shutdown; may be called from any thread. Does nothing if it has begun or nothing runs.

        `force_sync` changes nothing: there is never anything to await.
        """
        self._shutdown(reason="LaunchService.shutdown() called", due_to_sigint=False)
        return None

    def run(self, *, shutdown_when_idle: bool = True) -> int:
        """Run until everything has ended; return 0, or 1 after an error or SIGTERM."""
        return asyncio.run(self.run_async(shutdown_when_idle=shutdown_when_idle), debug=False)

    async def run_async(self, *, shutdown_when_idle: bool = True) -> int:
        """Run inside the caller's event loop; see `run`.

        With `shutdown_when_idle=False` an idle service waits for events until `shutdown` is called.
        """
        with self.__lock:
            if self.__loop is not None:
                raise RuntimeError("the LaunchService is running already")
            self.__loop = asyncio.get_running_loop()
        self.__context._set_asyncio_loop(self.__loop)
        self.__task = asyncio.current_task()
        self.__return_code = 0
        signals = SignalReactions(self.__context, self.__logger, self._shutdown, self.__fail)
        try:
            with signals:
                try:
                    await self.__process_events(shutdown_when_idle)
                except asyncio.CancelledError:
                    self.__logger.error("launch was cancelled, stopping its processes")
                    self.__return_code = 1
                    self._shutdown(reason="run was cancelled", due_to_sigint=False)
                    with contextlib.suppress(asyncio.CancelledError):
                        await self.__process_events(shutdown_when_idle)
        finally:
            await self.__leave_nothing_behind()
            self.__context._set_asyncio_loop(None)
            self.__context._set_is_shutdown(False)
            self.__loop = None
            self.__task = None
            self.__shutting_down = False
        return self.__return_code

    # --- shutdown --------------------------------------------------------------------------------
    def _shutdown(self, *, reason: str, due_to_sigint: bool, force_sync: bool = False) -> None:
        if self.__shutting_down or self.__loop is None:
            return
        self.__shutting_down = True
        self.__context._set_is_shutdown(True)
        self.emit_event(Shutdown(reason=reason, due_to_sigint=due_to_sigint))

    def __on_shutdown(self, event: Event, context: LaunchContext) -> None:
        self.__shutting_down = True
        self.__context._set_is_shutdown(True)

    def __fail(self) -> None:
        self.__return_code = 1

    # --- main loop -------------------------------------------------------------------------------
    async def __process_events(self, shutdown_when_idle: bool) -> None:
        queue = self.__context._event_queue
        next_event: asyncio.Task[Event] | None = None
        try:
            while True:
                self.__collect_finished()
                got_one = next_event is not None and next_event.done()
                if queue.empty() and not got_one and not self.__pairs:
                    if self.__shutting_down:
                        return
                    if shutdown_when_idle:
                        self._shutdown(reason="idle", due_to_sigint=False)
                if next_event is None:
                    next_event = asyncio.ensure_future(queue.get())
                waiting = {next_event, *(future for _, future in self.__pairs)}
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                if next_event.done():
                    event, next_event = next_event.result(), None
                    self.__process_event(event)
        finally:
            if next_event is not None:
                next_event.cancel()

    def __collect_finished(self) -> None:
        for future in self.__context._completion_futures:
            self.__pairs.append((LaunchDescriptionEntity(), future))
        self.__context._completion_futures.clear()
        running = []
        for entity, future in self.__pairs:
            if not future.done():
                running.append((entity, future))
            elif not future.cancelled() and future.exception() is not None:
                self.__report(future.exception())
        self.__pairs = running

    def __process_event(self, event: Event) -> None:
        self.__logger.debug(f"processing event: '{event}'")
        for handler in tuple(self.__context._event_handlers):
            if handler not in self.__context._event_handlers or not handler.matches(event):
                continue
            try:
                entities = normalize_to_list_of_entities(handler.handle(event, self.__context))
                for entity in entities:
                    visit_all_entities_and_collect_futures(entity, self.__context, self.__pairs)
            except Exception as error:
                self.__report(error)

    def __report(self, error: BaseException | None) -> None:
        text = "".join(traceback.format_exception(error))
        self.__logger.debug(text)
        hint = "" if self.__debug else " (see debug for traceback)"
        self.__logger.error(f"Caught exception in launch{hint}: {error or type(error).__name__}")
        self.__return_code = 1
        self._shutdown(reason=f"Caught exception in launch: {error}", due_to_sigint=False)

    async def __leave_nothing_behind(self) -> None:
        """Kill what still runs; only errors inside launch itself get here with processes alive."""
        from .actions.execute_local import processes_of

        for process in processes_of(self.__context):
            self.__logger.error(f"killing process[{process.name}] that is left over")
            process.kill_now()
        futures = [future for _, future in self.__pairs if not future.done()]
        if futures:
            _, late = await asyncio.wait(futures, timeout=_KILL_WAIT_S)
            for future in late:
                future.cancel()
        self.__pairs = []
