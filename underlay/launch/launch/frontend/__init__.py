"""Declarative launch files, whatever their syntax."""

from .entity import Entity
from .errors import InvalidFrontendLaunchFileError, SubstitutionParseError
from .expose import expose_action, expose_substitution
from .parser import Parser
from .substitution_text import parse_if_substitutions, parse_substitution, split_words

__all__ = [
    "Entity",
    "InvalidFrontendLaunchFileError",
    "Parser",
    "SubstitutionParseError",
    "expose_action",
    "expose_substitution",
    "parse_if_substitutions",
    "parse_substitution",
    "split_words",
]
