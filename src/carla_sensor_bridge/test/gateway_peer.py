"""A gateway for tests: accepts the bridge, reads its ring, answers frames."""

from __future__ import annotations

import os
import socket
import struct
import time
from collections.abc import Callable

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import gateway_packets as wire
from carla_sensor_bridge.frame_ring import Frame, FrameRingReader

Controls = npt.NDArray[np.float32]
TIMEOUT_S = 20.0


class GatewayPeer:
    """One gateway on one address; `accept` takes the bridge, `next_frame` and `answer` step it."""

    def __init__(self, address: str) -> None:
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._listener.bind(address)
        self._listener.listen(1)
        self._listener.settimeout(TIMEOUT_S)
        self._bridge: socket.socket | None = None
        self.ring: FrameRingReader | None = None
        self.session = 0
        self.hello_frame = 0
        self.reset_done: list[tuple[int, int]] = []
        """Frame and request of every RESET_DONE."""
        self.said_bye = False

    def accept(self, timeout_s: float = TIMEOUT_S, refuse: str = "") -> None:
        """Shake hands with the bridge."""
        self._listener.settimeout(timeout_s)
        bridge, _ = self._listener.accept()
        bridge.settimeout(TIMEOUT_S)
        packet, fds, _, _ = socket.recv_fds(bridge, wire.MAX_PACKET, 4)
        kind, _, self.hello_frame, version, self.session = wire.HELLO_PACKET.unpack(packet)
        assert (kind, version, len(fds)) == (wire.HELLO, wire.PROTOCOL_VERSION, 1)
        self.ring = FrameRingReader(fds[0])
        os.close(fds[0])
        if refuse:
            bridge.send(wire.HEADER.pack(wire.REFUSED, 0, 0) + refuse.encode())
            bridge.close()
            return
        bridge.send(wire.HEADER.pack(wire.WELCOME, 0, 0))
        self._bridge = bridge

    def packet(self) -> bytes:
        """Return the next packet; empty at the end of file."""
        assert self._bridge is not None
        return self._bridge.recv(wire.MAX_PACKET)

    def next_frame(self) -> Frame | None:
        """Return the next announced frame; None when the bridge has gone."""
        while packet := self.packet():
            kind = wire.HEADER.unpack_from(packet)[0]
            if kind == wire.FRAME:
                _, _, frame, slot, _ = wire.FRAME_PACKET.unpack(packet)
                assert self.ring is not None
                return self.ring.read(slot, frame)
            if kind == wire.RESET_DONE:
                _, _, frame, request = wire.RESET_DONE_PACKET.unpack(packet)
                self.reset_done.append((frame, request))
            elif kind == wire.BYE:
                self.said_bye = True
            else:
                raise AssertionError(f"the bridge sent packet type {kind}")
        return None

    def send(self, packet: bytes) -> None:
        assert self._bridge is not None
        self._bridge.send(packet)

    def answer(self, frame: int, controls: Controls, session: int | None = None) -> None:
        """Send the controls for a frame."""
        head = wire.CONTROL_HEAD.pack(
            wire.CONTROL, 0, frame, len(controls), self.session if session is None else session
        )
        self.send(head + np.ascontiguousarray(controls, dtype="<f4").tobytes())

    def reset(self, request: int, agents: tuple[int, ...] = (), seed: int = -1) -> None:
        """Ask for the end of episodes."""
        head = wire.RESET_HEAD.pack(wire.RESET, 0, 0, request, seed, len(agents), 0)
        self.send(head + struct.pack(f"<{len(agents)}I", *agents))

    def die(self) -> None:
        """Close everything, as the end of the process would."""
        if self._bridge is not None:
            self._bridge.close()
            self._bridge = None
        self._listener.close()

    def run(self, frames: int, drive: Callable[[Frame], Controls]) -> list[Frame]:
        """Answer that many frames and return them."""
        seen = []
        for _ in range(frames):
            frame = self.next_frame()
            assert frame is not None, "the bridge has gone"
            seen.append(frame)
            self.answer(frame.frame, drive(frame))
        return seen


def follow_route(frame: Frame, cruise_mps: float = 7.0) -> Controls:
    """Pure pursuit of the second preview point with a proportional speed control, for a whole fleet."""
    ego, route, metrics = frame.ego, frame.route, frame.metrics
    target = route[:, min(1, route.shape[1] - 1)]
    dx, dy = target[:, 0] - ego[:, col.EGO_X], target[:, 1] - ego[:, col.EGO_Y]
    angle = np.arctan2(dy, dx) - ego[:, col.EGO_YAW]
    angle = (angle + np.pi) % (2 * np.pi) - np.pi
    wheel_base, most_steer = 2.9, np.radians(35.0)
    reach = np.maximum(np.hypot(dx, dy), 1.0)
    steer = np.arctan2(2.0 * wheel_base * np.sin(angle), reach) / most_steer
    bend = route[:, : min(6, route.shape[1]), col.ROUTE_YAW]
    turn = np.abs((bend - ego[:, None, col.EGO_YAW] + np.pi) % (2 * np.pi) - np.pi).max(axis=1)
    wanted = np.where(turn > 0.3, 0.5 * cruise_mps, cruise_mps)
    push = 0.5 * (wanted - metrics[:, col.SPEED])
    controls = np.zeros((len(ego), 3), dtype=np.float32)
    controls[:, 0] = np.clip(push, 0.0, 0.8)
    controls[:, 1] = np.clip(-push, 0.0, 0.8)
    controls[:, 2] = np.clip(steer, -1.0, 1.0)
    return controls


def wait_until(condition: Callable[[], bool], timeout_s: float = TIMEOUT_S) -> bool:
    """Poll a condition until it holds or time is up."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True
