"""A talker in a process of its own, and `ros2 bag`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from ros2cli.testing import DEADLINE_S, SPIN, Result, run_command, running

DOMAINS = 120, 124
COMMAND = [sys.executable, "-c", "from ros2cli.cli import run; run()", "bag"]

TALKER = """
import rclpy
import rclpy.executors
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import Header, String

rclpy.init()
node = rclpy.create_node('talker')
chatter = node.create_publisher(String, 'chatter', 10)
header = node.create_publisher(Header, 'header', QoSProfile(depth=5, reliability=2))
latched = node.create_publisher(String, 'latched', QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
hidden = node.create_publisher(String, '_hidden', 1)
latched.publish(String(data='kept'))
count = 0

def tick():
    global count
    count += 1
    chatter.publish(String(data=str(count)))
    header.publish(Header(frame_id=str(count).zfill(1000)))
    hidden.publish(String(data=str(count)))

node.create_timer(0.01, tick)
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of talker and commands."""
    domain = DOMAINS[0] + os.getpid() % (DOMAINS[1] - DOMAINS[0] + 1)
    log = tmp_path_factory.mktemp("log")
    os.environ["ROS_DOMAIN_ID"] = str(domain)  # the tests' own nodes
    return {**os.environ, "ROS_LOG_DIR": str(log), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def talker(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the talker."""
    with running(tmp_path_factory.mktemp("talker"), TALKER + SPIN, environment):
        yield


Bag = Callable[..., Result]


@pytest.fixture
def bag(
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Bag:
    """Return a function that runs `ros2 bag` in this process."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ROS_LOG_DIR", environment["ROS_LOG_DIR"])
    return lambda *words: run_command(monkeypatch, capfd, "bag", *words)


Record = Callable[..., "tuple[int, str]"]


@pytest.fixture
def record(environment: dict[str, str], tmp_path: Path) -> Record:
    """Return a function that runs `ros2 bag record` until `until()` is true; it returns exit code and log."""

    def run(until: Callable[[], bool], *words: object, number: int = signal.SIGINT) -> tuple[int, str]:
        log = tmp_path / "record.log"
        with log.open("w") as sink:
            command = [*COMMAND, "record", *map(str, words)]
            process = subprocess.Popen(command, cwd=tmp_path, env=environment, stderr=sink)
        try:
            for _ in range(int(DEADLINE_S / 0.05)):
                try:
                    process.wait(0.05)
                    break
                except subprocess.TimeoutExpired:
                    if until():
                        break
            process.send_signal(number)
            return process.wait(DEADLINE_S), log.read_text()
        finally:
            process.kill()
            process.wait()

    return run
