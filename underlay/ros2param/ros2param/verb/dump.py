"""Writes all parameters of a node as a parameter file."""

from __future__ import annotations

import argparse
from typing import Any

from ros2cli.node.strategy import add_arguments

from . import VerbExtension


class DumpVerb(VerbExtension):
    """Show all of the parameters of a node in a YAML file format."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_node_name, add_timeout

        add_arguments(parser)
        add_node_name(parser)
        add_timeout(parser)

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        import yaml

        from ..api import call_get_parameters, call_list_parameters, get_value, open_node

        with open_node(args) as direct:
            names = call_list_parameters(node=direct.node, node_name=args.node_name)
            response = call_get_parameters(node=direct.node, node_name=args.node_name, parameter_names=names)
        tree: dict[str, Any] = {}
        for name, value in zip(names, response.values, strict=True):
            plain = get_value(parameter_value=value)
            if plain is not None:
                insert(tree, name.split("."), plain)
        print(yaml.dump({args.node_name: {"ros__parameters": tree}}, default_flow_style=False), end="")


def insert(tree: dict[str, Any], path: list[str], value: Any) -> None:
    """Enter a value below the names of a path; a name that is a value and a group at once stays flat."""
    for depth, part in enumerate(path[:-1]):
        child = tree.setdefault(part, {})
        if not isinstance(child, dict):
            tree[".".join(path[depth:])] = value
            return
        tree = child
    tree[path[-1]] = value
