"""ROS 2 nodes in launch descriptions; upstream's `launch_ros` API."""

from . import actions, descriptions, parameter_descriptions, substitutions, utilities

__all__ = ["actions", "descriptions", "parameter_descriptions", "substitutions", "utilities"]
