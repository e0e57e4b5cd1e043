"""Lists the interfaces of a package."""

from __future__ import annotations

import argparse

from . import VerbExtension


class PackageVerb(VerbExtension):
    """Output a list of available interface types within one package."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_kind_arguments

        parser.add_argument("package_name", help="Name of the ROS package (e.g. 'example_interfaces')")
        add_kind_arguments(parser)

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print them."""
        import rosidl_runtime_py

        from ..api import wanted_kinds

        for _, function in wanted_kinds(args):
            try:
                found = getattr(rosidl_runtime_py, function)([args.package_name])
            except LookupError:
                return f"Unknown package '{args.package_name}'"
            for name in found.get(args.package_name, []):
                print(f"{args.package_name}/{name}")
        return None
