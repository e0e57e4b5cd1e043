"""A node in a process of its own, and `ros2 action`."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

DEADLINE_S = 60.0
os.environ["ROS_DOMAIN_ID"] = str(166 + os.getpid() % 3)

SERVER = """
import rclpy
from rclpy.executors import ExternalShutdownException
from example_interfaces.action import Fibonacci
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import MultiThreadedExecutor
import time

rclpy.init()
node = rclpy.create_node('server')


def execute(handle):
    feedback = Fibonacci.Feedback(sequence=[0, 1])
    while len(feedback.sequence) < handle.request.order:
        if handle.is_cancel_requested:
            handle.canceled()
            return Fibonacci.Result()
        feedback.sequence.append(feedback.sequence[-1] + feedback.sequence[-2])
        if len(feedback.sequence) > 40:
            time.sleep(0.02)
            feedback.sequence = feedback.sequence[:40]
        handle.publish_feedback(feedback)
    handle.succeed()
    return Fibonacci.Result(sequence=feedback.sequence)


ActionServer(
    node,
    Fibonacci,
    'fibonacci',
    execute,
    callback_group=ReentrantCallbackGroup(),
    goal_callback=lambda goal: GoalResponse.ACCEPT if goal.order >= 0 else GoalResponse.REJECT,
    cancel_callback=lambda goal: CancelResponse.ACCEPT,
)
print('up', flush=True)
try:
    rclpy.spin(node, MultiThreadedExecutor(3))
except (KeyboardInterrupt, ExternalShutdownException):
    pass
finally:
    rclpy.try_shutdown()
"""


class Result(NamedTuple):
    """What a command printed and its exit code."""

    code: int
    out: str
    err: str


@pytest.fixture(scope="session", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the other side in a process of its own."""
    path: Path = tmp_path_factory.mktemp("server") / "server.py"
    path.write_text(SERVER)
    with subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=DEADLINE_S) == 0


Ros2 = Callable[..., Result]


@pytest.fixture
def ros2(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Ros2:
    """Return a function that runs the command in this process."""

    def run(*words: object) -> Result:
        from ros2cli.cli import main

        monkeypatch.setattr(sys, "argv", ["ros2", "action", *map(str, words)])
        code = main()
        text = capfd.readouterr()
        if isinstance(code, str):
            return Result(1, text.out, f"{text.err}{code}\n")
        return Result(code or 0, text.out, text.err)

    return run
