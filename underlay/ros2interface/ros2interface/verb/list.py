"""Lists interfaces."""

from __future__ import annotations

import argparse

from . import VerbExtension


class ListVerb(VerbExtension):
    """List all interface types available."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import add_kind_arguments

        add_kind_arguments(parser)

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them by kind."""
        import rosidl_runtime_py

        from ..api import wanted_kinds

        for title, function in wanted_kinds(args):
            print(title)
            for package, names in sorted(getattr(rosidl_runtime_py, function)().items()):
                for name in names:
                    print(f"    {package}/{name}")
