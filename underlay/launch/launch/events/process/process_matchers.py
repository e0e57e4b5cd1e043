"""Matchers of processes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ...actions.execute_local import ExecuteLocal


def matches_pid(pid: int) -> Callable[[ExecuteLocal], bool]:
    """Return a matcher of the process with this id."""
    return lambda action: bool(action.process_details) and action.process_details.get("pid") == pid


def matches_name(name: str) -> Callable[[ExecuteLocal], bool]:
    """Return a matcher of the process with this name, such as `talker-1`."""
    return lambda action: bool(action.process_details) and action.process_details.get("name") == name


def matches_executable(executable: str) -> Callable[[ExecuteLocal], bool]:
    """Return a matcher of the processes whose command starts with this program."""

    def matches(action: ExecuteLocal) -> bool:
        details = action.process_details
        return bool(details) and details["cmd"][0] == executable

    return matches
