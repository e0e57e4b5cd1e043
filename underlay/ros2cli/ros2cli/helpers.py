"""What verbs of several commands share."""

from __future__ import annotations

import argparse
import sys


def collect_stdin() -> bytes:
    """Return all of the standard input."""
    return sys.stdin.buffer.read()


def add_values(parser: argparse.ArgumentParser, help_text: str, name: str = "values") -> None:
    """Add values in YAML format, as an argument or on the standard input."""
    group = parser.add_mutually_exclusive_group()
    group.add_argument(name, nargs="?", default="{}", help=help_text)
    group.add_argument("--stdin", action="store_true", help="Read values from standard input")


def values_from(args: argparse.Namespace, name: str = "values") -> str | bytes:
    """Return the values that `add_values` was given."""
    return collect_stdin() if args.stdin else str(getattr(args, name))
