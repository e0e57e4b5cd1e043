"""What looks on: nothing else depends on it."""

from __future__ import annotations

from typing import Any

from launch_ros.actions import Node

from carla_drl_bringup.process_settings import SIGKILL_TIMEOUT_S, SIGTERM_TIMEOUT_S


def viewers(simulator: str, foxglove_port: int, log_level: str) -> list[Node]:
    """Return the nodes that viewers need: the road as markers, and a server for Foxglove unless its port is 0."""
    common: dict[str, Any] = {
        "package": "carla_drl_tools",
        "output": "screen",
        "ros_arguments": ["--log-level", log_level],
        "sigterm_timeout": SIGTERM_TIMEOUT_S,
        "sigkill_timeout": SIGKILL_TIMEOUT_S,
    }
    nodes = [
        Node(
            executable="road_markers_node", name="road_markers", namespace=f"/carla_drl/{simulator}", **common
        )
    ]
    if foxglove_port:
        nodes.append(
            Node(executable="foxglove_node", name="foxglove", parameters=[{"port": foxglove_port}], **common)
        )
    return nodes
