"""Upstream's module of `ResetEnvironment`."""

from .environment_scope import ResetEnvironment

__all__ = ["ResetEnvironment"]
