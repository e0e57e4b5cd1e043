"""Lists packages."""

from __future__ import annotations

import argparse

from . import VerbExtension


class ListVerb(VerbExtension):
    """Output a list of available packages."""

    def main(self, *, args: argparse.Namespace) -> None:
        """Print them."""
        from ..api import get_package_names

        for name in sorted(get_package_names()):
            print(name)
