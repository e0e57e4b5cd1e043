"""Waits for a text of a process."""

from __future__ import annotations

from typing import Any

from launch import SomeEntitiesType
from launch.actions import ExecuteProcess
from launch.event_handlers import OnProcessIO


class StdoutReadyListener(OnProcessIO):
    """Yields actions each time a process prints a text."""

    def __init__(
        self, *, target_action: ExecuteProcess | None = None, ready_txt: str, actions: SomeEntitiesType
    ) -> None:
        def on_stdout(event: Any) -> SomeEntitiesType | None:
            return actions if ready_txt in event.text.decode(errors="replace") else None

        super().__init__(target_action=target_action, on_stdout=on_stdout)
