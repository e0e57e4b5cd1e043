"""Runs programs that are tests."""

from __future__ import annotations

import sys
from typing import Any

from launch import LaunchContext, LaunchDescriptionEntity, SomeSubstitutionsType
from launch.actions import EmitEvent, ExecuteProcess, TimerAction
from launch.event_handlers import OnProcessExit
from launch.events import matches_action
from launch.events.process import ShutdownProcess


class Test(ExecuteProcess):
    """A process that is stopped when it takes longer than `timeout` seconds; its exit code is the result."""

    __test__ = False

    def __init__(self, *, timeout: float | SomeSubstitutionsType | None = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.__timeout = timeout

    @property
    def timeout(self) -> float | SomeSubstitutionsType | None:
        """Seconds, None for no limit."""
        return self.__timeout

    def execute(self, context: LaunchContext) -> list[LaunchDescriptionEntity] | None:
        """Start the process, and the time."""
        entities = list(super().execute(context) or [])
        if self.__timeout is None:
            return entities
        stop = EmitEvent(event=ShutdownProcess(process_matcher=matches_action(self)))
        timer = TimerAction(period=self.__timeout, actions=[stop])

        def on_exit(event: Any, context: LaunchContext) -> None:
            timer.cancel()

        context.register_event_handler(OnProcessExit(target_action=self, on_exit=on_exit))
        return [*entities, timer]


class GTest(Test):
    """Runs an executable with tests of googletest."""

    def __init__(self, *, path: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(cmd=[path], **kwargs)
        self.__path = path

    @property
    def path(self) -> SomeSubstitutionsType:
        """The executable."""
        return self.__path


class PyTest(Test):
    """Runs pytest with a file or folder."""

    def __init__(self, *, path: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__(cmd=[sys.executable, "-m", "pytest", path], **kwargs)
        self.__path = path

    @property
    def path(self) -> SomeSubstitutionsType:
        """What is tested."""
        return self.__path
