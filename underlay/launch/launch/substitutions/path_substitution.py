"""Upstream's module of `PathSubstitution`."""

from __future__ import annotations

from .path_join_substitution import PathSubstitution

__all__ = ["PathSubstitution"]
