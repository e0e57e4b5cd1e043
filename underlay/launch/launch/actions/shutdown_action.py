"""Ends the launch."""

from __future__ import annotations

from typing import Any

from ..events import Shutdown as ShutdownEvent
from ..launch_context import LaunchContext
from ..logging import get_logger
from .emit_event import EmitEvent


class Shutdown(EmitEvent):
    """Ends the launch; usable as `on_exit` of a process."""

    def __init__(self, *, reason: str = "reason not given", **kwargs: Any) -> None:
        super().__init__(event=ShutdownEvent(reason=reason), **kwargs)

    def execute(self, context: LaunchContext) -> None:
        """Emit the event; as reaction to an exit, say which process it was."""
        event = context.get_locals_as_dict().get("event")
        name = getattr(event, "process_name", None)
        if name is not None and not context.is_shutdown:
            get_logger().info(f"process[{name}] was required: shutting down launched system")
        super().execute(context)
