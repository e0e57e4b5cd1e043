"""Lists parameters."""

from __future__ import annotations

import argparse
import re
import sys
from typing import Any

from ros2cli.node.strategy import NodeStrategy, add_arguments

from . import VerbExtension


class ListVerb(VerbExtension):
    """Output a list of available parameters."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_node_name

        add_arguments(parser)
        add_node_name(parser, nargs="?")
        parser.add_argument(
            "--param-prefixes", nargs="+", default=[], help="Only list parameters with the provided prefixes"
        )
        parser.add_argument(
            "--param-type", action="store_true", help="Print parameter types with parameter names"
        )
        parser.add_argument("--filter", help="Only list parameters matching the provided regex")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print those of one node or of all."""
        from ros2node.api import get_node_names

        from ..api import open_node

        if args.node_name:
            with open_node(args) as direct:
                _print_parameters(direct.node, args.node_name, args)
            return None
        with NodeStrategy(args) as strategy:
            node = strategy.direct_node.node
            names = {
                name.full_name
                for name in get_node_names(node=node, include_hidden_nodes=args.include_hidden_nodes)
            }
            services = {name for name, _ in node.get_service_names_and_types()}
            for name in sorted(name for name in names if f"{name}/list_parameters" in services):
                print(f"{name}:")
                try:
                    _print_parameters(node, name, args)
                except RuntimeError as error:
                    print(f"Exception while calling service of node '{name}': {error}", file=sys.stderr)
        return None


def _print_parameters(node: Any, node_name: str, args: argparse.Namespace) -> None:
    from ..api import call_describe_parameters, call_list_parameters, get_parameter_type_string

    names = call_list_parameters(node=node, node_name=node_name, prefixes=args.param_prefixes)
    if args.filter:
        names = [name for name in names if re.search(args.filter, name)]
    if not args.param_type:
        print("".join(f"  {name}\n" for name in names), end="")
        return
    response = call_describe_parameters(node=node, node_name=node_name, parameter_names=names)
    for descriptor in response.descriptors:
        print(f"  {descriptor.name} (type: {get_parameter_type_string(descriptor.type)})")
