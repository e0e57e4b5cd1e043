# SPDX-License-Identifier: Apache-2.0
"""Faults around a gateway: other users, a ring that runs full, peers that fall silent."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator

import pytest
from carla_drl_msgs.msg import Heartbeat
from diagnostic_msgs.msg import DiagnosticStatus
from fake_bridge import CONTROL, REFUSED, WELCOME, FakeBridge
from gateway_harness import ADDRESS, SIMULATOR, Agent, Gateway
from rclpy.qos import QoSProfile, ReliabilityPolicy

NOBODY = 65534
INTRUDER = f"""
import os, socket, struct, sys
os.setgid({NOBODY})
os.setuid({NOBODY})
peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
peer.connect("\\0" + sys.argv[1])
print(peer.recv(1000)[16:].decode())
"""


@pytest.fixture(scope="module")
def agent(gateway: Gateway) -> Iterator[Agent]:
    instance = Agent()
    instance.wait_for_gateway()
    yield instance
    instance.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_process_of_another_user_is_refused_and_counted(gateway: Gateway, agent: Agent) -> None:
    with FakeBridge(ADDRESS, 900) as bridge:
        assert bridge.greeting.type == WELCOME
        before = int(agent.diagnosis(lambda *_: True, "a report")["refused_peers"])
        command = [sys.executable, "-c", INTRUDER, ADDRESS[1:]]
        intruder = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True)
        assert intruder.stdout.strip() == f"user {NOBODY} may not connect, user 0 may"
        agent.diagnosis(lambda _, v: int(v["refused_peers"]) == before + 1, "the count")
        assert f"user {NOBODY} may not connect" in gateway.text()
        bridge.send_frame(1)  # the bridge that was there goes on
        agent.observe(900, 1)
        bridge.leave()


def test_a_ring_that_runs_full_costs_the_frame_that_was_overwritten_alone(
    gateway: Gateway, agent: Agent
) -> None:
    with FakeBridge(ADDRESS, 901) as bridge:
        agent.layout(901)
        before = agent.diagnosis(lambda *_: True, "a report")
        os.kill(gateway.process.pid, signal.SIGSTOP)
        try:
            for frame in (1, 2, 3):  # into two slots: the third takes the place of the first
                bridge.send_frame(frame)
        finally:
            os.kill(gateway.process.pid, signal.SIGCONT)
        control = bridge.receive()
        assert (control.type, control.frame) == (CONTROL, 1)
        assert control.controls.tolist() == [[0.0, 1.0, 0.0]] * 2
        agent.observe(901, 3)  # the topic keeps the newest frame alone
        values = agent.diagnosis(
            lambda _, v: int(v["unusable_frames"]) == int(before["unusable_frames"]) + 1, "the count"
        )
        assert int(values["frames"]) == int(before["frames"]) + 2
        assert values["bridge_connected"] == "true"
        bridge.leave()


def test_a_peer_that_falls_silent_is_reported_within_a_second(gateway: Gateway, agent: Agent) -> None:
    best_effort = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
    hearts = agent.node.create_publisher(Heartbeat, "/carla_drl/heartbeat", best_effort)

    beats = iter(range(1, 10_000))

    def report(what: str, *, beating: bool, silent: bool) -> DiagnosticStatus:
        """Wait for a report of the gateway on its peers that calls ours silent, or does not."""
        agent.statuses.clear()

        def look() -> DiagnosticStatus | None:
            if beating:
                hearts.publish(Heartbeat(source="/carla_drl/mute", sequence=next(beats)))
            for status in agent.statuses:
                values = {pair.key: pair.value for pair in status.values}
                if status.name.endswith(": peers") and status.hardware_id == SIMULATOR:
                    known = int(values.get("peers", 0)) > 0
                    if known and silent == ("/carla_drl/mute for" in status.message):
                        return status
            return None

        found: DiagnosticStatus = agent.wait_until(look, what)
        return found

    report("a peer that is alive", beating=True, silent=False)
    told = report("its silence", beating=False, silent=True)
    assert told.level == DiagnosticStatus.WARN
    silence = re.search(r"/carla_drl/mute for ([\d.]+) s", told.message)
    assert silence
    assert 0.8 <= float(silence[1]) < 2.0, told.message  # 0.9 at most, if the machine has time for it
    back = report("its return", beating=True, silent=False)
    values = {pair.key: pair.value for pair in back.values}
    assert int(values["lost_peers"]) >= 1
    agent.node.destroy_publisher(hearts)


def test_garbage_on_the_socket_is_refused_and_counted(gateway: Gateway, agent: Agent) -> None:
    before = int(agent.diagnosis(lambda *_: True, "a report")["refused_peers"])
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as peer:
        peer.settimeout(10.0)
        peer.connect(ADDRESS)
        peer.send(b"x" * 40)
        assert peer.recv(1000)[0] == REFUSED
    agent.diagnosis(lambda _, v: int(v["refused_peers"]) == before + 1, "the count")
