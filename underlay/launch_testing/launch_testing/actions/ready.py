"""Begins the tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from launch.action import Action

if TYPE_CHECKING:
    from launch.launch_context import LaunchContext

READY = "launch_testing_ready"


class ReadyToTest(Action):
    """When it is reached, the tests that need running processes begin. Without effect outside of tests."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)

    def execute(self, context: LaunchContext) -> None:
        """Tell the runner."""
        callback = context.get_locals_as_dict().get(READY)
        if callback is not None:
            callback()
