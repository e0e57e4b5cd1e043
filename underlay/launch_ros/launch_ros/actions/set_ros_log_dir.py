"""Log folder of the nodes that follow."""

from __future__ import annotations

from typing import Any

from launch import LaunchContext, SomeSubstitutionsType
from launch.actions import SetEnvironmentVariable


class SetROSLogDir(SetEnvironmentVariable):
    """Sets ROS_LOG_DIR for the nodes that follow."""

    def __init__(self, new_log_dir: SomeSubstitutionsType, **kwargs: Any) -> None:
        super().__init__("ROS_LOG_DIR", new_log_dir, **kwargs)

    @property
    def log_dir(self) -> Any:
        """Folder as given."""
        return self.value

    def execute(self, context: LaunchContext) -> None:
        """Set it."""
        super().execute(context)
