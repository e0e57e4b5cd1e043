"""The node with upstream's parameter file."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

os.environ["ROS_DOMAIN_ID"] = str(172 + os.getpid() % 3)
DEADLINE_S = 60.0
COMMAND = [sys.executable, "-c", "from diagnostic_aggregator.aggregator_node import main; main()"]

PARAMETERS = """
analyzers:
  ros__parameters:
    path: Aggregation
    pub_rate: 20.0
    critical: true
    arms:
      type: diagnostic_aggregator/GenericAnalyzer
      path: Arms
      startswith: [ '/arms' ]
    topology:
      type: 'diagnostic_aggregator/AnalyzerGroup'
      path: Topology
      analyzers:
        left:
          type: diagnostic_aggregator/GenericAnalyzer
          path: Left
          contains: [ '/left' ]
"""


@pytest.fixture
def node() -> Iterator[Any]:
    import rclpy

    with rclpy.init():
        node = rclpy.create_node("tester")
        yield node
        node.destroy_node()


def spin_until(node: Any, condition: Callable[[], bool]) -> None:
    import rclpy

    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline
        rclpy.spin_once(node, timeout_sec=0.05)


def test_the_node_groups_and_reports_the_whole(node: Any, tmp_path: Path) -> None:
    from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus

    file = tmp_path / "analyzers.yaml"
    file.write_text(PARAMETERS)
    arrays: list[Any] = []
    states: list[Any] = []
    node.create_subscription(DiagnosticArray, "/diagnostics_agg", arrays.append, 100)
    node.create_subscription(DiagnosticStatus, "/diagnostics_toplevel_state", states.append, 100)
    publisher = node.create_publisher(DiagnosticArray, "/diagnostics", 10)

    def publish(level: bytes) -> None:
        message = DiagnosticArray(
            status=[DiagnosticStatus(name="/arms/left/motor", level=level, message="m")]
        )
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)

    def names() -> dict[str, bytes]:
        return {status.name: status.level for status in arrays[-1].status} if arrays else {}

    with subprocess.Popen([*COMMAND, "--ros-args", "--params-file", str(file)]) as process:
        try:
            spin_until(node, lambda: bool(arrays) and publisher.get_subscription_count() == 1)
            publish(DiagnosticStatus.OK)
            spin_until(node, lambda: "/Aggregation/Arms/arms left motor" in names())
            assert names() == {
                "/Aggregation": b"\0",
                "/Aggregation/Arms": b"\0",
                "/Aggregation/Arms/arms left motor": b"\0",
                "/Aggregation/Topology": b"\0",
                "/Aggregation/Topology/Left": b"\0",
                "/Aggregation/Topology/Left/arms left motor": b"\0",
            }
            spin_until(node, lambda: states[-1].level == DiagnosticStatus.OK)
            publish(DiagnosticStatus.ERROR)
            spin_until(
                node,
                lambda: states[-1].name == "toplevel_state" and states[-1].level == DiagnosticStatus.ERROR,
            )
            assert "toplevel_state_critical" in [state.name for state in states]
        finally:
            process.send_signal(signal.SIGINT)
    assert process.returncode == 0


def test_bad_parameters_end_it(tmp_path: Path) -> None:
    words = ["--ros-args", "-p", "arms.type:=diagnostic_aggregator/Nothing"]
    result = subprocess.run(
        [*COMMAND, *words], capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )
    assert result.returncode == 1
    assert "parameter 'arms.type' is 'diagnostic_aggregator/Nothing'; allowed: " in result.stderr
    assert "Traceback" not in result.stderr
