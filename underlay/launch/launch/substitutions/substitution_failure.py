"""Error of substitutions that have no text."""

from __future__ import annotations


class SubstitutionFailure(Exception):  # noqa: N818 (upstream's name)
    """The text that a substitution stands for cannot be found out."""
