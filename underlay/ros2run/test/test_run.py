"""`ros2 run`: finding, arguments, signals, exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

DEADLINE_S = 60.0


@pytest.fixture
def prefix(tmp_path: Path) -> Path:
    folder = tmp_path / "lib" / "tool_pkg"
    folder.mkdir(parents=True)
    (tmp_path / "share/ament_index/resource_index/packages").mkdir(parents=True)
    (tmp_path / "share/ament_index/resource_index/packages/tool_pkg").touch()
    for name, body in (
        ("args", 'printf "%s\\n" "$0" "$@"'),
        ("fail", "exit 7"),
        ("wait", "trap 'exit 9' TERM; echo up; while :; do sleep 0.05; done"),
    ):
        (folder / name).write_text(f"#!/bin/sh\n{body}\n")
        (folder / name).chmod(0o755)
    (folder / "data.txt").write_text("no program")
    (folder / "twin").mkdir()
    (folder / "twin" / "fail").write_text("#!/bin/sh\n")
    (folder / "twin" / "fail").chmod(0o755)
    (folder / "only").mkdir()
    (folder / "only" / "code").write_text("#!/bin/sh\nexit 5\n")
    (folder / "only" / "code").chmod(0o755)
    return tmp_path


@pytest.fixture
def command(prefix: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{prefix}:{os.environ.get('AMENT_PREFIX_PATH', '')}")
    return [sys.executable, "-c", "from ros2cli.cli import run; run()", "run"]


def run(command: list[str], *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*command, *words], capture_output=True, text=True, timeout=DEADLINE_S, check=False)


def test_arguments_are_passed_on(command: list[str], prefix: Path) -> None:
    result = run(command, "tool_pkg", "args", "--ros-args", "-p", "a:=b c", "--help")
    assert result.stdout.splitlines() == [
        str(prefix / "lib/tool_pkg/args"),
        "--ros-args",
        "-p",
        "a:=b c",
        "--help",
    ]


def test_exit_code_is_passed_on(command: list[str]) -> None:
    assert run(command, "tool_pkg", "code").returncode == 5


def test_prefix_comes_first(command: list[str]) -> None:
    result = run(command, "--prefix", "env ADDED='a b'", "tool_pkg", "args", "x")
    assert result.stdout.splitlines()[1] == "x"
    missing = run(command, "--prefix", "no-such-program", "tool_pkg", "args")
    assert missing.returncode == 126
    assert "'no-such-program' cannot be executed" in missing.stderr


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, 9), (signal.SIGKILL, -9)])
def test_signals_reach_the_program(command: list[str], number: signal.Signals, code: int) -> None:
    with subprocess.Popen([*command, "tool_pkg", "wait"], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        process.send_signal(number)
        assert process.wait(timeout=DEADLINE_S) == code


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("absent_pkg", "x"), "Package 'absent_pkg' not found"),
        (("tool_pkg", "absent"), "No executable found"),
        (("tool_pkg", "data.txt"), "No executable found"),
        (("tool_pkg", "fail"), "Multiple executables found"),
    ],
)
def test_errors(command: list[str], words: Any, message: str) -> None:
    result = run(command, *words)
    assert result.returncode == 1
    assert message in result.stderr
