"""Reads YAML."""

from __future__ import annotations

from typing import IO

import yaml
from launch import frontend

from .entity import Entity


class Parser(frontend.Parser):
    """Reads YAML launch files."""

    @classmethod
    def load_stream(cls, stream: IO[str]) -> tuple[Entity, Parser]:
        """Return the outermost tag; InvalidFrontendLaunchFileError for text that is no such YAML."""
        try:
            content = yaml.safe_load(stream)
        except yaml.YAMLError as error:
            raise frontend.InvalidFrontendLaunchFileError(f"this is no YAML: {error}") from error
        if not isinstance(content, dict) or len(content) != 1:
            raise frontend.InvalidFrontendLaunchFileError("a launch file has one key, 'launch'")
        name, value = next(iter(content.items()))
        return Entity(value, str(name)), cls()

    def get_file_extensions(self) -> set[str]:
        """Return the extensions."""
        return {"yaml", "yml"}
