"""`ros2 node` against a real node."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest
from ros2node.api import parse_node_name

DEADLINE_S = 60.0
NODE = """
import rclpy
from rclpy.executors import ExternalShutdownException
from std_msgs.msg import String
from std_srvs.srv import Empty

rclpy.init()
node = rclpy.create_node('worker', namespace='space')
hidden = rclpy.create_node('_secret')
node.create_publisher(String, 'chatter', 1)
node.create_subscription(String, '/input', print, 1)
node.create_service(Empty, 'reset', lambda request, response: response)
node.create_client(Empty, '/other')
print('up', flush=True)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    domain = str(120 + os.getpid() % 5)
    return {**os.environ, "ROS_DOMAIN_ID": domain, "ROS_LOG_DIR": str(tmp_path_factory.mktemp("log"))}


@pytest.fixture(scope="module", autouse=True)
def _worker(environment: dict[str, str]) -> Iterator[None]:
    with subprocess.Popen([sys.executable, "-c", NODE], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield
        process.send_signal(signal.SIGINT)
        process.wait(timeout=DEADLINE_S)


@pytest.fixture
def ros2(environment: dict[str, str]) -> Any:
    def run(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from ros2cli.cli import run; run()", "node", *words]
        return subprocess.run(
            command, env=environment, capture_output=True, text=True, timeout=DEADLINE_S, check=False
        )

    return run


def test_list(ros2: Any) -> None:
    assert ros2("list").stdout == "/space/worker\n"
    names = ros2("list", "-a").stdout.split()
    assert "/_secret" in names
    assert any(name.startswith("/_ros2cli_") for name in names)
    assert ros2("list", "-c").stdout == "1\n"


def test_info(ros2: Any) -> None:
    text = ros2("info", "/space/worker").stdout
    sections = {}
    for line in text.splitlines()[1:]:
        if line.startswith("  ") and not line.startswith("    "):
            section = sections.setdefault(line.strip(": "), [])
        elif line.strip():
            section.append(line.strip())
    assert text.splitlines()[0] == "/space/worker"
    assert "/space/chatter: std_msgs/msg/String" in sections["Publishers"]
    assert "/input: std_msgs/msg/String" in sections["Subscribers"]
    assert "/space/reset: std_srvs/srv/Empty" in sections["Service Servers"]
    assert sections["Service Clients"] == ["/other: std_srvs/srv/Empty"]
    assert sections["Action Servers"] == []
    absent = ros2("info", "/absent")
    assert absent.returncode == 1
    assert absent.stderr == "Unable to find node '/absent'\n"


def test_parts_of_names() -> None:
    assert parse_node_name("/a/b/c") == ("c", "/a/b", "/a/b/c")
    assert parse_node_name("c") == ("c", "/", "/c")
