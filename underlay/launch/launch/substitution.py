"""Base of values that become text while the launch runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .launch_context import LaunchContext


class Substitution:
    """Something that stands for a text that is known only while the launch runs."""

    def describe(self) -> str:
        """Return a one-line description."""
        return repr(self)

    def perform(self, context: LaunchContext) -> str:
        """Return the text. Derived classes override this."""
        return ""
