"""Reaction to the end of a process."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ..events.process.process_exited import ProcessExited
from .on_action_event_base import OnActionEventBase, OnEvent

if TYPE_CHECKING:
    from ..action import Action


class OnProcessExit(OnActionEventBase):
    """Yields entities when a process has ended."""

    def __init__(
        self,
        *,
        target_action: Callable[[Action], bool] | Action | None = None,
        on_exit: OnEvent,
        **kwargs: Any,
    ) -> None:
        from ..actions.execute_local import ExecuteLocal

        super().__init__(
            action_matcher=target_action,
            on_event=on_exit,
            target_event_cls=ProcessExited,
            target_action_cls=ExecuteLocal,
            **kwargs,
        )
