"""Packets between bridge and gateway, as in docs/architecture.md, "Socket"; little endian."""

from __future__ import annotations

import os
import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

PROTOCOL_VERSION: Final = 1

HELLO: Final = 1
WELCOME: Final = 2
REFUSED: Final = 3
FRAME: Final = 4
CONTROL: Final = 5
RESET: Final = 6
RESET_DONE: Final = 7
BYE: Final = 8

HEADER: Final = struct.Struct("<IIQ")
HELLO_PACKET: Final = struct.Struct("<IIQII")
FRAME_PACKET: Final = struct.Struct("<IIQII")
CONTROL_HEAD: Final = struct.Struct("<IIQII")
RESET_HEAD: Final = struct.Struct("<IIQQqII")
RESET_DONE_PACKET: Final = struct.Struct("<IIQQ")

NUM_CONTROLS: Final = 3
"""Columns of CONTROL: throttle 0..1, brake 0..1, steer -1..1, left positive."""

MAX_PACKET: Final = 65536


class ProtocolError(RuntimeError):
    """The gateway sent something that the protocol does not allow."""


@dataclass(frozen=True)
class ResetRequest:
    """Agents whose running episodes are to end."""

    request: int
    seed: int | None
    """Restart the agents' routes with this seed; None: go on as before."""
    agents: tuple[int, ...]
    """Rows in the fleet; empty: all."""


def socket_name(simulator: str, domain_id: int) -> str:
    """Return the abstract address of the gateway of a lock-step group."""
    return f"\0carla_drl.{os.getuid()}.{domain_id}.{simulator}"


def parse_control(packet: memoryview, num_agents: int) -> tuple[int, int, npt.NDArray[np.float32]]:
    """Return session, frame and f32 [N, 3] of a CONTROL packet. The array is a view of `packet`.

    Raises:
        ProtocolError: when its length or number of agents is wrong.
    """
    if len(packet) < CONTROL_HEAD.size:
        raise ProtocolError(f"CONTROL has {len(packet)} bytes; allowed: at least {CONTROL_HEAD.size}")
    _, _, frame, count, session = CONTROL_HEAD.unpack_from(packet)
    wanted = CONTROL_HEAD.size + 4 * NUM_CONTROLS * num_agents
    if count != num_agents or len(packet) != wanted:
        raise ProtocolError(
            f"CONTROL is for {count} agents in {len(packet)} bytes; allowed: {num_agents} agents in {wanted} bytes"
        )
    values = np.frombuffer(packet, dtype="<f4", offset=CONTROL_HEAD.size)
    return session, frame, values.reshape(num_agents, NUM_CONTROLS)


def parse_reset(packet: memoryview, num_agents: int) -> ResetRequest:
    """Return what a RESET packet asks for.

    Raises:
        ProtocolError: when its length or an agent is wrong.
    """
    if len(packet) < RESET_HEAD.size:
        raise ProtocolError(f"RESET has {len(packet)} bytes; allowed: at least {RESET_HEAD.size}")
    _, _, _, request, seed, count, _ = RESET_HEAD.unpack_from(packet)
    if len(packet) != RESET_HEAD.size + 4 * count:
        raise ProtocolError(f"RESET names {count} agents in {len(packet)} bytes")
    agents = struct.unpack_from(f"<{count}I", packet, RESET_HEAD.size)
    if any(agent >= num_agents for agent in agents):
        raise ProtocolError(f"RESET names agents {agents}; allowed: 0 to {num_agents - 1}")
    return ResetRequest(request, seed if seed >= 0 else None, agents)
