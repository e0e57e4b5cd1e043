"""Statuses as plain data."""

from __future__ import annotations

from dataclasses import dataclass, field

OK, WARN, ERROR, STALE = range(4)
_MESSAGES = ("OK", "Warning", "Error", "Stale")


@dataclass
class Status:
    """One status; `level` is OK, WARN, ERROR or STALE."""

    name: str
    level: int = OK
    message: str = ""
    hardware_id: str = ""
    values: list[tuple[str, str]] = field(default_factory=list)


def level_message(level: int) -> str:
    """Return the text of a level."""
    return _MESSAGES[level]


def output_name(name: str) -> str:
    """Return a status's name as the last part of a path."""
    return name.replace("/", " ").strip()


def roll_up(levels: list[int]) -> int:
    """Return the level of a group: the worst, but stale only if all are, else an error instead."""
    worst = max(levels, default=OK)
    if worst == STALE and any(level != STALE for level in levels):
        return ERROR
    return worst
