"""Condition on the value of a launch configuration."""

from __future__ import annotations

from ..launch_context import LaunchContext
from .launch_configuration_equals import LaunchConfigurationEquals


class LaunchConfigurationNotEquals(LaunchConfigurationEquals):
    """Holds when the configuration has another value; with None, when it is set."""

    def _evaluate(self, context: LaunchContext) -> bool:
        return not super()._evaluate(context)
