"""Substitutions inside text, such as `$(var name)`."""

from __future__ import annotations

from launch import LaunchContext
from launch.frontend import Parser, SubstitutionParseError
from launch.substitutions import SubstitutionFailure
from launch.utilities import perform_substitutions


def replace_substitutions(context: LaunchContext, text: str, where: str) -> str:
    """Return `text` with every substitution replaced; SubstitutionFailure if one is not valid."""
    try:
        return perform_substitutions(context, Parser().parse_substitution(text))
    except SubstitutionParseError as error:
        raise SubstitutionFailure(f"{where}: {error}") from error
