"""Helpers of test descriptions."""

from __future__ import annotations

import sys
from typing import Any

from launch.actions import ExecuteProcess

from ..processes import NO_CMD_ARGS, NoMatchingProcessException, resolveProcesses

__all__ = ["NO_CMD_ARGS", "KeepAliveProc", "NoMatchingProcessException", "resolveProcesses"]

_WAIT = "import signal; signal.sigwait({signal.SIGINT, signal.SIGTERM})"
_BLOCK = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM}); "


class KeepAliveProc(ExecuteProcess):
    """A process that does nothing until launch stops it, and then exits with 0."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(cmd=[sys.executable, "-c", _BLOCK + _WAIT], name="keep_alive", **kwargs)
