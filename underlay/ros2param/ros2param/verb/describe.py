"""Describes parameters."""

from __future__ import annotations

import argparse
from typing import Any

from ros2cli.node.strategy import add_arguments

from . import VerbExtension


class DescribeVerb(VerbExtension):
    """Show descriptive information about declared parameters."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_node_name, add_timeout

        add_arguments(parser)
        add_node_name(parser)
        add_timeout(parser)
        parser.add_argument("parameter_names", nargs="+", help="Names of the parameters to describe")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it."""
        from ..api import call_describe_parameters, open_node

        with open_node(args) as direct:
            response = call_describe_parameters(
                node=direct.node, node_name=args.node_name, parameter_names=args.parameter_names
            )
        if len(response.descriptors) != len(args.parameter_names):
            return f"Unable to describe parameters: {', '.join(args.parameter_names)} are not all declared"
        for descriptor in response.descriptors:
            print(describe(descriptor))
        return None


def describe(descriptor: Any) -> str:
    """Return a parameter's name, type, description and constraints."""
    from ..api import get_parameter_type_string

    lines = [
        f"Parameter name: {descriptor.name}",
        f"  Type: {get_parameter_type_string(descriptor.type)}",
    ]
    if descriptor.description:
        lines.append(f"  Description: {descriptor.description}")
    lines.append("  Constraints:")
    if descriptor.read_only:
        lines.append("    Read only: true")
    for limits in [*descriptor.integer_range, *descriptor.floating_point_range]:
        lines.append(f"    Min value: {limits.from_value}")
        lines.append(f"    Max value: {limits.to_value}")
        if limits.step:
            lines.append(f"    Step: {limits.step}")
    if descriptor.additional_constraints:
        lines.append(f"    Additional constraints: {descriptor.additional_constraints}")
    return "\n".join(lines)
