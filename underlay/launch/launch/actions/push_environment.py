"""Upstream's module of `PushEnvironment`."""

from .environment_scope import PushEnvironment

__all__ = ["PushEnvironment"]
