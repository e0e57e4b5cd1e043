"""What `ros2 launch` does, as functions."""

from .api import (
    LaunchFileNotFoundError,
    MultipleLaunchFilesError,
    explain_missing_file,
    get_launch_file_paths,
    get_share_file_path_from_package,
    is_launch_file,
    launch_a_launch_file,
    parse_launch_arguments,
    print_a_launch_file,
    print_arguments_of_launch_file,
)

__all__ = [
    "LaunchFileNotFoundError",
    "MultipleLaunchFilesError",
    "explain_missing_file",
    "get_launch_file_paths",
    "get_share_file_path_from_package",
    "is_launch_file",
    "launch_a_launch_file",
    "parse_launch_arguments",
    "print_a_launch_file",
    "print_arguments_of_launch_file",
]
