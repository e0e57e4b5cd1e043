"""Finding, showing and running launch files."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Iterable
from pathlib import Path

from ament_index_python.packages import PackageNotFoundError, get_package_share_directory

_SUFFIXES = (".launch.py", ".launch.xml", ".launch.yaml", ".launch.yml", "_launch.py")


class LaunchFileNotFoundError(Exception):
    """There is no such launch file."""


class MultipleLaunchFilesError(Exception):
    """A package has several launch files of this name, in different folders."""

    def __init__(self, message: str, paths: Iterable[str]) -> None:
        super().__init__(message)
        self.paths = list(paths)


def is_launch_file(path: str) -> bool:
    """Whether the name looks like a launch file."""
    return os.path.isfile(path) and os.path.basename(path).endswith(_SUFFIXES)


def get_launch_file_paths(package_name: str) -> list[str]:
    """Return the launch files in a package's share folder."""
    share = get_package_share_directory(package_name)
    return sorted(str(path) for path in Path(share).rglob("*") if is_launch_file(str(path)))


def explain_missing_file(name: str) -> str:
    """Return why `ros2 launch <name>` alone does not work."""
    try:
        files = [os.path.basename(path) for path in get_launch_file_paths(name)]
    except (PackageNotFoundError, ValueError):
        return f"no launch file at '{name}', and no package of this name"
    known = ", ".join(files) or "none"
    return f"launch file name is missing; package '{name}' has: {known}"


def get_share_file_path_from_package(*, package_name: str, file_name: str) -> str:
    """Return the path of a file of this name anywhere in a package's share folder.

    Raises LaunchFileNotFoundError if there is no such package or file, MultipleLaunchFilesError if
    there are several.
    """
    try:
        share = get_package_share_directory(package_name)
    except (PackageNotFoundError, ValueError) as error:
        raise LaunchFileNotFoundError(f"Package '{package_name}' not found: {error.args[0]}") from None
    if not os.path.isdir(share):
        raise LaunchFileNotFoundError(f"package '{package_name}' has no share directory '{share}'")
    found = [
        os.path.join(folder, file_name)
        for folder, _, names in os.walk(share, followlinks=True)
        if file_name in names
    ]
    if not found:
        known = ", ".join(os.path.basename(path) for path in get_launch_file_paths(package_name)) or "none"
        raise LaunchFileNotFoundError(
            f"file '{file_name}' was not found in the share directory of package '{package_name}' which is "
            f"at '{share}'; its launch files: {known}"
        )
    if len(found) > 1:
        raise MultipleLaunchFilesError(
            f"file '{file_name}' was found more than once in the share directory of package "
            f"'{package_name}': {found}",
            found,
        )
    return found[0]


def parse_launch_arguments(launch_arguments: Iterable[str]) -> list[tuple[str, str]]:
    """Return `name:=value` words as pairs, the last of each name; RuntimeError for other words."""
    parsed: dict[str, str] = {}
    for word in launch_arguments:
        name, separator, value = word.partition(":=")
        if not separator or not name:
            raise RuntimeError(f"malformed launch argument '{word}', expected format '<name>:=<value>'")
        parsed.pop(name, None)
        parsed[name] = value
    return list(parsed.items())


def print_a_launch_file(*, launch_file_path: str) -> int:
    """Print the launch description as a tree."""
    from launch import LaunchIntrospector
    from launch.launch_description_sources import get_launch_description_from_any_launch_file

    description = get_launch_description_from_any_launch_file(launch_file_path)
    print(LaunchIntrospector().format_launch_description(description))
    return 0


def print_arguments_of_launch_file(*, launch_file_path: str) -> int:
    """Print the arguments that the launch file declares."""
    from launch.launch_description_sources import get_launch_description_from_any_launch_file

    description = get_launch_description_from_any_launch_file(launch_file_path)
    print("Arguments (pass arguments as '<name>:=<value>'):")
    arguments = description.get_launch_arguments(conditional_inclusion=True)
    for argument in arguments:
        print(f"\n    '{argument.name}':")
        print("        " + argument.description)
        if argument.choices is not None and "one of" not in argument.description:
            print(f"        one of: {argument.choices}")
        if argument.default_value is not None:
            default = " + ".join(part.describe() for part in argument.default_value)
            print(f"        (default: {default})")
    if not arguments:
        print("\n  No arguments.")
    return 0


def launch_a_launch_file(
    *,
    launch_file_path: str,
    launch_file_arguments: Iterable[str],
    noninteractive: bool = False,
    args: argparse.Namespace | None = None,
    debug: bool = False,
) -> int:
    """Run a launch file until everything in it has ended; return the exit code."""
    import launch
    from launch.actions import IncludeLaunchDescription, SetLaunchConfiguration
    from launch.launch_description_sources import AnyLaunchDescriptionSource

    arguments = list(launch_file_arguments)
    pairs = parse_launch_arguments(arguments)
    service = launch.LaunchService(argv=arguments, noninteractive=noninteractive, debug=debug)
    entities: list[launch.LaunchDescriptionEntity] = []
    for option in ("launch_prefix", "launch_prefix_filter"):
        value = getattr(args, option, None)
        if value is not None:
            entities.append(SetLaunchConfiguration(option.replace("_", "-"), value))
    entities.append(
        IncludeLaunchDescription(AnyLaunchDescriptionSource(launch_file_path), launch_arguments=pairs)
    )
    service.include_launch_description(launch.LaunchDescription(entities))
    code = service.run()
    sys.stdout.flush()
    return code
