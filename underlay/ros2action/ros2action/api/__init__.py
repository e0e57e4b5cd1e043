"""Actions of the ROS graph."""

from __future__ import annotations

import argparse
from typing import Any


def _rclpy_node(node: Any) -> Any:
    return getattr(getattr(node, "direct_node", node), "node", node)


def get_action_names_and_types(*, node: Any) -> list[tuple[str, list[str]]]:
    """Return the actions."""
    import rclpy.action

    return list(rclpy.action.get_action_names_and_types(_rclpy_node(node)))


def get_action_names(*, node: Any) -> list[str]:
    """Return the names of the actions."""
    return [name for name, _ in get_action_names_and_types(node=node)]


def get_action_clients_and_servers(
    *, node: Any, action_name: str
) -> tuple[list[tuple[str, list[str]]], list[tuple[str, list[str]]]]:
    """Return the nodes that use an action and those that offer it, each with the types it has there."""
    from ros2node.api import get_action_client_info, get_action_server_info, get_node_names

    clients, servers = [], []
    for name in get_node_names(node=node, include_hidden_nodes=True):
        for found, query in ((clients, get_action_client_info), (servers, get_action_server_info)):
            for info in query(node=node, remote_node_name=name.full_name, include_hidden=True):
                if info.name == action_name:
                    found.append((name.full_name, list(info.types)))
    return clients, servers


def expand_name(node: Any, action: str) -> str:
    """Return the full name of an action; RuntimeError if it is not valid."""
    from rclpy.expand_topic_name import expand_topic_name

    try:
        return str(expand_topic_name(action, node.get_name(), node.get_namespace()))
    except Exception as error:
        raise RuntimeError(f"'{action}' is no valid action name: {error}") from error


class ActionNameCompleter:
    """Completes names of actions in shells."""

    def __call__(self, prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
        """Return the names."""
        from ros2cli.node.strategy import NodeStrategy

        with NodeStrategy(parsed_args) as node:
            return get_action_names(node=node)


def add_action_name(parser: argparse.ArgumentParser) -> None:
    """Add the action that is asked for."""
    argument = parser.add_argument("action_name", help="Name of the ROS action (e.g. '/fibonacci')")
    argument.completer = ActionNameCompleter()  # type: ignore[attr-defined]
