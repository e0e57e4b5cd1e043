"""Runs one process on this machine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import pty
import signal
import traceback
import weakref
from collections.abc import Callable
from typing import Any, cast

from .. import logging as launch_logging
from ..descriptions.executable import Executable
from ..event import Event
from ..event_handlers import OnProcessExit, OnProcessIO, OnShutdown
from ..events import Shutdown
from ..events.process import (
    ProcessExited,
    ProcessIO,
    ProcessStarted,
    ProcessStderr,
    ProcessStdin,
    ProcessStdout,
    SendStdin,
    ShutdownProcess,
    SignalProcess,
)
from ..launch_context import LaunchContext
from ..launch_description_entity import LaunchDescriptionEntity
from ..some_entities_type import SomeEntitiesType
from ..utilities import perform_substitutions
from ..utilities.type_utils import perform_typed_substitution
from ._call_handler import CallHandler
from ._process_output import LineBuffer, ProcessProtocol
from ._process_settings import ProcessSettings, seconds_of
from ._process_tree import Descendants

_live: weakref.WeakSet[ExecuteLocal] = weakref.WeakSet()
_PIPE_WAIT_S = 1.0


def processes_of(context: LaunchContext) -> list[ExecuteLocal]:
    """Return the actions of this launch whose process runs."""
    return [action for action in _live if action._context is context and action._is_running()]


class ExecuteLocal(ProcessSettings):
    """Starts a process, passes its output on, respawns it, and stops it when the launch ends."""

    def __init__(self, *, process_description: Executable, **kwargs: Any) -> None:
        super().__init__(process_description=process_description, **kwargs)
        self.__respawn_count = 0
        self.__executed = False
        self.__details: dict[str, Any] = {}
        self.__return_code: int | None = None
        self.__transport: asyncio.SubprocessTransport | None = None
        self.__completed: asyncio.Future[None] | None = None
        self.__stopping: asyncio.Event | None = None
        self.__exited: asyncio.Event | None = None
        self.__escalation: asyncio.Task[None] | None = None
        self.__descendants = Descendants()
        self.__cache: dict[str, list[str]] = {"stdout": [], "stderr": []}
        self.__handlers: list[Any] = []

    # --- what callers read -----------------------------------------------------------------------
    @property
    def process_details(self) -> dict[str, Any]:
        """`pid`, `name`, `cmd`, `cwd`, `env` and `action`; empty before the start."""
        return self.__details

    @property
    def return_code(self) -> int | None:
        """Exit code, None while the process runs."""
        return self.__return_code

    def get_info(self) -> dict[str, Any]:
        """Return `process_details`; same as upstream's ExecuteProcess."""
        return self.process_details

    def get_stdout(self) -> str:
        """Return the standard output so far; RuntimeError unless `cached_output` is set."""
        return self.__cached("stdout")

    def get_stderr(self) -> str:
        """Return the error output so far; RuntimeError unless `cached_output` is set."""
        return self.__cached("stderr")

    def __cached(self, stream: str) -> str:
        if not self._cached_output:
            raise RuntimeError(f"no {stream} is kept: give ExecuteProcess cached_output=True")
        return "".join(self.__cache[stream])

    def get_asyncio_future(self) -> asyncio.Future[Any] | None:
        """Return a future that is done when the process has ended for good."""
        return self.__completed

    # --- start -----------------------------------------------------------------------------------
    def prepare(self, context: LaunchContext) -> None:
        """Perform the substitutions of the description."""
        self._description.prepare(context, self)

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Prepare the command and start the process in the background."""
        loop = context.asyncio_loop or asyncio.get_running_loop()
        if self.__executed:
            raise RuntimeError(f"{type(self).__name__} action '{self.name}': executed more than once")
        self.__executed = True
        self._context = context
        self.prepare(context)
        if context.is_shutdown:
            return None  # shutdown came first: nothing is started any more
        self.__logger = launch_logging.get_logger(self.name)
        output: Any = self._output
        if not isinstance(output, dict):
            output = perform_substitutions(context, output)
        self.__out, self.__err = launch_logging.get_output_loggers(self.name or "", output)
        self.__timeouts = [
            seconds_of(context, self._sigterm_timeout, "sigterm_timeout"),
            seconds_of(context, self._sigkill_timeout, "sigkill_timeout"),
        ]
        self.__completed = loop.create_future()
        self.__stopping = asyncio.Event()
        self.__register_handlers(context)
        self.__runner = loop.create_task(self.__run(context))
        return None

    def __register_handlers(self, context: LaunchContext) -> None:
        def targets_us(kind: type[Any]) -> Callable[[Event], bool]:
            return lambda event: isinstance(event, kind) and event.process_matcher(self)

        self.__lines = {1: LineBuffer(self.__write_out), 2: LineBuffer(self.__write_err)}
        self.__handlers = [
            CallHandler(targets_us(SendStdin), self.__on_send_stdin),
            CallHandler(targets_us(SignalProcess), self.__on_signal),
            CallHandler(targets_us(ShutdownProcess), self.__on_shutdown_process),
            OnShutdown(on_shutdown=self.__on_shutdown),
            OnProcessIO(target_action=self, on_stdout=self.__on_output, on_stderr=self.__on_output),
            OnProcessExit(target_action=self, on_exit=self.__on_process_exit),
        ]
        for handler in self.__handlers:
            context.register_event_handler(handler)

    async def __run(self, context: LaunchContext) -> None:
        assert self.__completed is not None
        try:
            while await self.__run_once(context) and await self.__may_respawn(context):
                self.__respawn_count += 1
        except Exception as error:
            if not self.__completed.done():
                self.__completed.set_exception(error)
        finally:
            _live.discard(self)
            self.__clean_up(context)

    async def __run_once(self, context: LaunchContext) -> bool:
        description = self._description
        details: dict[str, Any] = {
            "action": self,
            "name": description.final_name,
            "cmd": description.final_cmd,
            "cwd": description.final_cwd,
            "env": description.final_env,
        }
        exited = self.__exited = asyncio.Event()
        protocol = ProcessProtocol(exited, lambda fd, data: self.__emit_output(context, fd, data))
        try:
            transport = await self.__start(protocol)
        except OSError as error:
            self.__logger.error(f"'{details['cmd'][0]}' cannot be executed: {error}")
            self.__logger.debug(traceback.format_exc())
            return False
        self.__transport = transport
        self.__return_code = None
        self.__descendants = Descendants()
        pid = transport.get_pid()
        self.__details = {**details, "pid": pid}
        _live.add(self)
        if self.__stopping is not None and self.__stopping.is_set():
            # Shutdown came while the process was being started.
            self.__escalation = asyncio.get_running_loop().create_task(self.__escalate(True))
        context.emit_event_sync(ProcessStarted(**self.__details))
        protocol.start_delivery()
        extra = f" (cmd: '{' '.join(details['cmd'])}')" if self._log_cmd else ""
        self.__logger.info(f"process started with pid [{pid}]{extra}")
        await exited.wait()
        await protocol.wait_for_end_of_output(_PIPE_WAIT_S)
        returncode = transport.get_returncode()
        self.__return_code = returncode if returncode is not None else -1
        if self.__escalation is not None:
            await self.__escalation
        transport.close()
        self.__report_exit(pid, details["cmd"])
        context.emit_event_sync(ProcessExited(returncode=self.__return_code, **self.__details))
        return True

    async def __start(self, protocol: ProcessProtocol) -> asyncio.SubprocessTransport:
        description = self._description
        loop = asyncio.get_running_loop()
        options: dict[str, Any] = {
            "cwd": description.final_cwd,
            "env": description.final_env,
            "stdin": asyncio.subprocess.PIPE,
            "stdout": asyncio.subprocess.PIPE,
            "stderr": asyncio.subprocess.PIPE,
        }
        with contextlib.ExitStack() as stack:
            if self.emulate_tty:
                for stream, fd in (("stdout", 1), ("stderr", 2)):
                    ours, theirs = pty.openpty()
                    stack.callback(os.close, theirs)
                    options[stream] = theirs
                    await protocol.read_terminal(loop, ours, fd)
            if self._shell:
                started = await loop.subprocess_shell(
                    lambda: protocol, " ".join(description.final_cmd), **options
                )
            else:
                started = await loop.subprocess_exec(lambda: protocol, *description.final_cmd, **options)
        return started[0]

    def __report_exit(self, pid: int, cmd: list[str]) -> None:
        if self.__return_code == 0:
            self.__logger.info(f"process has finished cleanly [pid {pid}]")
        else:
            self.__logger.error(
                f"process has died [pid {pid}, exit code {self.__return_code}, cmd '{' '.join(cmd)}']."
            )

    async def __may_respawn(self, context: LaunchContext) -> bool:
        assert self.__stopping is not None
        if context.is_shutdown or self.__stopping.is_set():
            return False
        if not perform_typed_substitution(context, self._respawn, bool):
            return False
        if 0 <= self._respawn_max_retries <= self.__respawn_count:
            return False
        delay = perform_typed_substitution(context, self._respawn_delay, float)
        if delay:
            with contextlib.suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self.__stopping.wait(), timeout=float(delay))
        else:
            await asyncio.sleep(0)
        return not (context.is_shutdown or self.__stopping.is_set())

    def __clean_up(self, context: LaunchContext) -> None:
        # Queued events of this process are handled before its handlers go: this one comes last.
        done = self.__completed
        handlers = self.__handlers

        def finish(event: Event, _: LaunchContext) -> None:
            for handler in [*handlers, finisher]:
                with contextlib.suppress(ValueError):
                    context.unregister_event_handler(handler)
            if done is not None and not done.done():
                done.set_result(None)

        last = Event()
        finisher = CallHandler(lambda event: event is last, finish)
        context.register_event_handler(finisher)
        context.emit_event_sync(last)

    # --- output ----------------------------------------------------------------------------------
    def __emit_output(self, context: LaunchContext, fd: int, data: bytes) -> None:
        kind = ProcessStdout if fd == 1 else ProcessStderr
        context.emit_event_sync(kind(text=data, **self.__details))

    def __on_output(self, event: ProcessIO) -> None:
        fd = 1 if event.from_stdout else 2
        if self._cached_output:
            self.__cache["stdout" if fd == 1 else "stderr"].append(event.text.decode(errors="replace"))
        self.__lines[fd].add(event.text)

    def __write_out(self, line: str) -> None:
        self.__out.info(self._output_format.format(line=line, this=self))

    def __write_err(self, line: str) -> None:
        self.__err.info(self._output_format.format(line=line, this=self))

    def __on_process_exit(self, event: Event, context: LaunchContext) -> SomeEntitiesType | None:
        for buffer in self.__lines.values():
            buffer.flush()
        if callable(self._on_exit):
            result: SomeEntitiesType | None = self._on_exit(event, context)
            return result
        return self._on_exit

    # --- signals ---------------------------------------------------------------------------------
    def _is_running(self) -> bool:
        return self.__transport is not None and self.__exited is not None and not self.__exited.is_set()

    def kill_now(self) -> None:
        """Send SIGKILL to the process and its descendants without waiting."""
        if self._is_running() and self.__transport is not None:
            self.__descendants.remember(self.__transport.get_pid())
            with contextlib.suppress(ProcessLookupError):
                self.__transport.kill()
        self.__descendants.signal(signal.SIGKILL)

    def __send(self, number: signal.Signals) -> None:
        if not self._is_running() or self.__transport is None:
            self.__logger.debug(f"'{number.name}' not sent to '{self.name}' because it has ended")
            return
        self.__descendants.remember(self.__transport.get_pid())
        self.__logger.info(f"sending signal '{number.name}' to process[{self.name}]")
        with contextlib.suppress(ProcessLookupError):
            self.__transport.send_signal(number)
        if number == signal.SIGKILL:
            self.__descendants.signal(number)

    def __on_signal(self, event: Event, context: LaunchContext) -> None:
        self.__send(cast(SignalProcess, event).signal)

    def __on_send_stdin(self, event: Event, context: LaunchContext) -> None:
        text = cast(SendStdin, event).text
        pipe = self.__transport.get_pipe_transport(0) if self._is_running() and self.__transport else None
        if pipe is None:
            self.__logger.warning(f"nothing written to '{self.name}' because it has ended")
            return
        cast(asyncio.WriteTransport, pipe).write(text)
        context.emit_event_sync(ProcessStdin(text=text, **self.__details))

    def __on_shutdown_process(self, event: Event, context: LaunchContext) -> None:
        self.__shut_down(send_sigint=True)

    def __on_shutdown(self, event: Event, context: LaunchContext) -> None:
        self.__shut_down(
            send_sigint=not (cast(Shutdown, event).due_to_sigint and context._children_got_sigint)
        )

    def __shut_down(self, *, send_sigint: bool) -> None:
        if self.__stopping is None or self.__stopping.is_set():
            return
        self.__stopping.set()
        self.__escalation = asyncio.get_running_loop().create_task(self.__escalate(send_sigint))

    async def __escalate(self, send_sigint: bool) -> None:
        assert self.__exited is not None
        if not self._is_running():
            return
        if self.__transport is not None:
            self.__descendants.remember(self.__transport.get_pid())
        if send_sigint:
            self.__send(signal.SIGINT)
        steps = ((signal.SIGINT, signal.SIGTERM), (signal.SIGTERM, signal.SIGKILL))
        for timeout, (before, after) in zip(self.__timeouts, steps, strict=True):
            try:
                await asyncio.wait_for(self.__exited.wait(), timeout=timeout)
                break
            except asyncio.TimeoutError:
                self.__logger.error(
                    f"process[{self.name}] failed to terminate '{timeout:g}' seconds after receiving "
                    f"'{before.name}', escalating to '{after.name}'"
                )
                self.__send(after)
        # The process may have left children of its own (a shell does).
        await self.__descendants.terminate(self.__timeouts[1])
