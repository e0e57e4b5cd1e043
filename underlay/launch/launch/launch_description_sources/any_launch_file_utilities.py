"""Loading launch files by their extension."""

from __future__ import annotations

import os

from ..launch_description import LaunchDescription
from .python_launch_file_utilities import get_launch_description_from_python_launch_file

FRONTEND_EXTENSIONS = ("xml", "yaml", "yml")


def get_launch_description_from_any_launch_file(launch_file_path: str) -> LaunchDescription:
    """Return the launch description of a file.

    Raises InvalidLaunchFileError for XML and YAML files that are not valid, FileNotFoundError if there is
    no file, and whatever a Python launch file raises.
    """
    extension = os.path.splitext(launch_file_path)[1].lstrip(".").lower()
    if extension in FRONTEND_EXTENSIONS:
        return get_launch_description_from_frontend_launch_file(launch_file_path)
    return get_launch_description_from_python_launch_file(launch_file_path)


def get_launch_description_from_frontend_launch_file(launch_file_path: str) -> LaunchDescription:
    """Return the launch description of an XML or YAML file; InvalidLaunchFileError if it is not valid."""
    from ..frontend import InvalidFrontendLaunchFileError, Parser
    from ..invalid_launch_file_error import InvalidLaunchFileError

    extension = os.path.splitext(launch_file_path)[1].lstrip(".").lower()
    try:
        entity, parser = Parser.load(launch_file_path)
        return parser.parse_description(entity)
    except InvalidFrontendLaunchFileError as error:
        named = InvalidFrontendLaunchFileError(f"{launch_file_path}: {error}")
        raise InvalidLaunchFileError(extension, likely_errors=[named]) from error
