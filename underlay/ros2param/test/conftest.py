"""A node in a process of its own, and `ros2 param`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from ros2cli.testing import SPIN, Result, run_command, running

os.environ["ROS_DOMAIN_ID"] = str(163 + os.getpid() % 3)

SERVER = """
import rclpy
import rclpy.executors
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor

rclpy.init()
node = rclpy.create_node('server', namespace='ns')
limits = FloatingPointRange(from_value=0.0, to_value=9.0, step=0.5)
node.declare_parameter('speed', 1.5, ParameterDescriptor(description='in m/s', floating_point_range=[limits]))
node.declare_parameter('pid.gains', [1, 2])
node.declare_parameter('fixed', 'x', ParameterDescriptor(read_only=True))
node.declare_parameter('loose', 5, ParameterDescriptor(dynamic_typing=True))
shy = rclpy.create_node('_shy', start_parameter_services=False)
dumb = rclpy.create_node('dumb', start_parameter_services=False)
"""


@pytest.fixture(scope="session", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the other side."""
    with running(tmp_path_factory.mktemp("server"), SERVER + SPIN):
        yield


@pytest.fixture
def ros2(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Return a function that runs the command."""
    return lambda *words: run_command(monkeypatch, capfd, "param", *words)
