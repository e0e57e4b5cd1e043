"""Base of the events that tell about one process."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ...event import Event

if TYPE_CHECKING:
    from ...actions.execute_local import ExecuteLocal


class RunningProcessEvent(Event):
    """Something that happened to a process that runs or has run."""

    name = "launch.events.process.RunningProcessEvent"

    def __init__(
        self,
        *,
        action: ExecuteLocal,
        name: str,
        cmd: Sequence[str],
        cwd: str | None,
        env: Mapping[str, str] | None,
        pid: int,
    ) -> None:
        self.__action = action
        self.__process_name = name
        self.__cmd = list(cmd)
        self.__cwd = cwd
        self.__env = env
        self.__pid = pid

    @property
    def action(self) -> ExecuteLocal:
        """Action that runs the process."""
        return self.__action

    @property
    def execute_process_action(self) -> ExecuteLocal:
        """Action that runs the process; older name."""
        return self.__action

    @property
    def process_name(self) -> str:
        """Unique name such as `talker-1`."""
        return self.__process_name

    @property
    def cmd(self) -> list[str]:
        """Command line."""
        return self.__cmd

    @property
    def cwd(self) -> str | None:
        """Working directory, None for launch's own."""
        return self.__cwd

    @property
    def env(self) -> Mapping[str, str] | None:
        """Environment, None for launch's own."""
        return self.__env

    @property
    def pid(self) -> int:
        """Process id."""
        return self.__pid
