"""Verbs of commands."""

from __future__ import annotations

import argparse
from typing import Any

from ..plugin_system import PLUGIN_SYSTEM_VERSION, satisfies_version


class VerbExtension:
    """Base of a verb; derived classes define `main` and may define `add_arguments`."""

    NAME: str | None = None
    EXTENSION_POINT_VERSION = "0.1"

    def __init__(self) -> None:
        satisfies_version(PLUGIN_SYSTEM_VERSION, "^0.1")

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the verb's arguments to the parser."""

    def main(self, *, args: argparse.Namespace) -> Any:
        """Run the verb; return an exit code, an error text or None."""
        raise NotImplementedError
