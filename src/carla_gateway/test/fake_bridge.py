# SPDX-License-Identifier: Apache-2.0
"""A bridge for tests: plays the other end of the gateway's socket and writes frames into a ring of its own."""

from __future__ import annotations

import fcntl
import mmap
import os
import socket
import struct
import time
from dataclasses import dataclass
from typing import Any

import numpy as np
from carla_drl_msgs.msg import FleetObservation, FrameLayout
from numpy.typing import NDArray

HELLO, WELCOME, REFUSED, FRAME, CONTROL, RESET, RESET_DONE, BYE = range(1, 9)
PATIENCE_S = 10.0


def socket_name(domain_id: int, simulator: str) -> str:
    """Return the abstract address of a simulator's gateway."""
    return f"\0carla_drl.{os.getuid()}.{domain_id}.{simulator}"


def round_up(size: int) -> int:
    """Return `size` rounded up to a multiple of 64."""
    return (size + 63) // 64 * 64


class Ring:
    """A frame ring in a sealed memfd."""

    def __init__(
        self, session: int, num_agents: int, num_points: int, slots: int = 2, step_s: float = 0.05
    ) -> None:
        shapes: dict[str, tuple[type, tuple[int, ...]]] = {
            "ego": (np.float32, (num_agents, FrameLayout.NUM_EGO)),
            "route": (np.float32, (num_agents, num_points, FrameLayout.NUM_ROUTE)),
            "metrics": (np.float32, (num_agents, FleetObservation.NUM_METRICS)),
            "status": (np.uint8, (num_agents,)),
        }
        offset = 64
        descriptors = b""
        offsets = {}
        for name, (dtype, shape) in shapes.items():
            offsets[name] = offset
            code = 1 if dtype is np.float32 else 2
            padded = shape + (0,) * (4 - len(shape))
            descriptors += struct.pack("<24sII4IQ8x", name.encode(), code, len(shape), *padded, offset)
            offset += round_up(int(np.prod(shape)) * np.dtype(dtype).itemsize)
        self.slot_bytes = offset
        self.slots = slots
        self.header_bytes = 64 + len(descriptors)
        header = struct.pack(
            "<8sIIQIIIId16x",
            b"CDRLRING",
            2,
            self.header_bytes,
            self.slot_bytes,
            slots,
            num_agents,
            session,
            len(shapes),
            step_s,
        )
        size = self.header_bytes + slots * self.slot_bytes
        self.fd = os.memfd_create("ring", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        os.ftruncate(self.fd, size)
        fcntl.fcntl(self.fd, fcntl.F_ADD_SEALS, fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW)
        self.map = mmap.mmap(self.fd, size)
        self.map[: self.header_bytes] = header + descriptors
        self.step_s = step_s
        self.arrays: list[dict[str, NDArray[Any]]] = [
            {
                name: np.ndarray(
                    shape, dtype, self.map, self.header_bytes + slot * self.slot_bytes + offsets[name]
                )
                for name, (dtype, shape) in shapes.items()
            }
            for slot in range(slots)
        ]
        self.heads = [
            np.ndarray((4,), np.uint64, self.map, self.header_bytes + slot * self.slot_bytes)
            for slot in range(slots)
        ]

    def write(self, frame: int, values: dict[str, NDArray[Any]]) -> int:
        """Write a frame into its slot and return the slot."""
        slot = frame % self.slots
        head = self.heads[slot]
        head[0] += np.uint64(1)
        for name, array in self.arrays[slot].items():
            array[...] = values.get(name, 0)
        head[1] = frame
        head[2:3].view(np.float64)[0] = frame * self.step_s
        head[3] = time.monotonic_ns()
        head[0] += np.uint64(1)
        return slot

    def close(self) -> None:
        """Close the memfd; the mapping goes with the last array."""
        os.close(self.fd)


@dataclass(frozen=True)
class Packet:
    """One packet from the gateway; type 0 is the end of the connection."""

    type: int
    frame: int
    payload: bytes

    @property
    def controls(self) -> NDArray[np.float32]:
        """Return the controls of a CONTROL packet, N x 3: throttle, brake, steer."""
        count, _session = struct.unpack_from("<II", self.payload)
        return np.frombuffer(self.payload, np.float32, count * 3, 8).reshape(count, 3)


class FakeBridge:
    """Connects to a gateway as a bridge does. Every wait ends after PATIENCE_S at the latest."""

    def __init__(self, address: str, session: int = 7, num_agents: int = 2, num_points: int = 3) -> None:
        self.session = session
        self.num_agents = num_agents
        self.ring = Ring(session, num_agents, num_points)
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.socket.settimeout(PATIENCE_S)
        connect(self.socket, address)
        hello = struct.pack("<IIQII", HELLO, 0, 0, 1, session)
        socket.send_fds(self.socket, [hello], [self.ring.fd])
        self.greeting = self.receive()

    def __enter__(self) -> FakeBridge:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def send_frame(self, frame: int, **values: NDArray[Any]) -> None:
        """Write a frame and ring the bell."""
        self.ring_bell(frame, self.ring.write(frame, values))

    def ring_bell(self, frame: int, slot: int) -> None:
        """Announce a frame."""
        self.socket.send(struct.pack("<IIQII", FRAME, 0, frame, slot, 0))

    def send_reset_done(self, request: int, frame: int) -> None:
        """Say that a reset is carried out."""
        self.socket.send(struct.pack("<IIQQ", RESET_DONE, 0, frame, request))

    def receive(self) -> Packet:
        """Return the gateway's next packet."""
        data = self.socket.recv(1 << 16)
        if not data:
            return Packet(0, 0, b"")
        kind, _reserved, frame = struct.unpack_from("<IIQ", data)
        return Packet(kind, frame, data[16:])

    def leave(self) -> None:
        """Say BYE."""
        self.socket.send(struct.pack("<IIQ", BYE, 0, 0))

    def close(self) -> None:
        """Hang up without a word, as a process that died does."""
        self.socket.close()
        self.ring.close()


def connect(client: socket.socket, address: str) -> None:
    """Connect, waiting for the gateway to listen."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            client.connect(address)
            return
        except ConnectionRefusedError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.01)
