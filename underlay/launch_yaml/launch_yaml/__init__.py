"""YAML launch files."""

from .entity import Entity
from .parser import Parser

__all__ = ["Entity", "Parser"]
