"""Launch description from an XML or YAML file."""

from __future__ import annotations

from ..launch_description import LaunchDescription
from ..launch_description_source import LaunchDescriptionSource
from ..some_substitutions_type import SomeSubstitutionsType
from .any_launch_file_utilities import get_launch_description_from_frontend_launch_file


class FrontendLaunchDescriptionSource(LaunchDescriptionSource):
    """Loads an XML or YAML launch file; InvalidLaunchFileError if it is not valid."""

    def __init__(self, launch_file_path: SomeSubstitutionsType) -> None:
        super().__init__(None, launch_file_path, "interpreted frontend launch file")

    def _get_launch_description(self, location: str) -> LaunchDescription:
        return get_launch_description_from_frontend_launch_file(location)
