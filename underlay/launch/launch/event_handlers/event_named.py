"""Matcher by name of the event."""

from __future__ import annotations

from collections.abc import Callable

from ..event import Event


def event_named(name: str) -> Callable[[Event], bool]:
    """Return a matcher of the events with this name."""
    return lambda event: event.name == name
