"""Runs a launch file."""

from __future__ import annotations

import argparse
import os
import sys
from typing import Any

from ros2cli.command import CommandExtension


def _package_or_path_completer(prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
    from ament_index_python.packages import get_packages_with_prefixes

    return [name for name in get_packages_with_prefixes() if name.startswith(prefix)]


def _file_completer(prefix: str, parsed_args: argparse.Namespace, **kwargs: Any) -> list[str]:
    from ..api import get_launch_file_paths

    paths = get_launch_file_paths(parsed_args.package_name)
    return [name for name in map(os.path.basename, paths) if name.startswith(prefix)]


class LaunchCommand(CommandExtension):
    """Run a launch file."""

    def add_arguments(self, parser: argparse.ArgumentParser, cli_name: str) -> None:
        """Add the arguments."""
        parser.add_argument(
            "-n",
            "--noninteractive",
            default=not sys.stdin.isatty(),
            action="store_true",
            help="Run ros2 launch noninteractively, with no terminal associated.",
        )
        parser.add_argument(
            "-d",
            "--debug",
            action="store_true",
            help="Put the launch system in debug mode, more verbose output.",
        )
        command = parser.add_mutually_exclusive_group()
        command.add_argument(
            "-p",
            "--print",
            "--print-description",
            dest="print_description",
            action="store_true",
            help="Print the launch description to the console without launching it.",
        )
        command.add_argument(
            "-s",
            "--show-args",
            "--show-arguments",
            dest="show_arguments",
            action="store_true",
            help="Show arguments that may be given to the launch file.",
        )
        parser.add_argument(
            "-a",
            "--show-all-subprocesses-output",
            action="store_true",
            help="Show all launched subprocesses' output by overriding their output configuration "
            "using the OVERRIDE_LAUNCH_PROCESS_OUTPUT envvar.",
        )
        parser.add_argument(
            "--launch-prefix",
            help="Prefix command, which should go before all executables. Command must be wrapped in quotes "
            "if it contains spaces (e.g. --launch-prefix 'xterm -e gdb -ex run --args').",
        )
        parser.add_argument(
            "--launch-prefix-filter",
            help="Regex pattern for filtering which executables the --launch-prefix is applied to by "
            "matching the executable name.",
        )
        package = parser.add_argument(
            "package_name", help="Name of the ROS package which contains the launch file"
        )
        package.completer = _package_or_path_completer  # type: ignore[attr-defined]
        file = parser.add_argument("launch_file_name", nargs="?", help="Name of the launch file")
        file.completer = _file_completer  # type: ignore[attr-defined]
        parser.add_argument(
            "launch_arguments",
            nargs="*",
            help="Arguments to the launch file; '<name>:=<value>' (for duplicates, last one wins)",
        )

    def main(self, *, parser: argparse.ArgumentParser, args: argparse.Namespace) -> int | str:
        """Find the file and run it; return launch's exit code or the reason why it cannot run."""
        from .. import api

        path = args.package_name
        arguments = list(args.launch_arguments)
        try:
            if os.path.exists(path) and not os.path.isdir(path):
                if args.launch_file_name is not None:
                    arguments.insert(0, args.launch_file_name)
            elif args.launch_file_name is None:
                raise api.LaunchFileNotFoundError(api.explain_missing_file(path))
            else:
                path = api.get_share_file_path_from_package(
                    package_name=args.package_name, file_name=args.launch_file_name
                )
            if args.show_arguments:
                return api.print_arguments_of_launch_file(launch_file_path=path)
            if args.print_description:
                return api.print_a_launch_file(launch_file_path=path)
            if args.show_all_subprocesses_output:
                os.environ["OVERRIDE_LAUNCH_PROCESS_OUTPUT"] = "both"
            return api.launch_a_launch_file(
                launch_file_path=path,
                launch_file_arguments=arguments,
                noninteractive=args.noninteractive,
                args=args,
                debug=args.debug,
            )
        except (api.LaunchFileNotFoundError, api.MultipleLaunchFilesError, ValueError) as error:
            return str(error)
