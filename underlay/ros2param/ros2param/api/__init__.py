"""Parameters of other nodes, through their services."""

from __future__ import annotations

import argparse
import sys
import time
from typing import Any

from ros2cli.node.calls import call_service, has_service
from ros2cli.node.direct import DirectNode

_POLL_S = 0.05
_TYPES = (
    "not set", "boolean", "integer", "double", "string", "byte array", "boolean array", "integer array",
    "double array", "string array",
)  # fmt: skip


def add_node_name(parser: argparse.ArgumentParser, **settings: Any) -> None:
    """Add the node that is asked."""
    from ros2node.api import NodeNameCompleter

    argument = parser.add_argument("node_name", help="Name of the ROS node", **settings)
    argument.completer = NodeNameCompleter(include_hidden_nodes_key="include_hidden_nodes")  # type: ignore[attr-defined]
    parser.add_argument("--include-hidden-nodes", action="store_true", help="Consider hidden nodes as well")


def add_timeout(parser: argparse.ArgumentParser) -> None:
    """Add how long `open_node` waits for the node."""
    parser.add_argument(
        "--timeout",
        metavar="N",
        type=float,
        default=1.0,
        help="Wait for N seconds until node becomes available (default %(default)s sec)",
    )


def open_node(args: argparse.Namespace) -> DirectNode:
    """Return a node of the command's own that knows the node of `args.node_name`.

    RuntimeError if that is not there within `args.timeout` or has no parameter services.
    """
    from ros2node.api import get_absolute_node_name

    end = time.monotonic() + getattr(args, "timeout", 0.0)
    name = args.node_name = get_absolute_node_name(args.node_name)
    service = f"{name}/list_parameters"
    direct = DirectNode(args, until=lambda node: has_service(node, service))
    problem = _problem(direct.node, name, service, args.include_hidden_nodes)
    while problem and time.monotonic() < end:
        time.sleep(_POLL_S)
        problem = _problem(direct.node, name, service, args.include_hidden_nodes)
    if problem:
        direct.__exit__(None, None, None)
        raise RuntimeError(problem)
    return direct


def _problem(node: Any, name: str, service: str, include_hidden: bool) -> str | None:
    from ros2node.api import get_node_names

    if name.rpartition("/")[2].startswith("_") and not include_hidden:
        return "Node not found"
    if has_service(node, service):  # known before the node's name is, at times
        return None
    names = [known.full_name for known in get_node_names(node=node, include_hidden_nodes=True)]
    return "Node has no parameter services" if name in names else "Node not found"


def call_list_parameters(*, node: Any, node_name: str, prefixes: list[str] | None = None) -> list[str]:
    """Return the names of a node's parameters."""
    from rcl_interfaces.srv import ListParameters

    request = ListParameters.Request(prefixes=prefixes or [])
    response = call_service(node, ListParameters, f"{node_name}/list_parameters", request)
    return sorted(response.result.names)


def call_get_parameters(*, node: Any, node_name: str, parameter_names: list[str]) -> Any:
    """Return a response with a value for each name, `not set` for those that are not declared."""
    from rcl_interfaces.srv import GetParameters

    request = GetParameters.Request(names=parameter_names)
    return call_service(node, GetParameters, f"{node_name}/get_parameters", request)


def call_set_parameters(*, node: Any, node_name: str, parameters: list[Any]) -> Any:
    """Return a response with a result for each parameter."""
    from rcl_interfaces.srv import SetParameters

    request = SetParameters.Request(parameters=parameters)
    return call_service(node, SetParameters, f"{node_name}/set_parameters", request)


def call_describe_parameters(*, node: Any, node_name: str, parameter_names: list[str]) -> Any:
    """Return a response with a descriptor for each name."""
    from rcl_interfaces.srv import DescribeParameters

    request = DescribeParameters.Request(names=parameter_names)
    return call_service(node, DescribeParameters, f"{node_name}/describe_parameters", request)


def get_value(*, parameter_value: Any) -> Any:
    """Return a parameter's value as Python has it, None for one that is not set."""
    from rclpy.parameter import parameter_value_to_python

    value = parameter_value_to_python(parameter_value)
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        return value
    return [item[0] if isinstance(item, bytes) else item for item in value]


def get_parameter_type_string(parameter_type: int) -> str:
    """Return the name of a parameter's type."""
    return _TYPES[parameter_type]


def load_parameter_file(
    *, node: Any, node_name: str, parameter_file: str, use_wildcard: bool = True
) -> str | None:
    """Set what a file says about a node and print each result; return why the file cannot be used, if so."""
    import yaml
    from rclpy.parameter import parameter_dict_from_yaml_file

    try:
        found = parameter_dict_from_yaml_file(parameter_file, use_wildcard, target_nodes=[node_name])
    except (OSError, RuntimeError, ValueError, TypeError, AttributeError, yaml.YAMLError) as error:
        return f"Could not read parameters of '{node_name}' from '{parameter_file}': {error}"
    parameters = list(found.values())
    response = call_set_parameters(node=node, node_name=node_name, parameters=parameters)
    for parameter, result in zip(parameters, response.results, strict=True):
        reason = f": {result.reason}" if result.reason else ""
        if result.successful:
            print(f"Set parameter {parameter.name} successful{reason}")
        else:
            print(f"Set parameter {parameter.name} failed{reason}", file=sys.stderr)
    return None
