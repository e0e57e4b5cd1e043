"""A package with a node in a temporary prefix, and a launch that collects output."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

DEADLINE_S = 60.0
DOMAINS = 100, 109

NODE = """#!{python}
import sys
import rclpy
from rclpy.executors import ExternalShutdownException
from std_msgs.msg import String

rclpy.init()
node = rclpy.create_node('probe', automatically_declare_parameters_from_overrides=True)
publisher = node.create_publisher(String, 'chatter', 1)
print('name', node.get_fully_qualified_name(), publisher.topic_name, flush=True)
for name, parameter in sorted(node.get_parameters_by_prefix('').items()):
    print('parameter', name, repr(parameter.value), flush=True)
print('arguments', rclpy.utilities.remove_ros_args(sys.argv)[1:], flush=True)
print('ready', flush=True)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
finally:
    node.destroy_node()
    rclpy.try_shutdown()
"""


@pytest.fixture(autouse=True)
def _surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    import launch.logging

    prefix = tmp_path / "prefix"
    (prefix / "lib" / "probe_pkg").mkdir(parents=True)
    index = prefix / "share" / "ament_index" / "resource_index" / "packages"
    index.mkdir(parents=True)
    (index / "probe_pkg").touch()
    (index / "empty_pkg").touch()
    executable = prefix / "lib" / "probe_pkg" / "probe"
    executable.write_text(NODE.replace("{python}", sys.executable))
    executable.chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{prefix}:{os.environ['AMENT_PREFIX_PATH']}")
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    monkeypatch.setenv("ROS_DOMAIN_ID", str(DOMAINS[0] + os.getpid() % (DOMAINS[1] - DOMAINS[0] + 1)))
    launch.logging.reset()
    yield
    launch.logging.reset()


@pytest.fixture
def launch_until_ready() -> Callable[..., dict[str, list[str]]]:
    """Return a function that runs entities, ends when `count` nodes are ready, and returns output by process."""

    def run(*entities: Any, count: int = 1) -> dict[str, list[str]]:
        from launch import LaunchDescription, LaunchService
        from launch.actions import RegisterEventHandler, Shutdown
        from launch.event_handlers import OnProcessIO

        output: dict[str, bytes] = {}

        def on_output(event: Any) -> Any:
            output[event.process_name] = output.get(event.process_name, b"") + event.text
            ready = sum(b"ready\n" in text for text in output.values())
            return Shutdown(reason="all are ready") if ready == count else None

        service = LaunchService()
        watch = RegisterEventHandler(OnProcessIO(on_stdout=on_output))
        service.include_launch_description(LaunchDescription([watch, *entities]))
        killer = threading.Timer(DEADLINE_S, service.shutdown)
        killer.start()
        try:
            assert service.run() == 0
        finally:
            killer.cancel()
        return {name: text.decode().splitlines() for name, text in output.items()}

    return run
