"""A node in a process of its own, and `ros2 action`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from ros2cli.testing import SPIN, Result, run_command, running

os.environ["ROS_DOMAIN_ID"] = str(166 + os.getpid() % 3)

SERVER = """
import rclpy
import rclpy.executors
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
"""


@pytest.fixture(scope="session", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the other side."""
    with running(
        tmp_path_factory.mktemp("server"),
        SERVER + SPIN.replace("rclpy.spin(node)", "rclpy.spin(node, MultiThreadedExecutor(3))"),
    ):
        yield


@pytest.fixture
def ros2(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Return a function that runs the command."""
    return lambda *words: run_command(monkeypatch, capfd, "action", *words)
