"""Services of the ROS graph."""

from __future__ import annotations

import argparse
from typing import Any


def get_service_names_and_types(
    *, node: Any, include_hidden_services: bool = False
) -> list[tuple[str, list[str]]]:
    """Return the services; hidden ones have a part that starts with an underscore."""
    from rclpy.topic_or_service_is_hidden import topic_or_service_is_hidden

    return [
        (name, types)
        for name, types in node.get_service_names_and_types()
        if include_hidden_services or not topic_or_service_is_hidden(name)
    ]


def get_service_names(*, node: Any, include_hidden_services: bool = False) -> list[str]:
    """Return the names of the services."""
    found = get_service_names_and_types(node=node, include_hidden_services=include_hidden_services)
    return [name for name, _ in found]


def expand_name(node: Any, service: str) -> str:
    """Return the full name of a service; RuntimeError if it is not valid."""
    try:
        return str(node.resolve_service_name(service))
    except Exception as error:
        raise RuntimeError(f"'{service}' is no valid service name: {error}") from error


def get_class(type_name: str) -> Any:
    """Return the class of a service type; RuntimeError if it is not there."""
    from rosidl_runtime_py.utilities import get_service

    try:
        return get_service(type_name)
    except (AttributeError, ModuleNotFoundError, ValueError) as error:
        raise RuntimeError(
            f"The service type '{type_name}' is invalid or its package is not there: {error}"
        ) from error


def count_endpoints(node: Any, name: str) -> tuple[int, int]:
    """Return how many clients and servers a service has."""
    return node.count_clients(name), node.count_services(name)


class ServiceNameCompleter:
    """Completes names of services in shells."""

    def __init__(self, *, include_hidden_services_key: str | None = None) -> None:
        self.include_hidden_services_key = include_hidden_services_key

    def __call__(self, prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
        """Return the names."""
        from ros2cli.node.strategy import NodeStrategy

        key = self.include_hidden_services_key
        with NodeStrategy(parsed_args) as node:
            return get_service_names(
                node=node, include_hidden_services=bool(key and getattr(parsed_args, key, False))
            )
