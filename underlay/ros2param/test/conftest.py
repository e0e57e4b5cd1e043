"""A node in a process of its own, and `ros2 param`."""

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
os.environ["ROS_DOMAIN_ID"] = str(163 + os.getpid() % 3)

SERVER = """
import rclpy
from rclpy.executors import ExternalShutdownException
from rcl_interfaces.msg import FloatingPointRange, ParameterDescriptor

rclpy.init()
node = rclpy.create_node('server', namespace='ns')
limits = FloatingPointRange(from_value=0.0, to_value=9.0, step=0.5)
node.declare_parameter('speed', 1.5, ParameterDescriptor(description='in m/s', floating_point_range=[limits]))
node.declare_parameter('pid.gains', [1, 2])
node.declare_parameter('fixed', 'x', ParameterDescriptor(read_only=True))
node.declare_parameter('loose', 5, ParameterDescriptor(dynamic_typing=True))
dumb = rclpy.create_node('dumb', start_parameter_services=False)
print('up', flush=True)
try:
    rclpy.spin(node)
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

        monkeypatch.setattr(sys, "argv", ["ros2", "param", *map(str, words)])
        code = main()
        text = capfd.readouterr()
        if isinstance(code, str):
            return Result(1, text.out, f"{text.err}{code}\n")
        return Result(code or 0, text.out, text.err)

    return run
