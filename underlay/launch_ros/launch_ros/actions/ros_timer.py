"""Timers on ROS time. Not here."""

from __future__ import annotations

from typing import Any

from launch import Action


class RosTimer(Action):
    """Raises: launch.actions.TimerAction waits in wall time."""

    def __init__(self, **kwargs: Any) -> None:
        raise NotImplementedError(
            "launch_ros.actions.RosTimer is in upstream's package launch_ros only; "
            "launch.actions.TimerAction waits in wall time"
        )


ROSTimer = RosTimer
