"""Upstream's module of `LogInfo`."""

from .log import LogInfo

__all__ = ["LogInfo"]
