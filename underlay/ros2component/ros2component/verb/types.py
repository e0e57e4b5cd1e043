"""Lists the component types that are installed."""

from __future__ import annotations

import argparse

from . import VerbExtension


class TypesVerb(VerbExtension):
    """Output a list of components registered in the ament index."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        parser.add_argument("package_name", nargs="?", help="Only components of this package")

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        from ..api import get_package_component_types, get_registered_component_types

        if args.package_name:
            for name in get_package_component_types(args.package_name):
                print(name)
            return
        for package, names in get_registered_component_types():
            print(package)
            for name in names:
                print(f"  {name}")
