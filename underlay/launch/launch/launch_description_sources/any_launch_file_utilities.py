"""Loading launch files by their extension."""

from __future__ import annotations

import os

from ..invalid_launch_file_error import InvalidLaunchFileError
from ..launch_description import LaunchDescription
from .python_launch_file_utilities import get_launch_description_from_python_launch_file


def get_launch_description_from_any_launch_file(launch_file_path: str) -> LaunchDescription:
    """Return the launch description of a file.

    Raises InvalidLaunchFileError for XML and YAML files, FileNotFoundError if there is no file, and
    whatever a Python launch file raises.
    """
    extension = os.path.splitext(launch_file_path)[1].lstrip(".").lower()
    if extension in ("xml", "yaml", "yml"):
        package = "launch_xml" if extension == "xml" else "launch_yaml"
        raise InvalidLaunchFileError(
            extension,
            likely_errors=[
                NotImplementedError(
                    f"'{launch_file_path}' needs upstream's package {package}; here only Python launch files work"
                )
            ],
        )
    return get_launch_description_from_python_launch_file(launch_file_path)
