"""The Foxglove server, seen by a real WebSocket client that decodes by the definitions it was sent."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import rclpy
from carla_drl_msgs.msg import FleetObservation
from mcap_ros2._dynamic import generate_dynamic
from rclpy.context import Context
from rclpy.qos import DurabilityPolicy, QoSProfile
from std_msgs.msg import String
from websockets.sync.client import ClientConnection, connect

from carla_drl_tools.errors import ToolError
from carla_drl_tools.message_definitions import definition

DOMAIN_ID = 178 + os.getpid() % 4
PATIENCE_S = 20.0
LATCHED = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)


@pytest.fixture(scope="module")
def publishers() -> Iterator[dict[str, Any]]:
    """Publishers of a latched text, a latched observation, and a topic that nobody looks at."""
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "LOCALHOST"
    context = Context()
    rclpy.init(context=context, domain_id=DOMAIN_ID)
    node = rclpy.create_node("publisher", context=context)
    made = {
        "/text": node.create_publisher(String, "/text", LATCHED),
        "/observation": node.create_publisher(FleetObservation, "/observation", LATCHED),
        "/ignored": node.create_publisher(String, "/ignored", 1),
    }
    made["/text"].publish(String(data="hello"))
    made["/observation"].publish(
        FleetObservation(frame=7, num_agents=1, state_dim=2, state=[1.5, -2.0], metrics=[0.0] * 3, status=[4])
    )
    yield made
    node.destroy_node()
    rclpy.shutdown(context=context)


@pytest.fixture(scope="module")
def server(publishers: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The node in a process of its own; its port."""
    log = tmp_path_factory.mktemp("foxglove") / "log.txt"
    environment = dict(os.environ, ROS_DOMAIN_ID=str(DOMAIN_ID), PYTHONUNBUFFERED="1")
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "carla_drl_tools.foxglove_node", "--ros-args", "-p", "port:=0"],
            env=environment,
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        yield int(wait_for(lambda: re.search(r"ws://127.0.0.1:(\d+)", log.read_text()), process, log)[1])
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE_S) == 0, log.read_text()
    finally:
        process.kill()
        process.wait()


def wait_for(condition: Any, process: subprocess.Popen[bytes], log: Path) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while not (found := condition()):
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        time.sleep(0.05)
    return found


class Client:
    """What Foxglove does first: take the channels, subscribe, decode."""

    def __init__(self, port: int) -> None:
        connection = connect(
            f"ws://127.0.0.1:{port}", subprotocols=["foxglove.sdk.v1"], open_timeout=PATIENCE_S
        )
        self._stack = ExitStack()
        self._socket: ClientConnection = self._stack.enter_context(connection)
        self.channels: dict[str, dict[str, Any]] = {}

    def wait_for_topics(self, *topics: str) -> None:
        while not set(topics) <= set(self.channels):
            message = self._socket.recv(PATIENCE_S)
            if isinstance(message, str):
                for channel in json.loads(message).get("channels", []):
                    self.channels[channel["topic"]] = channel

    def subscribe(self, topic: str) -> None:
        channel = self.channels[topic]["id"]
        request = {"op": "subscribe", "subscriptions": [{"id": channel, "channelId": channel}]}
        self._socket.send(json.dumps(request))

    def receive(self, topic: str) -> Any:
        """Return the next message of a topic, decoded by the definition that came with its channel."""
        channel = self.channels[topic]
        decoders = generate_dynamic(channel["schemaName"], channel["schema"])
        while True:
            message = self._socket.recv(PATIENCE_S)
            if isinstance(message, bytes) and message[0] == 1:
                (subscription,) = struct.unpack_from("<I", message, 1)
                assert subscription == channel["id"]
                return decoders[channel["schemaName"]](message[13:])

    def close(self) -> None:
        self._stack.close()


def test_a_client_reads_what_is_published(server: int, publishers: dict[str, Any]) -> None:
    client = Client(server)
    client.wait_for_topics("/text", "/observation", "/ignored")
    assert client.channels["/text"]["encoding"] == "cdr"
    client.subscribe("/text")
    assert client.receive("/text").data == "hello"
    publishers["/text"].publish(String(data="again"))
    assert client.receive("/text").data == "again"
    # The second one who looks at a latched topic gets its message, too.
    other = Client(server)
    other.wait_for_topics("/text", "/observation")
    other.subscribe("/text")
    assert other.receive("/text").data == "again"
    other.close()
    client.close()


def test_fleet_messages_can_be_decoded(server: int) -> None:
    client = Client(server)
    client.wait_for_topics("/observation")
    client.subscribe("/observation")
    observation = client.receive("/observation")
    assert (observation.frame, list(observation.state), list(observation.status)) == (7, [1.5, -2.0], [4])
    client.close()


def test_only_what_is_looked_at_is_subscribed(server: int, publishers: dict[str, Any]) -> None:
    assert publishers["/ignored"].get_subscription_count() == 0
    client = Client(server)
    client.wait_for_topics("/ignored")
    client.subscribe("/ignored")
    for wanted in (1, 0):
        deadline = time.monotonic() + PATIENCE_S
        while publishers["/ignored"].get_subscription_count() != wanted:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        client.close()


def test_a_definition_has_all_its_parts() -> None:
    text = definition("diagnostic_msgs/msg/DiagnosticArray")
    assert text.count("=" * 80) == 4
    for part in ("std_msgs/Header", "builtin_interfaces/Time", "diagnostic_msgs/DiagnosticStatus"):
        assert f"MSG: {part}\n" in text
    with pytest.raises(ToolError, match="no_such_package"):
        definition("no_such_package/msg/Thing")


def test_a_taken_port_is_explained() -> None:
    environment = dict(os.environ, ROS_DOMAIN_ID=str(DOMAIN_ID))
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for value, reason in ((port, f"127.0.0.1:{port}"), (-1, "parameter port is -1")):
            run = subprocess.run(
                [sys.executable, "-m", "carla_drl_tools.foxglove_node", "--ros-args", "-p", f"port:={value}"],
                env=environment,
                capture_output=True,
                text=True,
                timeout=60,
                check=False,
            )
            assert run.returncode == 78, run.stderr
            assert reason in run.stderr + run.stdout
