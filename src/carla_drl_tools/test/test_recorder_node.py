"""The process that records, and what becomes of `ros2 bag record` without it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

PATIENCE_S = 60.0
RECORD = [sys.executable, "-m", "carla_drl_tools.recorder_node"]


def wait_until(condition: Callable[[], object], what: str) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end, f"{what} did not happen"
        time.sleep(0.05)


def test_a_killed_recorder_leaves_a_closed_bag_and_no_process(tmp_path: Path) -> None:
    log = tmp_path / "log.txt"
    environment = os.environ | {"ROS_DOMAIN_ID": str(178 + os.getpid() % 4), "PYTHONUNBUFFERED": "1"}
    command = [*RECORD, "--min-free-mb", "1", str(tmp_path / "bag"), "--", "--topics", "/nothing"]
    with (
        log.open("w") as output,
        subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT, env=environment) as recorder,
    ):
        wait_until(lambda: "Listening for topics" in log.read_text(), "the start of the recording")
        (child,) = psutil.Process(recorder.pid).children()
        recorder.send_signal(signal.SIGKILL)
    try:
        wait_until(
            lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE, "the child's end"
        )
    finally:
        if child.is_running():
            child.kill()
    assert (tmp_path / "bag" / "metadata.yaml").exists(), log.read_text()


SLOW_RECORDER = """#!{python}
import os, signal, sys, time
asked = 0
def ask(*_):
    global asked
    asked += 1
signal.signal(signal.SIGINT, ask)
if {makes_bag}:
    os.mkdir("{folder}/bag")
print("ready", flush=True)
while not asked:
    signal.pause()
end = time.monotonic() + 5.0
while time.monotonic() < end:
    time.sleep(0.1)
print("asked", asked, flush=True)
"""


@pytest.mark.parametrize(("makes_bag", "asked"), [(True, 1), (False, 2)])
def test_only_a_recorder_that_is_starting_is_asked_again(tmp_path: Path, makes_bag: bool, asked: int) -> None:
    """What `ros2 bag record` does with signals is written out, since how long it takes to close a bag is not ours."""
    command = tmp_path / "ros2"
    command.write_text(
        SLOW_RECORDER.format(python=sys.executable, folder=tmp_path, makes_bag=makes_bag), encoding="utf-8"
    )
    command.chmod(0o755)
    log = tmp_path / "log.txt"
    environment = os.environ | {
        "ROS_DOMAIN_ID": str(178 + os.getpid() % 4),
        "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
    }
    with (
        log.open("w") as output,
        subprocess.Popen(
            [*RECORD, "--min-free-mb", "1", str(tmp_path / "bag")],
            stdout=output,
            stderr=subprocess.STDOUT,
            env=environment,
        ) as recorder,
    ):
        wait_until(lambda: "ready" in log.read_text(), "the start of the recording")
        recorder.send_signal(signal.SIGINT)
        assert recorder.wait(PATIENCE_S) == 0, log.read_text()
    assert f"asked {asked}\n" in log.read_text()


def test_nothing_is_started_without_room(tmp_path: Path) -> None:
    command = [*RECORD, "--min-free-mb", str(10**9), str(tmp_path / "bag")]
    environment = os.environ | {"ROS_DOMAIN_ID": str(178 + os.getpid() % 4)}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=PATIENCE_S)
    assert done.returncode == 74, done.stderr
    assert "1000000000 MB are to stay free; the recording has ended before it began" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "bag").exists()
