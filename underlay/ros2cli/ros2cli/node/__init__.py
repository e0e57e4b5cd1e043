"""Nodes that commands use to look at the ROS graph."""

import os

NODE_NAME_PREFIX = "_ros2cli"
HIDDEN_NODE_PREFIX = "_"


def get_default_node_name() -> str:
    """Return a hidden name that no other process has."""
    return f"{NODE_NAME_PREFIX}_{os.getpid()}"
