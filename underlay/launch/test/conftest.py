"""What the tests share: a service that records events, and launches in processes of their own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEADLINE_S = 60.0

RUNNER = """
import sys
from launch import LaunchDescription, LaunchService
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
service = LaunchService(noninteractive=True)
service.include_launch_description(
    LaunchDescription([IncludeLaunchDescription(PythonLaunchDescriptionSource(sys.argv[1]))]))
sys.exit(service.run())
"""


class Running:
    """A launch file in a process (and process group) of its own."""

    def __init__(self, path: Path) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", RUNNER, str(path)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )
        self.output = ""

    def wait_for(self, text: str) -> None:
        """Read output until a line has the text."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            line = self.process.stdout.readline()
            self.output += line
            if text in line:
                return
            assert line, f"ended before '{text}':\n{self.output}"
        raise AssertionError(f"no '{text}' in:\n{self.output}")

    def finish(self) -> int:
        """Wait for the end; return the exit code."""
        output, _ = self.process.communicate(timeout=DEADLINE_S)
        self.output += output
        return self.process.returncode


def alive(pid: int) -> bool:
    """Whether a process runs (and is no zombie)."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] not in ("Z", "X")
    except OSError:
        return False


def group_members(group: int) -> list[int]:
    """Return the running processes of a process group."""
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = Path(f"/proc/{name}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == group and fields[0] not in ("Z", "X"):
            found.append(int(name))
    return found


@pytest.fixture(autouse=True)
def _log_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import launch.logging

    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    launch.logging.reset()
    yield
    launch.logging.reset()


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Running]]:
    """Return a function that starts a launch file whose entities are the given Python text."""
    started: list[Running] = []

    def run(entities: str) -> Running:
        path = tmp_path / f"test_{len(started)}.launch.py"
        path.write_text(
            "import sys\nfrom launch import *\nfrom launch.actions import *\nfrom launch.conditions import *\n"
            "from launch.event_handlers import *\nfrom launch.substitutions import *\n"
            f"def generate_launch_description():\n    return LaunchDescription({entities})\n"
        )
        started.append(Running(path))
        return started[-1]

    yield run
    for running in started:
        for pid in group_members(running.process.pid):
            os.kill(pid, signal.SIGKILL)
        running.process.wait(timeout=DEADLINE_S)
        assert running.process.stdout is not None
        running.process.stdout.close()
