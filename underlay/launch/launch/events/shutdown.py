"""Event: the launch is to end."""

from __future__ import annotations

from ..event import Event


class Shutdown(Event):
    """Asks every action to stop; processes are stopped by escalating signals."""

    name = "launch.events.Shutdown"

    def __init__(self, *, reason: str = "reason not given", due_to_sigint: bool = False) -> None:
        self.__reason = reason
        self.__due_to_sigint = due_to_sigint

    @property
    def reason(self) -> str:
        """Why."""
        return self.__reason

    @property
    def due_to_sigint(self) -> bool:
        """Whether launch itself got SIGINT."""
        return self.__due_to_sigint
