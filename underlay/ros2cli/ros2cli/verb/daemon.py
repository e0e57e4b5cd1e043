"""Verbs of `ros2 daemon`: scripts written for upstream stop it and ask for it."""

from __future__ import annotations

import argparse

from . import VerbExtension


class StatusVerb(VerbExtension):
    """Output the status of the daemon."""

    def main(self, *, args: argparse.Namespace) -> None:
        """Print it; it never runs."""
        print("The daemon is not running")


class StopVerb(VerbExtension):
    """Stop the daemon if it is running."""

    def main(self, *, args: argparse.Namespace) -> None:
        """Print that there was nothing to stop."""
        print("The daemon is not running")


class StartVerb(VerbExtension):
    """Refuse to start the daemon."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        parser.add_argument("-d", "--debug", action="store_true", help="Accepted")

    def main(self, *, args: argparse.Namespace) -> str:
        """Return why there is none."""
        return (
            "There is no daemon here, and commands need none: each discovers the graph for itself, as upstream's do "
            "with --no-daemon"
        )
