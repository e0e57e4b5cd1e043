"""Nodes of the ROS graph."""

from __future__ import annotations

import argparse
import time
from typing import Any, NamedTuple

_POLL_S = 0.05

INFO_NONUNIQUE_WARNING_TEMPLATE = (
    "There are {num_nodes} nodes in the graph with the exact name '{node_name}'. "
    "You are seeing information about only one of them."
)


class NodeName(NamedTuple):
    """Name of a node."""

    name: str
    namespace: str
    full_name: str


class TopicInfo(NamedTuple):
    """Name and types of a topic, service or action."""

    name: str
    types: list[str]


def has_duplicates(values: list[str]) -> bool:
    """Whether a value occurs more than once."""
    return len(set(values)) < len(values)


def get_absolute_node_name(node_name: str) -> str | None:
    """Return the name with a leading slash, None for nothing."""
    if not node_name:
        return None
    return node_name if node_name.startswith("/") else "/" + node_name


def parse_node_name(node_name: str) -> NodeName:
    """Return the parts of a full name."""
    full_name = node_name if node_name.startswith("/") else "/" + node_name
    namespace, _, name = full_name.rpartition("/")
    return NodeName(name, namespace or "/", full_name)


def get_node_names(*, node: Any, include_hidden_nodes: bool = False) -> list[NodeName]:
    """Return the nodes; hidden ones start with an underscore."""
    names = [
        NodeName(name, namespace, namespace + ("" if namespace.endswith("/") else "/") + name)
        for name, namespace in node.get_node_names_and_namespaces()
    ]
    return [n for n in names if include_hidden_nodes or (n.name and not n.name.startswith("_"))]


def wait_for_node(
    node: Any, node_name: str, include_hidden_nodes: bool = False, timeout: float = 1.0
) -> bool:
    """Return whether the node of a full name is there within `timeout` seconds."""
    end = time.monotonic() + timeout
    while True:
        names = get_node_names(node=node, include_hidden_nodes=include_hidden_nodes)
        if node_name in (name.full_name for name in names):
            return True
        if time.monotonic() >= end:
            return False
        time.sleep(_POLL_S)


class NodeNameCompleter:
    """Completes names of nodes in shells."""

    def __init__(self, *, include_hidden_nodes_key: str | None = None) -> None:
        self.include_hidden_nodes_key = include_hidden_nodes_key

    def __call__(self, prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
        """Return the names."""
        from ros2cli.node.strategy import NodeStrategy

        key = self.include_hidden_nodes_key
        hidden = bool(key and getattr(parsed_args, key, False))
        with NodeStrategy(parsed_args) as node:
            return [name.full_name for name in get_node_names(node=node, include_hidden_nodes=hidden)]


def _topics(query: Any, remote_node_name: str, include_hidden: bool) -> list[TopicInfo]:
    from rclpy.topic_or_service_is_hidden import topic_or_service_is_hidden

    remote = parse_node_name(remote_node_name)
    infos = [TopicInfo(name, types) for name, types in query(remote.name, remote.namespace)]
    return sorted(i for i in infos if include_hidden or not topic_or_service_is_hidden(i.name))


def get_publisher_info(*, node: Any, remote_node_name: str, include_hidden: bool = False) -> list[TopicInfo]:
    """Return what a node publishes."""
    return _topics(node.get_publisher_names_and_types_by_node, remote_node_name, include_hidden)


def get_subscriber_info(*, node: Any, remote_node_name: str, include_hidden: bool = False) -> list[TopicInfo]:
    """Return what a node subscribes to."""
    return _topics(node.get_subscriber_names_and_types_by_node, remote_node_name, include_hidden)


def get_service_server_info(
    *, node: Any, remote_node_name: str, include_hidden: bool = False
) -> list[TopicInfo]:
    """Return what services a node offers."""
    return _topics(node.get_service_names_and_types_by_node, remote_node_name, include_hidden)


def get_service_client_info(
    *, node: Any, remote_node_name: str, include_hidden: bool = False
) -> list[TopicInfo]:
    """Return what services a node uses."""
    return _topics(node.get_client_names_and_types_by_node, remote_node_name, include_hidden)


def _actions(function_name: str, node: Any, remote_node_name: str) -> list[TopicInfo]:
    import rclpy.action

    rclpy_node = getattr(getattr(node, "direct_node", node), "node", node)
    remote = parse_node_name(remote_node_name)
    found = getattr(rclpy.action, function_name)(rclpy_node, remote.name, remote.namespace)
    return sorted(TopicInfo(name, types) for name, types in found)


def get_action_server_info(
    *, node: Any, remote_node_name: str, include_hidden: bool = False
) -> list[TopicInfo]:
    """Return what actions a node offers."""
    return _actions("get_action_server_names_and_types_by_node", node, remote_node_name)


def get_action_client_info(
    *, node: Any, remote_node_name: str, include_hidden: bool = False
) -> list[TopicInfo]:
    """Return what actions a node uses."""
    return _actions("get_action_client_names_and_types_by_node", node, remote_node_name)
