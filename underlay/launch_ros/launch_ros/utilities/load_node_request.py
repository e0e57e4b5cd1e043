"""Requests to load a composable node."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import yaml
from launch import LaunchContext
from launch.utilities import perform_substitutions

from .evaluate_parameters import evaluate_parameters
from .namespace_utils import make_namespace_absolute, prefix_namespace


def missing_interfaces() -> str | None:
    """Return what is missing to load composable nodes, None if nothing is."""
    try:
        import composition_interfaces.srv
        import rclpy
    except ImportError as error:
        return f"loading composable nodes needs upstream's packages composition_interfaces and rclpy: {error}"
    del composition_interfaces, rclpy
    return None


def _file_parameters(path: str, full_name: str) -> dict[str, Any]:
    """Return the parameters of a file that apply to a node, flat."""
    with open(path, encoding="utf-8") as file:
        content = yaml.safe_load(file) or {}
    flat: dict[str, Any] = {}

    def flatten(values: Mapping[str, Any], prefix: str) -> None:
        for name, value in values.items():
            full = f"{prefix}.{name}" if prefix else str(name)
            if isinstance(value, Mapping):
                flatten(value, full)
            else:
                flat[full] = value

    wanted = full_name.strip("/").split("/")

    def matches(key: str) -> bool:
        parts = key.strip("/").split("/")
        if "**" in parts:
            tail = parts[parts.index("**") + 1 :]
            head = parts[: parts.index("**")]
            return wanted[: len(head)] == head and (not tail or wanted[-len(tail) :] == tail)
        return len(parts) == len(wanted) and all(p in ("*", w) for p, w in zip(parts, wanted, strict=True))

    def walk(tree: Mapping[str, Any], path_so_far: str) -> None:
        for key, value in tree.items():
            if not isinstance(value, Mapping):
                continue
            if key == "ros__parameters":
                if matches(path_so_far):
                    flatten(value, "")
            else:
                walk(value, f"{path_so_far}/{str(key).strip('/')}")

    walk(content, "")
    return flat


def _to_messages(parameters: dict[str, Any]) -> list[Any]:
    from rclpy.parameter import Parameter

    return [Parameter(name=name, value=value).to_parameter_msg() for name, value in parameters.items()]


def make_load_request(context: LaunchContext, description: Any) -> Any:
    """Return a `composition_interfaces/srv/LoadNode` request for a ComposableNode."""
    from composition_interfaces.srv import LoadNode

    request = LoadNode.Request()
    request.package_name = perform_substitutions(context, description.package)
    request.plugin_name = perform_substitutions(context, description.node_plugin)
    if description.node_name is not None:
        request.node_name = perform_substitutions(context, description.node_name)
    given = ""
    if description.node_namespace is not None:
        given = perform_substitutions(context, description.node_namespace)
    namespace = prefix_namespace(context.launch_configurations.get("ros_namespace"), given or None)
    if namespace is not None:
        request.node_namespace = make_namespace_absolute(namespace)
    full_name = f"{request.node_namespace.rstrip('/')}/{request.node_name}"
    rules = [tuple(rule) for rule in context.launch_configurations.get("ros_remaps", [])]
    for source, target in description.remappings or []:
        rules.append((perform_substitutions(context, source), perform_substitutions(context, target)))
    request.remap_rules = [f"{source}:={target}" for source, target in rules]
    parameters: dict[str, Any] = {}
    for entry in context.launch_configurations.get("global_params", []):
        parameters.update([entry] if isinstance(entry, tuple) else _file_parameters(str(entry), full_name))
    parameters.update(_evaluate(context, description.parameters, full_name))
    request.parameters = _to_messages(parameters)
    request.extra_arguments = _to_messages(_evaluate(context, description.extra_arguments, full_name))
    return request


def _evaluate(context: LaunchContext, parameters: Any, full_name: str) -> dict[str, Any]:
    from ..parameter_descriptions import Parameter

    values: dict[str, Any] = {}
    for entry in evaluate_parameters(context, parameters or []):
        if isinstance(entry, Parameter):
            values[entry.name] = entry.value
        elif isinstance(entry, dict):
            values.update(entry)
        else:
            values.update(_file_parameters(str(entry), full_name))
    return values
