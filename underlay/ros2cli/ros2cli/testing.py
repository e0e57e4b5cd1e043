"""Helpers of the tests of commands: the other side in a process of its own, and commands in this one."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

DEADLINE_S = 60.0

SPIN = """
print('up', flush=True)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, rclpy.executors.ExternalShutdownException):
    pass
finally:
    rclpy.try_shutdown()
"""


class Result(NamedTuple):
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str


@contextmanager
def running(folder: Path, text: str, environment: Mapping[str, str] | None = None) -> Iterator[None]:
    """Run a program until the context ends; its text prints `up` when it is ready, as SPIN does."""
    path = folder / "program.py"
    path.write_text(text)
    with subprocess.Popen(
        [sys.executable, str(path)], stdout=subprocess.PIPE, env=environment or os.environ
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=DEADLINE_S) == 0


def run_command(monkeypatch: Any, capfd: Any, *words: object) -> Result:
    """Run `ros2` with words in this process; `monkeypatch` and `capfd` are pytest's fixtures."""
    from .cli import main

    monkeypatch.setattr(sys, "argv", ["ros2", *map(str, words)])
    try:
        code = main()
    except SystemExit as end:  # argparse ends so
        code = end.code
    text = capfd.readouterr()
    if isinstance(code, str):
        return Result(1, text.out, f"{text.err}{code}\n")
    return Result(code or 0, text.out, text.err)
