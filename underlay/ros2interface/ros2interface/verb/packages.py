"""Lists the packages with interfaces."""

from __future__ import annotations

import argparse

from . import VerbExtension


class PackagesVerb(VerbExtension):
    """Output a list of packages that provide interfaces."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_kind_arguments

        add_kind_arguments(parser)

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        import rosidl_runtime_py

        from ..api import wanted_kinds

        packages: set[str] = set()
        for _, function in wanted_kinds(args):
            packages.update(getattr(rosidl_runtime_py, function)())
        for package in sorted(packages):
            print(package)
