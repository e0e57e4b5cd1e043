"""Runs an executable of a package."""

from __future__ import annotations

import argparse
import os
import shlex
from typing import Any

from ros2cli.command import CommandExtension


def _package_completer(prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
    from ros2pkg.api import get_package_names

    return [name for name in get_package_names() if name.startswith(prefix)]


def _executable_completer(prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
    from ros2pkg.api import get_executable_paths

    paths = get_executable_paths(package_name=parsed_args.package_name)
    return [name for name in map(os.path.basename, paths) if name.startswith(prefix)]


class RunCommand(CommandExtension):
    """Run a package specific executable."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        parser.add_argument(
            "--prefix",
            help="Prefix command, which should go before the executable. Command must be wrapped in quotes if "
            "it contains spaces (e.g. --prefix 'gdb -ex run --args').",
        )
        package = parser.add_argument("package_name", help="Name of the ROS package")
        package.completer = _package_completer  # type: ignore[attr-defined]
        executable = parser.add_argument("executable_name", help="Name of the executable")
        executable.completer = _executable_completer  # type: ignore[attr-defined]
        parser.add_argument(
            "argv", nargs=argparse.REMAINDER, help="Pass arbitrary arguments to the executable"
        )

    def main(self, *, parser: argparse.ArgumentParser, args: argparse.Namespace) -> int | str:
        """Become the executable, or return why that is not possible."""
        from ..api import MultipleExecutables, PackageNotFound, get_executable_path, run_executable

        try:
            path = get_executable_path(package_name=args.package_name, executable_name=args.executable_name)
        except PackageNotFound:
            return f"Package '{args.package_name}' not found"
        except MultipleExecutables as error:
            return "Multiple executables found:\n" + "\n".join(f"- {path}" for path in error.paths)
        if path is None:
            known = _executable_completer("", args)
            return f"No executable found: package '{args.package_name}' has: {', '.join(known) or 'none'}"
        prefix = shlex.split(args.prefix) if args.prefix is not None else None
        return run_executable(path=path, argv=args.argv, prefix=prefix)
