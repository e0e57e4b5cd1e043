"""A node in a process of its own, and `ros2 service`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest
from ros2cli.testing import SPIN, Result, run_command, running

os.environ["ROS_DOMAIN_ID"] = str(160 + os.getpid() % 3)

SERVER = """
import rclpy
import rclpy.executors
from example_interfaces.srv import AddTwoInts
from rclpy.qos import qos_profile_services_default
from rclpy.service_introspection import ServiceIntrospectionState
from std_srvs.srv import Trigger

rclpy.init()
node = rclpy.create_node('server')


def add(request, response):
    response.sum = request.a + request.b
    return response


service = node.create_service(AddTwoInts, 'add', add)
service.configure_introspection(
    node.get_clock(), qos_profile_services_default, ServiceIntrospectionState.CONTENTS
)
node.create_service(Trigger, '_hidden', lambda request, response: response)
"""


@pytest.fixture(scope="session", autouse=True)
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Run the other side."""
    with running(tmp_path_factory.mktemp("server"), SERVER + SPIN):
        yield


@pytest.fixture
def ros2(monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Callable[..., Result]:
    """Return a function that runs the command."""
    return lambda *words: run_command(monkeypatch, capfd, "service", *words)
