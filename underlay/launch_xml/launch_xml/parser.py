"""Reads XML."""

from __future__ import annotations

from typing import IO
from xml.etree import ElementTree

from launch import frontend

from .entity import Entity


class Parser(frontend.Parser):
    """Reads XML launch files."""

    @classmethod
    def load_stream(cls, stream: IO[str]) -> tuple[Entity, Parser]:
        """Return the outermost tag; InvalidFrontendLaunchFileError for text that is no XML."""
        try:
            return Entity(ElementTree.fromstring(stream.read())), cls()
        except ElementTree.ParseError as error:
            raise frontend.InvalidFrontendLaunchFileError(f"this is no XML: {error}") from error

    def get_file_extensions(self) -> set[str]:
        """Return the extensions."""
        return {"xml"}
