"""Says where a package is."""

from __future__ import annotations

import argparse
import os

from . import VerbExtension


class PrefixVerb(VerbExtension):
    """Output the prefix path of a package."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import package_name_completer

        argument = parser.add_argument("package_name", help="The package name")
        argument.completer = package_name_completer  # type: ignore[attr-defined]
        parser.add_argument("--share", action="store_true", help="Show share directory for the package")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it."""
        from ..api import get_prefix_path

        path = get_prefix_path(args.package_name)
        if path is None:
            return "Package not found"
        print(os.path.join(path, "share", args.package_name) if args.share else path)
        return None
