"""Loads components."""

from __future__ import annotations

import argparse
from typing import Any

from ros2cli.node.strategy import add_arguments

from . import VerbExtension

_LEVELS = {"unset": 0, "debug": 10, "info": 20, "warn": 30, "error": 40, "fatal": 50}


class LoadVerb(VerbExtension):
    """Load a component into a container node."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_container_name

        add_arguments(parser)
        add_container_name(parser)
        add = parser.add_argument
        add("package_name", help="Name of the package where the component is to be found")
        add("plugin_name", help="Type name of the component to be loaded")
        add("-q", "--quiet", action="store_true", help="Only print component unique id")
        add("-n", "--node-name", default="", help="Component node name")
        add("--node-namespace", default="", help="Component node namespace")
        add("--log-level", choices=_LEVELS, default="unset", help="Component node log level")
        add("-r", "--remap-rule", dest="remap_rules", action="append", default=[], help="Remapping rule")
        add(
            "-p", "--parameter", dest="parameters", action="append", default=[], help="Parameter, NAME:=VALUE"
        )
        add(
            "-e",
            "--extra-argument",
            dest="extra_arguments",
            action="append",
            default=[],
            help="Extra argument for the container, NAME:=VALUE",
        )

    def main(self, *, args: argparse.Namespace) -> None:
        """Load it and print its number and name."""
        from composition_interfaces.srv import LoadNode

        from ..api import load_component_into_container, open_container

        request = LoadNode.Request(
            package_name=args.package_name,
            plugin_name=args.plugin_name,
            node_name=args.node_name,
            node_namespace=args.node_namespace,
            log_level=_LEVELS[args.log_level],
            remap_rules=args.remap_rules,
            parameters=[_assignment(text) for text in args.parameters],
            extra_arguments=[_assignment(text) for text in args.extra_arguments],
        )
        with open_container(args) as direct:
            number, name = load_component_into_container(
                node=direct.node, container_node_name=args.container_node_name, request=request
            )
        if args.quiet:
            print(number)
        else:
            print(f"Loaded component {number} into '{args.container_node_name}' container node as '{name}'")


def _assignment(text: str) -> Any:
    from rcl_interfaces.msg import Parameter
    from rclpy.parameter import get_parameter_value

    name, separator, value = text.partition(":=")
    if not separator or not name:
        raise RuntimeError(f"'{text}' is no assignment; allowed: NAME:=VALUE")
    return Parameter(name=name, value=get_parameter_value(value))
