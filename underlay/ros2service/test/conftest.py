"""A node in a process of its own, and `ros2 service`."""

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
os.environ["ROS_DOMAIN_ID"] = str(160 + os.getpid() % 3)

SERVER = """
import rclpy
from rclpy.executors import ExternalShutdownException
from example_interfaces.srv import AddTwoInts
from std_srvs.srv import Trigger

rclpy.init()
node = rclpy.create_node('server')


def add(request, response):
    response.sum = request.a + request.b
    return response


node.create_service(AddTwoInts, 'add', add)
node.create_service(Trigger, '_hidden', lambda request, response: response)
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

        monkeypatch.setattr(sys, "argv", ["ros2", "service", *map(str, words)])
        code = main()
        text = capfd.readouterr()
        if isinstance(code, str):
            return Result(1, text.out, f"{text.err}{code}\n")
        return Result(code or 0, text.out, text.err)

    return run
