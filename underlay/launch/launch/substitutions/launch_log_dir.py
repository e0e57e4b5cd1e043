"""Folder of the launch's log files."""

from __future__ import annotations

from ..launch_context import LaunchContext
from ..substitution import Substitution


class LaunchLogDir(Substitution):
    """Stands for the folder of the launch's log files."""

    def describe(self) -> str:
        """Return a one-line description."""
        return "LaunchLogDir()"

    def perform(self, context: LaunchContext) -> str:
        """Return the path."""
        from ..logging import launch_config

        return launch_config.log_dir
