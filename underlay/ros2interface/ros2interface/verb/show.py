"""Shows the definition of an interface."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

from . import VerbExtension

_BUILTIN = {
    "bool", "byte", "char", "float32", "float64", "int8", "uint8", "int16", "uint16", "int32", "uint32",
    "int64", "uint64", "string", "wstring",
}  # fmt: skip


class ShowVerb(VerbExtension):
    """Output the interface definition."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        from ..api import complete_interface

        argument = parser.add_argument(
            "type", help="Show an interface definition (e.g. 'std_msgs/msg/String'); '-' reads it from stdin"
        )
        argument.completer = complete_interface  # type: ignore[attr-defined]
        group = parser.add_mutually_exclusive_group()
        group.add_argument(
            "--all-comments", action="store_true", help="Show all comments, including for nested interfaces"
        )
        group.add_argument("--no-comments", action="store_true", help="Show no comments or whitespace")

    def main(self, *, args: argparse.Namespace) -> str | None:
        """Print it, with the fields of nested messages indented below theirs."""
        name = sys.stdin.readline().strip() if args.type == "-" else args.type
        try:
            for line in definition(name, not args.no_comments, args.all_comments):
                print(line)
        except (LookupError, ValueError) as error:
            return str(error)
        return None


def definition(
    name: str, with_comments: bool = True, nested_comments: bool = False, indent: str = ""
) -> Iterator[str]:
    """Yield the lines of an interface's file; those of nested messages follow their fields.

    Raises LookupError or ValueError for names that are not there.
    """
    from rosidl_runtime_py import get_interface_path

    text = Path(get_interface_path(name)).read_text(encoding="utf-8")
    package = name.partition("/")[0]
    for line in text.splitlines():
        code = line.partition("#")[0].rstrip()
        if with_comments:
            yield f"{indent}{line}".rstrip() if not line else f"{indent}{line}"
        elif code:
            yield indent + code
        nested = _message_of(code, package)
        if nested is not None:
            yield from definition(nested, nested_comments, nested_comments, indent + "\t")


def _message_of(code: str, package: str) -> str | None:
    """Return the message that a line's field is of, None for other lines."""
    words = code.split()
    if len(words) < 2:
        return None
    name = words[0].partition("[")[0].partition("<")[0]
    if name in _BUILTIN:
        return None
    parts = name.split("/")
    return f"{parts[0] if len(parts) > 1 else package}/msg/{parts[-1]}"
