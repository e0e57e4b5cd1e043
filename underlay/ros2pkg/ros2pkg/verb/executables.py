"""Lists executables."""

from __future__ import annotations

import argparse
import os

from . import VerbExtension


class ExecutablesVerb(VerbExtension):
    """Output a list of package specific executables."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import package_name_completer

        argument = parser.add_argument("package_name", nargs="?", help="The package name (default: all)")
        argument.completer = package_name_completer  # type: ignore[attr-defined]
        parser.add_argument("--full-path", action="store_true", help="Show the full path of each executable")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print them."""
        from ..api import PackageNotFound, get_executable_paths, get_package_names

        names = [args.package_name] if args.package_name else sorted(get_package_names())
        for name in names:
            try:
                paths = get_executable_paths(package_name=name)
            except PackageNotFound:
                return f"Unknown package name '{name}'"
            for path in sorted(paths):
                print(path if args.full_path else f"{name} {os.path.basename(path)}")
        return None
