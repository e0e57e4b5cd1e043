"""Launch description from an XML or YAML file. Not here."""

from __future__ import annotations

from typing import Any

from ..launch_description_source import LaunchDescriptionSource


class FrontendLaunchDescriptionSource(LaunchDescriptionSource):
    """Raises: XML and YAML launch files are not supported."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        raise NotImplementedError(
            "FrontendLaunchDescriptionSource: XML and YAML launch files need upstream's packages "
            "launch_xml and launch_yaml"
        )
