"""What tools say instead of a traceback."""

from __future__ import annotations


class ToolError(Exception):
    """A file or argument that cannot be used; the message names it and what is allowed."""
