"""Comparison of texts."""

from __future__ import annotations

from ..launch_context import LaunchContext
from .equals_substitution import EqualsSubstitution


class NotEqualsSubstitution(EqualsSubstitution):
    """Stands for `false` if both sides are the same text, truth value or number, else `true`."""

    def perform(self, context: LaunchContext) -> str:
        """Return `true` or `false`."""
        return str(not self._equal(context)).lower()
