"""Components that are installed, and containers of the ROS graph."""

from __future__ import annotations

import argparse
from typing import Any

from ros2cli.node.calls import call_service, has_service
from ros2cli.node.direct import DirectNode

COMPONENTS_RESOURCE = "rclcpp_components"
_LIST = "/_container/list_nodes"


def get_registered_component_types() -> list[tuple[str, list[str]]]:
    """Return the component types by package."""
    from ament_index_python import get_resources

    return [
        (package, get_package_component_types(package))
        for package in sorted(get_resources(COMPONENTS_RESOURCE))
    ]


def get_package_component_types(package_name: str) -> list[str]:
    """Return the component types of a package; RuntimeError if it has none."""
    from ament_index_python import get_resource

    try:
        content, _ = get_resource(COMPONENTS_RESOURCE, package_name)
    except LookupError as error:
        raise RuntimeError(f"Package '{package_name}' has no components") from error
    names = (line.partition(";")[0] for line in content.splitlines() if line)
    return list(dict.fromkeys(names))  # a component may have several executables


def find_container_node_names(*, node: Any) -> list[str]:
    """Return the full names of the containers."""
    names = (name for name, _ in node.get_service_names_and_types())
    return sorted(name.removesuffix(_LIST) for name in names if name.endswith(_LIST))


def open_container(args: argparse.Namespace) -> DirectNode:
    """Return a node of the command's own that knows the container of `args.container_node_name`.

    RuntimeError if there is no such container.
    """
    from ros2node.api import get_absolute_node_name

    name = args.container_node_name = str(get_absolute_node_name(args.container_node_name))
    direct = DirectNode(args, until=lambda node: has_service(node, name + _LIST))
    if not has_service(direct.node, name + _LIST):
        direct.__exit__(None, None, None)
        raise RuntimeError(f"Unable to find container node '{name}'")
    return direct


def add_container_name(parser: argparse.ArgumentParser, **settings: Any) -> None:
    """Add the container that is asked."""
    argument = parser.add_argument("container_node_name", help="Container node name", **settings)
    argument.completer = _complete_container  # type: ignore[attr-defined]


def _complete_container(prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
    from ros2cli.node.strategy import NodeStrategy

    with NodeStrategy(parsed_args) as node:
        return find_container_node_names(node=node)


def get_components_in_container(*, node: Any, container_node_name: str) -> list[tuple[int, str]]:
    """Return numbers and full names of a container's components."""
    from composition_interfaces.srv import ListNodes

    response = call_service(node, ListNodes, container_node_name + _LIST, ListNodes.Request())
    return list(zip(response.unique_ids, response.full_node_names, strict=True))


def load_component_into_container(*, node: Any, container_node_name: str, request: Any) -> tuple[int, str]:
    """Return number and full name of a new component; RuntimeError if it was not loaded."""
    from composition_interfaces.srv import LoadNode

    response = call_service(node, LoadNode, f"{container_node_name}/_container/load_node", request, 60.0)
    if not response.success:
        raise RuntimeError(f"Failed to load component: {response.error_message}")
    return response.unique_id, response.full_node_name


def unload_component_from_container(*, node: Any, container_node_name: str, unique_id: int) -> None:
    """Destroy a component; RuntimeError if it is not there."""
    from composition_interfaces.srv import UnloadNode

    request = UnloadNode.Request(unique_id=unique_id)
    response = call_service(node, UnloadNode, f"{container_node_name}/_container/unload_node", request)
    if not response.success:
        raise RuntimeError(
            f"Failed to unload component {unique_id} from '{container_node_name}' container node: "
            f"{response.error_message}"
        )
