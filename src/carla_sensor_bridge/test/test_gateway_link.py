from __future__ import annotations

import logging
import os
import threading
import time
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from gateway_peer import GatewayPeer, wait_until

from carla_sensor_bridge import gateway_packets as wire
from carla_sensor_bridge.frame_ring import FrameRingWriter
from carla_sensor_bridge.gateway_link import GatewayLink

SESSION = 4711
AGENTS = 2
CONTROLS = np.array([[0.5, 0.0, 0.25], [0.0, 1.0, -1.0]], dtype=np.float32)


class Link:
    """A link whose `wait_control` runs in a thread, as the tick thread would."""

    def __init__(self, address: str) -> None:
        self.ring = FrameRingWriter(AGENTS, 1, SESSION, 0.1)
        self.stopping = threading.Event()
        self.requests: list[wire.ResetRequest] = []
        self.link = GatewayLink(
            address, self.ring.fd, SESSION, AGENTS, self.stopping, logging.getLogger("test"), self._reset
        )
        self.controls: list[Any] = []
        self.frame = 0
        self._thread: threading.Thread | None = None

    def _reset(self, request: wire.ResetRequest) -> int:
        self.requests.append(request)
        return self.frame + 1

    def publish(self) -> None:
        self.frame += 1
        self.ring.begin(self.frame)
        self.link.publish(self.frame, self.ring.commit(self.frame, 0.0))

    def wait(self) -> None:
        def run() -> None:
            control = self.link.wait_control()
            self.controls.append(None if control is None else control.copy())

        self._thread = threading.Thread(target=run)
        self._thread.start()

    def join(self) -> Any:
        assert self._thread is not None
        self._thread.join(10.0)
        assert not self._thread.is_alive()
        return self.controls[-1]


@pytest.fixture
def address() -> str:
    return f"\0carla_drl.test.{os.getpid()}.{time.monotonic_ns()}"


@pytest.fixture
def link(address: str) -> Iterator[Link]:
    link = Link(address)
    yield link
    link.stopping.set()
    if link._thread is not None:
        link._thread.join(10.0)
    link.link.drop()
    link.ring.close()


def test_address_names_user_domain_and_simulator() -> None:
    assert wire.socket_name("sim3", 142) == f"\0carla_drl.{os.getuid()}.142.sim3"


def test_frame_and_control(address: str, link: Link) -> None:
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    peer.accept()
    assert peer.session == SESSION
    for number in range(1, 6):
        frame = peer.next_frame()
        assert frame is not None
        assert frame.frame == number
        peer.answer(number, CONTROLS * np.float32(0.5))
        np.testing.assert_array_equal(link.join(), CONTROLS * np.float32(0.5))
        link.publish()
        link.wait()
    peer.answer(6, CONTROLS)
    link.join()
    assert link.link.counters.frames == 6
    peer.die()


def test_gateway_may_come_later(address: str, link: Link) -> None:
    link.publish()
    link.wait()
    peer = GatewayPeer(address)
    peer.accept()
    assert peer.next_frame() is not None
    peer.answer(1, CONTROLS)
    assert link.join() is not None
    assert link.link.counters.reconnects == 0
    peer.die()


def test_late_and_duplicate_controls_are_counted_and_dropped(address: str, link: Link) -> None:
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    peer.accept()
    peer.next_frame()
    peer.answer(1, CONTROLS)
    link.join()
    link.publish()
    link.wait()
    peer.answer(1, CONTROLS)
    peer.answer(1, CONTROLS)
    peer.answer(2, CONTROLS, session=SESSION - 1)
    peer.answer(2, -CONTROLS)
    np.testing.assert_array_equal(link.join(), -CONTROLS)
    counters = link.link.counters
    assert (counters.frames, counters.duplicate, counters.late) == (2, 2, 1)
    peer.die()


def test_gateway_dies_and_comes_back(address: str, link: Link) -> None:
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    peer.accept()
    peer.next_frame()
    peer.die()
    assert wait_until(lambda: not link.link.connected)
    peer = GatewayPeer(address)
    peer.accept()
    assert peer.hello_frame == 1
    again = peer.next_frame()
    assert again is not None
    assert again.frame == 1
    peer.answer(1, CONTROLS)
    assert link.join() is not None
    assert link.link.counters.reconnects == 1
    peer.die()


def test_gateway_that_leaves_between_frames(address: str, link: Link) -> None:
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    peer.accept()
    peer.next_frame()
    peer.answer(1, CONTROLS)
    link.join()
    peer.send(wire.HEADER.pack(wire.BYE, 0, 0))
    peer.die()
    link.publish()
    link.wait()
    peer = GatewayPeer(address)
    peer.accept()
    frame = peer.next_frame()
    assert frame is not None
    assert frame.frame == 2
    peer.die()


def test_a_socket_of_another_user_is_not_used(
    address: str, link: Link, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine = os.getuid()
    monkeypatch.setattr(os, "getuid", lambda: mine + 1)
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    told = f"the gateway is not used, trying again: user {mine} serves its socket, user {mine + 1} may"
    assert wait_until(lambda: told in caplog.text)
    assert not link.link.connected
    peer.die()


def test_refused_is_told_and_tried_again(address: str, link: Link, caplog: pytest.LogCaptureFixture) -> None:
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    with caplog.at_level(logging.ERROR):
        peer.accept(refuse="another bridge is connected")
        peer.accept(refuse="another bridge is connected")
        peer.accept()
    assert [record.getMessage() for record in caplog.records].count(
        "the gateway refuses this bridge, trying again: another bridge is connected"
    ) == 1
    assert peer.next_frame() is not None
    peer.die()


def test_reset_is_answered_while_waiting(address: str, link: Link) -> None:
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    peer.accept()
    peer.next_frame()
    peer.reset(77, (1,), seed=5)
    peer.reset(78)
    for request in (77, 78):
        packet = peer.packet()
        assert wire.RESET_DONE_PACKET.unpack(packet) == (wire.RESET_DONE, 0, 2, request)
    assert link.requests == [wire.ResetRequest(77, 5, (1,)), wire.ResetRequest(78, None, ())]
    peer.answer(1, CONTROLS)
    assert link.join() is not None
    peer.die()


@pytest.mark.parametrize(
    "packet",
    [
        b"\1\2\3",
        wire.HEADER.pack(99, 0, 0),
        wire.HEADER.pack(wire.CONTROL, 0, 1),
        wire.CONTROL_HEAD.pack(wire.CONTROL, 0, 1, 3, SESSION) + bytes(36),
        wire.CONTROL_HEAD.pack(wire.CONTROL, 0, 1, AGENTS, SESSION) + bytes(20),
        wire.CONTROL_HEAD.pack(wire.CONTROL, 0, 1, AGENTS, SESSION) + np.full(6, np.nan, "<f4").tobytes(),
        wire.HEADER.pack(wire.RESET, 0, 0),
        wire.RESET_HEAD.pack(wire.RESET, 0, 0, 1, -1, 1, 0) + b"\2\0\0\0",
        wire.RESET_HEAD.pack(wire.RESET, 0, 0, 1, -1, 2, 0) + b"\1\0\0\0",
    ],
)
def test_broken_packets_lead_to_a_new_connection(address: str, link: Link, packet: bytes) -> None:
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    peer.accept()
    peer.next_frame()
    peer.send(packet)
    peer.accept()
    assert peer.next_frame() is not None
    peer.answer(1, CONTROLS)
    np.testing.assert_array_equal(link.join(), CONTROLS)
    assert link.link.counters.protocol_errors == 1
    peer.die()


@pytest.mark.parametrize("connected", [False, True])
def test_stopping_ends_the_wait_and_says_bye(address: str, link: Link, connected: bool) -> None:
    peer = GatewayPeer(address) if connected else None
    link.publish()
    link.wait()
    if peer is not None:
        peer.accept()
        peer.next_frame()
    link.stopping.set()
    assert link.join() is None
    link.link.close()
    link.link.close()
    if peer is not None:
        assert peer.next_frame() is None
        assert peer.said_bye
        peer.die()


def test_bye_is_seen_though_packets_were_not_read(address: str, link: Link) -> None:
    peer = GatewayPeer(address)
    link.publish()
    link.wait()
    peer.accept()
    peer.next_frame()
    peer.answer(1, CONTROLS)
    link.join()
    for _ in range(3):
        peer.answer(1, CONTROLS)
    link.link.close()
    assert peer.next_frame() is None
    assert peer.said_bye
    peer.die()


def test_waiting_costs_next_to_nothing(address: str, link: Link) -> None:
    link.publish()
    link.wait()
    before = time.process_time()
    assert not wait_until(lambda: False, 1.0)
    # The polling of this test itself included.
    assert time.process_time() - before < 0.3
