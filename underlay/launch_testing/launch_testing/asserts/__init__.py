"""Assertions about output and exit codes."""

from ..processes import NO_CMD_ARGS
from .assert_exit_codes import (
    EXIT_OK,
    EXIT_SIGINT,
    EXIT_SIGKILL,
    EXIT_SIGQUIT,
    EXIT_SIGSEGV,
    assertExitCodes,
)
from .assert_output import assertInStderr, assertInStdout
from .assert_sequential_output import (
    SequentialTextChecker,
    assertSequentialStdout,
)

__all__ = [
    "EXIT_OK",
    "EXIT_SIGINT",
    "EXIT_SIGKILL",
    "EXIT_SIGQUIT",
    "EXIT_SIGSEGV",
    "NO_CMD_ARGS",
    "SequentialTextChecker",
    "assertExitCodes",
    "assertInStderr",
    "assertInStdout",
    "assertSequentialStdout",
]
