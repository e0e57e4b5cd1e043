"""Composable nodes, against a container in Python that answers like a real one."""

from __future__ import annotations

import sys
import threading
from pathlib import Path
from typing import Any

import pytest
from conftest import DEADLINE_S
from launch import LaunchDescription, LaunchService
from launch.actions import GroupAction, RegisterEventHandler, Shutdown
from launch.event_handlers import OnProcessIO
from launch_ros.actions import ComposableNodeContainer, PushRosNamespace, SetParameter
from launch_ros.descriptions import ComposableNode

pytest.importorskip("composition_interfaces.srv", reason="composition_interfaces is not installed")

CONTAINER = """#!{python}
import rclpy
from composition_interfaces.srv import LoadNode
from rclpy.executors import ExternalShutdownException
from rclpy.parameter import Parameter

rclpy.init()
node = rclpy.create_node('container')

def load(request, response):
    values = {p.name: Parameter.from_parameter_msg(p).value for p in request.parameters}
    extra = {p.name: Parameter.from_parameter_msg(p).value for p in request.extra_arguments}
    print(request.package_name, request.plugin_name, request.node_namespace, request.node_name,
          list(request.remap_rules), values, extra, flush=True)
    response.success = request.plugin_name != 'bad::Plugin'
    response.error_message = '' if response.success else 'no such plugin'
    response.full_node_name = '/loaded/' + request.node_name
    return response

node.create_service(LoadNode, '~/_container/load_node', load)
try:
    rclpy.spin(node)
except (KeyboardInterrupt, ExternalShutdownException):
    pass
finally:
    node.destroy_node()
    rclpy.try_shutdown()
"""


@pytest.mark.parametrize("namespace", [None, "", "inner"])
def test_container_loads_nodes_in_order(
    tmp_path: Path, namespace: str | None, capsys: pytest.CaptureFixture[str]
) -> None:
    program = tmp_path / "container"
    program.write_text(CONTAINER.replace("{python}", sys.executable))
    program.chmod(0o755)
    output = b""

    def on_output(event: Any) -> Any:
        nonlocal output
        output += event.text
        return Shutdown(reason="all were asked for") if output.count(b"\n") == 2 else None

    container = ComposableNodeContainer(
        executable=str(program),
        name="main",
        namespace=namespace,
        composable_node_descriptions=[
            ComposableNode(
                package="a_pkg",
                plugin="a::Plugin",
                name="first",
                parameters=[{"rate": 5, "deep": {"name": "x"}}],
                remappings=[("in", "out")],
                extra_arguments=[{"use_intra_process_comms": True}],
            ),
            ComposableNode(package="b_pkg", plugin="bad::Plugin", name="second", namespace="/own"),
        ],
    )
    service = LaunchService()
    service.include_launch_description(
        LaunchDescription([
            RegisterEventHandler(OnProcessIO(on_stdout=on_output)),
            GroupAction([PushRosNamespace("outer"), SetParameter("shared", 1), container]),
        ])
    )  # fmt: skip
    killer = threading.Timer(DEADLINE_S, service.shutdown)
    killer.start()
    try:
        assert service.run() == 0
    finally:
        killer.cancel()
    assert output.decode().splitlines() == [
        "a_pkg a::Plugin /outer first ['in:=out'] {'shared': 1, 'rate': 5, 'deep.name': 'x'} "
        "{'use_intra_process_comms': True}",
        "b_pkg bad::Plugin /own second [] {'shared': 1} {}",
    ]
    assert "Loaded node '/loaded/first' in container" in capsys.readouterr().out
