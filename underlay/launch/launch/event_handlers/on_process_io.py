"""Reaction to input and output of a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, cast

from ..event import Event
from ..events.process.process_io import ProcessIO
from .on_action_event_base import OnActionEventBase

if TYPE_CHECKING:
    from ..action import Action
    from ..launch_context import LaunchContext

OnIO = Callable[[ProcessIO], Any]


class OnProcessIO(OnActionEventBase):
    """Calls a function with each event of the stream it is for; what it returns is visited."""

    def __init__(
        self,
        *,
        target_action: Callable[[Action], bool] | Action | None = None,
        on_stdin: OnIO | None = None,
        on_stdout: OnIO | None = None,
        on_stderr: OnIO | None = None,
        **kwargs: Any,
    ) -> None:
        from ..actions.execute_local import ExecuteLocal

        def dispatch(event: Event, context: LaunchContext) -> Any:
            io = cast(ProcessIO, event)
            if io.from_stdout:
                return on_stdout(io) if on_stdout is not None else None
            if io.from_stderr:
                return on_stderr(io) if on_stderr is not None else None
            return on_stdin(io) if on_stdin is not None else None

        super().__init__(
            action_matcher=target_action,
            on_event=dispatch,
            target_event_cls=ProcessIO,
            target_action_cls=ExecuteLocal,
            **kwargs,
        )
