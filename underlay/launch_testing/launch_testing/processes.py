"""Finding processes by name, command line or action."""

from __future__ import annotations

from typing import Any, Final

NO_CMD_ARGS: Final = object()
"""As `cmd_args`: fits the processes whose command line has no arguments."""


class NoMatchingProcessException(Exception):  # noqa: N818 (upstream's name)
    """No process fits, or more than one does."""


def resolveProcesses(  # noqa: N802 (upstream's name)
    info_obj: Any, *, process: Any = None, cmd_args: Any = None, strict_proc_matching: bool = True
) -> list[Any]:
    """Return the actions of `info_obj` that fit.

    `process` is an action, a name such as `talker-1` or a part of one, or None for all; `cmd_args` is an
    argument of the command line, or several, or NO_CMD_ARGS. Raises NoMatchingProcessException if nothing fits and, with
    `strict_proc_matching`, if a name fits several.
    """
    actions = list(info_obj.processes())
    if process is not None and not isinstance(process, str):
        if process not in actions:
            raise NoMatchingProcessException(f"the process of {process!r} did not start or did nothing yet")
        return [process]
    found = [
        action
        for action in actions
        if (process is None or process in action.process_details["name"])
        and _has_arguments(action.process_details["cmd"], cmd_args)
    ]
    names = [action.process_details["name"] for action in actions]
    if not found:
        raise NoMatchingProcessException(
            f"no process has '{process}' in its name and '{cmd_args}' in its command; there are: {names}"
        )
    if len(found) > 1 and strict_proc_matching and (process is not None or cmd_args is not None):
        exact = [action for action in found if action.process_details["name"] == process]
        if len(exact) == 1:
            return exact
        fitting = [action.process_details["name"] for action in found]
        raise NoMatchingProcessException(f"'{process or cmd_args}' fits several processes: {fitting}")
    return found


def _has_arguments(command: list[str], wanted: Any) -> bool:
    if wanted is None:
        return True
    if wanted is NO_CMD_ARGS:
        return len(command) == 1
    texts = [wanted] if isinstance(wanted, str) else list(wanted)
    line = " ".join(command)
    return all(text in line for text in texts)
