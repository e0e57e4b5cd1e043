"""Assertions about exit codes."""

from __future__ import annotations

import signal
from collections.abc import Iterable
from typing import Any

from ..processes import resolveProcesses

EXIT_OK = 0
# What a shell reports for a command that a signal ended; a process that launch started itself has -SIGINT and so on.
EXIT_SIGINT = 128 + int(signal.SIGINT)
EXIT_SIGQUIT = 128 + int(signal.SIGQUIT)
EXIT_SIGKILL = 128 + int(signal.SIGKILL)
EXIT_SIGSEGV = 128 + int(signal.SIGSEGV)


def assertExitCodes(  # noqa: N802 (upstream's name)
    proc_info: Any,
    allowable_exit_codes: Iterable[int] = (EXIT_OK,),
    process: Any = None,
    cmd_args: Any = None,
    *,
    strict_proc_matching: bool = True,
) -> None:
    """Fail if a process, or any if `process` is None, ended with another code than those."""
    allowed = list(allowable_exit_codes)
    for action in resolveProcesses(
        proc_info, process=process, cmd_args=cmd_args, strict_proc_matching=strict_proc_matching
    ):
        event = proc_info[action]
        code = getattr(event, "returncode", None)
        if code not in allowed:
            how = "is still running" if code is None else f"exited with code {code}"
            raise AssertionError(f"Proc {event.process_name} {how}; allowed: {allowed}")
