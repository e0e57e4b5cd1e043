"""Assertions about output and exit codes."""

from .assert_exit_codes import (
    EXIT_FORCED,
    EXIT_OK,
    EXIT_SIGINT,
    EXIT_SIGKILL,
    EXIT_SIGQUIT,
    EXIT_SIGTERM,
    assertExitCodes,
)
from .assert_output import assertInStderr, assertInStdout
from .assert_sequential_output import (
    SequentialTextChecker,
    assertSequentialStdout,
)

__all__ = [
    "EXIT_FORCED",
    "EXIT_OK",
    "EXIT_SIGINT",
    "EXIT_SIGKILL",
    "EXIT_SIGQUIT",
    "EXIT_SIGTERM",
    "SequentialTextChecker",
    "assertExitCodes",
    "assertInStderr",
    "assertInStdout",
    "assertSequentialStdout",
]
