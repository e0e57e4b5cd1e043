"""A talker in a process of its own, and the commands."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

DEADLINE_S = 60.0
DOMAINS = 114, 119

TALKER = """
import rclpy
from rclpy.executors import ExternalShutdownException
from rclpy.qos import DurabilityPolicy, QoSProfile
from sensor_msgs.msg import LaserScan
from std_msgs.msg import String

rclpy.init()
node = rclpy.create_node('talker')
chatter = node.create_publisher(String, 'chatter', 10)
scan = node.create_publisher(LaserScan, 'scan', 10)
latched = node.create_publisher(String, 'latched', QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL))
hidden = node.create_publisher(String, '_hidden', 1)
latched.publish(String(data='kept'))
count = 0

def tick():
    global count
    count += 1
    chatter.publish(String(data='hello ' + str(count)))
    scan.publish(LaserScan(ranges=[0.5] * 300))

node.create_timer(0.05, tick)
print('up', flush=True)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
finally:
    node.destroy_node()
    rclpy.try_shutdown()
"""


@pytest.fixture(scope="session")
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return the environment of talker and commands."""
    domain = DOMAINS[0] + os.getpid() % (DOMAINS[1] - DOMAINS[0] + 1)
    log = tmp_path_factory.mktemp("log")
    return {**os.environ, "ROS_DOMAIN_ID": str(domain), "ROS_LOG_DIR": str(log), "PYTHONUNBUFFERED": "1"}


@pytest.fixture(scope="session")
def talker(environment: dict[str, str], tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the talker."""
    path: Path = tmp_path_factory.mktemp("talker") / "talker.py"
    path.write_text(TALKER)
    with subprocess.Popen([sys.executable, str(path)], stdout=subprocess.PIPE, env=environment) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"up\n"
        yield
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=DEADLINE_S) == 0


Ros2 = Callable[..., "subprocess.CompletedProcess[str]"]


@pytest.fixture
def ros2(environment: dict[str, str]) -> Ros2:
    """Return a function that runs `ros2 topic` and waits for its end."""

    def run(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-c", "from ros2cli.cli import run; run()", "topic", *words]
        return subprocess.run(
            command,
            env=environment,
            input=given,
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            check=False,
        )

    return run
