"""Upstream's module of `PopEnvironment`."""

from .environment_scope import PopEnvironment

__all__ = ["PopEnvironment"]
