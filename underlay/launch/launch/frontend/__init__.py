"""Declarative launch files. Not here: these names raise when they are used to read a file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

_MISSING = "XML and YAML launch files need upstream's packages launch_xml and launch_yaml"
_T = TypeVar("_T")


class InvalidFrontendLaunchFileError(Exception):
    """A declarative launch file is not valid."""


class Entity:
    """Type of the tags of a declarative launch file; nothing here makes one."""


class Parser:
    """Reader of declarative launch files; raises on every use."""

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        raise NotImplementedError(f"launch.frontend.Parser: {_MISSING}")

    @classmethod
    def load(cls, file: Any) -> Any:
        """Raise NotImplementedError."""
        raise NotImplementedError(f"launch.frontend.Parser.load('{file}'): {_MISSING}")


def expose_action(name: str) -> Callable[[_T], _T]:
    """Return a decorator that leaves the action as it is: Python launch files need no exposed name."""
    return lambda exposed: exposed


def expose_substitution(name: str) -> Callable[[_T], _T]:
    """Return a decorator that leaves the substitution as it is."""
    return lambda exposed: exposed
