"""ROS 2 nodes in launch descriptions; upstream's `launch_ros` API."""

from . import actions, descriptions, event_handlers, events, parameter_descriptions, substitutions, utilities

__all__ = [
    "actions",
    "descriptions",
    "event_handlers",
    "events",
    "parameter_descriptions",
    "substitutions",
    "utilities",
]
