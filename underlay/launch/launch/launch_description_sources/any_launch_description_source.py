"""Launch description from a file of any kind."""

from __future__ import annotations

from ..launch_description import LaunchDescription
from ..launch_description_source import LaunchDescriptionSource
from ..some_substitutions_type import SomeSubstitutionsType
from .any_launch_file_utilities import get_launch_description_from_any_launch_file


class AnyLaunchDescriptionSource(LaunchDescriptionSource):
    """Loads a Python, XML or YAML launch file."""

    def __init__(self, launch_file_path: SomeSubstitutionsType) -> None:
        super().__init__(None, launch_file_path, "any launch file")

    def _get_launch_description(self, location: str) -> LaunchDescription:
        return get_launch_description_from_any_launch_file(location)
