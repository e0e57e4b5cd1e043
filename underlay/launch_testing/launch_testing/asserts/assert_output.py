"""Assertions about output as a whole."""

from __future__ import annotations

from typing import Any

from ..processes import resolveProcesses
from .text import Expected, OutputFilter, contains, describe, strip_ansi


def _assert_in(
    proc_output: Any,
    expected_output: Expected,
    process: Any,
    cmd_args: Any,
    stream: str,
    *,
    output_filter: OutputFilter | None = None,
    strict_proc_matching: bool = True,
    strip_ansi_escape_sequences: bool = True,
) -> None:
    actions = resolveProcesses(
        proc_output, process=process, cmd_args=cmd_args, strict_proc_matching=strict_proc_matching
    )
    texts = []
    for action in actions:
        text = proc_output.text(action, stream=stream)
        text = strip_ansi(text) if strip_ansi_escape_sequences else text
        if contains(text, expected_output, output_filter):
            return
        texts.append(f"{action.process_details['name']}: {text!r}")
    names = ", ".join(action.process_details["name"] for action in actions)
    raise AssertionError(
        f"Did not find {describe(expected_output)} in {stream} of any of the matching processes {names}:\n"
        + "\n".join(texts)
    )


def assertInStdout(  # noqa: N802 (upstream's name)
    proc_output: Any, expected_output: Expected, process: Any, cmd_args: Any = None, **options: Any
) -> None:
    """Fail unless a process printed a text, a match of an expression, or all of a list in order.

    `process` is an action, a part of a name, or None for any. Options: `output_filter`,
    `strict_proc_matching`, `strip_ansi_escape_sequences`.
    """
    _assert_in(proc_output, expected_output, process, cmd_args, "stdout", **options)


def assertInStderr(  # noqa: N802 (upstream's name)
    proc_output: Any, expected_output: Expected, process: Any, cmd_args: Any = None, **options: Any
) -> None:
    """Fail unless a process printed something to its standard error output; see `assertInStdout`."""
    _assert_in(proc_output, expected_output, process, cmd_args, "stderr", **options)
