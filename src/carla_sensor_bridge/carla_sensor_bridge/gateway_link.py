"""The bridge's end of the socket to the gateway: hand-shake, doorbell, waiting for control, reconnecting.

The gateway may die and come back at any time. The link then connects again, says HELLO with the same ring and
announces the current frame once more.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
import struct
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event
from typing import Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import gateway_packets as wire

# How long a wait may last before stopping is noticed, s.
_SLICE_S: Final = 0.2
_RETRY_S: Final = 0.1
_WELCOME_TIMEOUT_S: Final = 5.0
_UCRED: Final = struct.Struct("=iII")

ResetHandler = Callable[[wire.ResetRequest], int]
"""Takes a reset request and returns the first frame that carries the truncation."""


@dataclass
class LinkCounters:
    """What happened on the link since the start."""

    frames: int = 0
    """Frames that were answered."""
    late: int = 0
    """Controls for an earlier session."""
    duplicate: int = 0
    """Controls for a frame that was answered before."""
    reconnects: int = 0
    resets: int = 0
    protocol_errors: int = 0


class GatewayLink:
    """Client of the gateway's socket, used from one thread.

    `stopping` ends every wait within 0.2 s.
    """

    def __init__(
        self,
        name: str,
        ring_fd: int,
        session: int,
        num_agents: int,
        stopping: Event,
        logger: logging.Logger,
        on_reset: ResetHandler,
    ) -> None:
        """Take the address (see `gateway_packets.socket_name`) and the ring; `connect` is lazy."""
        self.counters = LinkCounters()
        self._name = name
        self._ring_fd = ring_fd
        self._session = session
        self._num_agents = num_agents
        self._stopping = stopping
        self._log = logger
        self._on_reset = on_reset
        self._socket: socket.socket | None = None
        self._ever_connected = False
        self._last_refusal = ""
        self._buffer = bytearray(wire.MAX_PACKET)
        self._view = memoryview(self._buffer)
        self._frame = 0
        self._frame_packet = b""
        self._reset_done: list[bytes] = []

    @property
    def connected(self) -> bool:
        """Whether a gateway has welcomed this bridge and not gone since."""
        return self._socket is not None

    def publish(self, frame: int, slot: int) -> None:
        """Announce a frame; when no gateway listens, `wait_control` announces it as soon as one does."""
        self._frame = frame
        self._frame_packet = wire.FRAME_PACKET.pack(wire.FRAME, 0, frame, slot, 0)
        if self._socket is not None:
            self._send(self._frame_packet)

    def wait_control(self) -> npt.NDArray[np.float32] | None:
        """Wait for the answer to the announced frame.

        Returns:
            f32 [N, 3], valid until the next call: throttle, brake, steer (left positive); None when stopping.
        """
        while not self._stopping.is_set():
            if self._socket is None and not self._connect():
                self._stopping.wait(_RETRY_S)
                continue
            packet = self._receive()
            if packet is None:
                continue
            try:
                control = self._handle(packet)
            except wire.ProtocolError as error:
                self.counters.protocol_errors += 1
                self._log.error("the gateway broke the protocol, connecting anew: %s", error)
                self.drop()
                continue
            if control is not None:
                self.counters.frames += 1
                return control
        return None

    def close(self) -> None:
        """Say BYE and close. Safe to call twice, and from another thread."""
        peer = self._socket
        if peer is not None:
            self._send(wire.HEADER.pack(wire.BYE, 0, self._frame))
            # Closing with packets unread would reset the connection, and the gateway would see that before BYE.
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RD)
                while peer.recv(wire.MAX_PACKET, socket.MSG_DONTWAIT):
                    pass
        self.drop()

    def _handle(self, packet: memoryview) -> npt.NDArray[np.float32] | None:
        if len(packet) < wire.HEADER.size:
            raise wire.ProtocolError(
                f"a packet has {len(packet)} bytes; allowed: at least {wire.HEADER.size}"
            )
        kind = wire.HEADER.unpack_from(packet)[0]
        if kind == wire.CONTROL:
            session, frame, control = wire.parse_control(packet, self._num_agents)
            if session == self._session and frame == self._frame:
                if np.isfinite(control).all():
                    return control
                raise wire.ProtocolError("CONTROL holds a value that is not finite")
            if session != self._session:
                self.counters.late += 1
            else:
                self.counters.duplicate += 1
            return None
        if kind == wire.RESET:
            request = wire.parse_reset(packet, self._num_agents)
            frame = self._on_reset(request)
            self.counters.resets += 1
            self._send(wire.RESET_DONE_PACKET.pack(wire.RESET_DONE, 0, frame, request.request))
            return None
        if kind == wire.BYE:
            self._log.info("the gateway said good-bye; waiting for the next one")
            self.drop()
            return None
        raise wire.ProtocolError(f"packet type {kind} is not one that a gateway sends")

    def _receive(self) -> memoryview | None:
        assert self._socket is not None
        try:
            count = self._socket.recv_into(self._buffer)
        except BlockingIOError:  # the slice of waiting is over
            return None
        except OSError:
            count = 0
        if count == 0:
            if not self._stopping.is_set():
                self._log.warning("the gateway is gone; waiting for the next one")
            self.drop()
            return None
        return self._view[:count]

    def _send(self, packet: bytes) -> None:
        assert self._socket is not None
        try:
            self._socket.send(packet, socket.MSG_NOSIGNAL)
        except OSError as error:  # waiting will find the end of file, and connect again
            self._log.debug("cannot send to the gateway: %s", error)

    def drop(self) -> None:
        """Close the socket without a word, as a crash would."""
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _connect(self) -> bool:
        """Try once to connect and shake hands; on success the current frame is announced."""
        peer = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET | socket.SOCK_CLOEXEC)
        try:
            peer.settimeout(_SLICE_S)
            peer.connect(self._name)
            if not self._is_own(peer):
                peer.close()
                return False
            hello = wire.HELLO_PACKET.pack(wire.HELLO, 0, self._frame, wire.PROTOCOL_VERSION, self._session)
            socket.send_fds(peer, [hello], [self._ring_fd])
            if not self._welcomed(peer):
                peer.close()
                return False
            # One system call per wait: the kernel ends it, not a poll() before it.
            peer.setblocking(True)
            seconds, micros = divmod(round(_SLICE_S * 1e6), 1_000_000)
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, struct.pack("@ll", seconds, micros))
        except OSError:
            peer.close()
            return False
        self._socket = peer
        if self._ever_connected:
            self.counters.reconnects += 1
        self._ever_connected = True
        self._last_refusal = ""
        self._log.info("connected to the gateway at frame %d", self._frame)
        self._send(self._frame_packet)
        return True

    def _is_own(self, peer: socket.socket) -> bool:
        """Tell whether the listener is this user's; anybody could have taken an abstract name."""
        _pid, uid, _gid = _UCRED.unpack(peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _UCRED.size))
        if uid == os.getuid():
            return True
        self._refused("the gateway is not used", f"user {uid} serves its socket, user {os.getuid()} may")
        return False

    def _refused(self, what: str, reason: str) -> None:
        if reason != self._last_refusal:
            self._log.error("%s, trying again: %s", what, reason)
            self._last_refusal = reason

    def _welcomed(self, peer: socket.socket) -> bool:
        for _ in range(round(_WELCOME_TIMEOUT_S / _SLICE_S)):
            try:
                packet = peer.recv(wire.MAX_PACKET)
                break
            except TimeoutError:
                if self._stopping.is_set():
                    return False
        else:
            self._log.warning("the gateway did not answer HELLO within %g s", _WELCOME_TIMEOUT_S)
            return False
        if len(packet) < wire.HEADER.size:
            return False
        kind = wire.HEADER.unpack_from(packet)[0]
        if kind == wire.WELCOME:
            return True
        reason = (
            packet[wire.HEADER.size :].decode("utf-8", "replace")
            if kind == wire.REFUSED
            else f"it answered HELLO with packet type {kind}"
        )
        self._refused("the gateway refuses this bridge", reason)
        return False
