"""Names of the nodes that were started, to warn about duplicates."""

from __future__ import annotations

from launch import LaunchContext
from launch.logging import get_logger

_KEY = "unique_ros_node_names"


def get_node_name_count(context: LaunchContext, node_name: str) -> int:
    """Return how many nodes of this name were started."""
    names: dict[str, int] = context.get_locals_as_dict().get(_KEY, {})
    return names.get(node_name, 0)


def add_node_name(context: LaunchContext, node_name: str) -> None:
    """Count a name; warn if it is not unique."""
    names: dict[str, int] = dict(context.get_locals_as_dict().get(_KEY, {}))
    names[node_name] = names.get(node_name, 0) + 1
    context.extend_globals({_KEY: names})
    if names[node_name] > 1:
        get_logger("launch_ros").warning(
            f"there are now {names[node_name]} nodes with the name '{node_name}' in this launch; "
            "names of nodes should be unique"
        )
