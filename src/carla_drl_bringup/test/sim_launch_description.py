"""Launch test of `sim.launch.py`; `test_sim_launch.py` runs it."""

from __future__ import annotations

import contextlib
import socket
import unittest
from typing import Any

import carla
from ament_index_python.packages import get_package_share_directory
from launch import LaunchDescription
from launch.actions import IncludeLaunchDescription
from launch.launch_description_sources import PythonLaunchDescriptionSource
from launch_testing import post_shutdown_test
from launch_testing.actions import ReadyToTest
from launch_testing.asserts import assertExitCodes

TIMEOUT_S = 120.0


def generate_test_description() -> tuple[LaunchDescription, dict[str, Any]]:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    share = get_package_share_directory("carla_drl_bringup")
    sim = IncludeLaunchDescription(
        PythonLaunchDescriptionSource(f"{share}/launch/sim.launch.py"),
        launch_arguments={"port": str(port), "town": "Town02"}.items(),
    )
    return LaunchDescription([sim, ReadyToTest()]), {"port": port}


class TestWhileItRuns(unittest.TestCase):
    def test_a_client_finds_the_town(self, proc_output: Any, port: int) -> None:
        proc_output.assertWaitFor(str(port), stream="stdout", timeout=TIMEOUT_S)
        client = carla.Client("127.0.0.1", port)
        client.set_timeout(TIMEOUT_S)
        assert client.get_world().get_map().name.endswith("Town02")


@post_shutdown_test()
class TestAfterwards(unittest.TestCase):
    def test_the_simulator_ends_cleanly(self, proc_info: Any) -> None:
        assertExitCodes(proc_info)
