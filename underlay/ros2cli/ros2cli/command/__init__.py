"""Commands of `ros2` and their verbs."""

from __future__ import annotations

import argparse
import inspect
import sys
from typing import Any

from ..plugin_system import (
    COMMAND_GROUP,
    PLUGIN_SYSTEM_VERSION,
    get_entry_points,
    instantiate,
    instantiate_extensions,
    satisfies_version,
)

__all__ = [
    "COMMAND_GROUP",
    "CommandExtension",
    "MutableString",
    "add_subparsers_on_demand",
    "get_command_extensions",
    "get_first_line_doc",
]


class CommandExtension:
    """Base of a command; derived classes define `main` and may define `add_arguments`."""

    NAME: str | None = None
    EXTENSION_POINT_VERSION = "0.1"

    def __init__(self) -> None:
        satisfies_version(PLUGIN_SYSTEM_VERSION, "^0.1")

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the command's arguments to the parser."""

    def main(self, *, parser: argparse.ArgumentParser, args: argparse.Namespace) -> Any:
        """Run the command; return an exit code, an error text or None."""
        raise NotImplementedError


class MutableString:
    """A text that can be changed after a parser got it; kept for upstream's users."""

    def __init__(self) -> None:
        self.value = ""

    def __getattr__(self, name: str) -> Any:
        return getattr(self.value, name)

    def __iter__(self) -> Any:
        return iter(self.value)


def get_command_extensions(group_name: str, *, exclude_names: list[str] | None = None) -> dict[str, Any]:
    """Return instances of all extensions of a group by name."""
    return instantiate_extensions(group_name, exclude_names=exclude_names)


def get_first_line_doc(any_type: object) -> str:
    """Return the first line of a docstring without its full stop."""
    lines = (inspect.getdoc(any_type) or "").strip().splitlines()
    return lines[0].rstrip(".") if lines else ""


def _wanted_extension(parser: argparse.ArgumentParser, argv: list[str], names: set[str]) -> str | None:
    """Return the first word that can be the name of an extension, given the options before it."""
    takes_value = {
        option
        for action in parser._actions
        if action.option_strings and action.nargs != 0
        for option in action.option_strings
    }
    skip = False
    for word in argv:
        if skip:
            skip = False
        elif word.startswith("-"):
            skip = word in takes_value
        else:
            return word if word in names else None
    return None


def add_subparsers_on_demand(
    parser: argparse.ArgumentParser,
    cli_name: str,
    dest: str,
    group_name: str,
    hide_extensions: list[str] | None = None,
    required: bool = True,
    argv: list[str] | None = None,
) -> Any:
    """Add the extensions of a group as subcommands; only the one that `argv` names is loaded.

    The chosen instance ends up in the parsed arguments as `dest`. Without a name in `argv` all are
    loaded, for their descriptions in the help text.
    """
    entry_points = get_entry_points(group_name)
    words = list(sys.argv[1:] if argv is None else argv)
    for level in cli_name.split()[1:]:  # words up to this level are others' business
        if level in words:
            words = words[words.index(level) + 1 :]
    wanted = _wanted_extension(parser, words, set(entry_points))
    loaded: dict[str, Any] = {}
    if wanted is not None:
        loaded[wanted] = instantiate(group_name, wanted)
    else:
        loaded = instantiate_extensions(group_name)
    visible = [name for name in sorted(entry_points) if name not in (hide_extensions or [])]
    width = max([len(name) for name in visible], default=0)
    description = ""
    if wanted is None:
        description = "\n".join(
            f"{name:<{width}}  {get_first_line_doc(loaded[name])}" for name in visible if name in loaded
        )
        if hide_extensions is not None and set(entry_points) - set(visible):
            description += "\n\nSome commands are hidden."
    kind = "command" if dest == "_command" else "verb"
    metavar = f"Call `{cli_name} <{kind}> -h` for more detailed usage."
    subparsers = parser.add_subparsers(
        title="Commands", description=description, metavar=metavar, dest=f"{dest}_name", required=required
    )
    subparsers.required = False
    for name in sorted(entry_points):
        extension = loaded.get(name)
        if extension is None:
            # Known by name, so that a mistyped command lists all of them.
            subparsers.add_parser(name, add_help=False)
            continue
        subparser = subparsers.add_parser(
            name,
            description=(inspect.getdoc(extension) or "").strip(),
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        subparser.set_defaults(**{dest: extension})
        _add_arguments(extension, subparser, f"{cli_name} {name}", argv)
    return subparsers


def _add_arguments(
    extension: Any, parser: argparse.ArgumentParser, cli_name: str, argv: list[str] | None
) -> None:
    if not hasattr(extension, "add_arguments"):
        return
    if "argv" in inspect.signature(extension.add_arguments).parameters:
        extension.add_arguments(parser, cli_name, argv=argv)
    else:
        extension.add_arguments(parser, cli_name)
