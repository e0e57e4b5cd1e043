"""A frame ring that is filled from recorded bytes instead of a simulator."""

from __future__ import annotations

import os
import struct
import time
from typing import Final

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.frame_ring import HEADER, MAGIC, VERSION, sealed_memory

_SLOT_HEAD: Final = struct.Struct("<Q")
_WRITTEN_AT: Final = 24
"""Offset of `written_ns` in a slot."""
_MAX_BYTES: Final = 2**32


class RecordedRing:
    """Writes recorded slots into a ring with the layout they were recorded from.

    Attributes:
        fd: the memfd, for the gateway; closed by `close()`.
        session: as recorded; `num_agents` and `step_s` likewise.
    """

    def __init__(self, prologue: bytes) -> None:
        """Create the ring.

        Args:
            prologue: the ring's bytes up to its first slot.

        Raises:
            ConfigurationError: when they are none, or of another version.
        """
        if len(prologue) < HEADER.size:
            raise ConfigurationError(
                f"the bag's frame_record_layout has {len(prologue)} bytes; allowed: at least {HEADER.size}"
            )
        magic, version, head, self._slot_bytes, self._count, self.num_agents, self.session, _, self.step_s = (
            HEADER.unpack_from(prologue)
        )
        if magic != MAGIC or version != VERSION:
            raise ConfigurationError(
                f"the bag was recorded from a frame ring of version {version}; allowed: {VERSION}"
            )
        size = head + self._count * self._slot_bytes
        if (
            head != len(prologue)
            or self._slot_bytes < _WRITTEN_AT + 8
            or self._count < 1
            or size > _MAX_BYTES
        ):
            raise ConfigurationError(
                f"the bag's frame_record_layout is damaged: {self._count} slots of {self._slot_bytes} bytes "
                f"after {head}, in a message of {len(prologue)} bytes"
            )
        self._head = head
        self._generation = [0] * self._count
        self.fd, self._map = sealed_memory(size)
        self._map[:head] = prologue

    def write(self, frame: int, slot: bytes) -> int:
        """Write a recorded slot and return its index.

        Raises:
            ConfigurationError: when it is longer than a slot, or cut within its header.
        """
        if not _WRITTEN_AT + 8 <= len(slot) <= self._slot_bytes:
            raise ConfigurationError(
                f"the bag's frame_record of frame {frame} has {len(slot)} bytes; allowed: up to {self._slot_bytes}"
            )
        index: int = frame % self._count
        start = self._head + index * self._slot_bytes
        generation = self._generation[index] + 2
        _SLOT_HEAD.pack_into(self._map, start, generation - 1)
        self._map[start + _SLOT_HEAD.size : start + len(slot)] = slot[_SLOT_HEAD.size :]
        struct.pack_into("<q", self._map, start + _WRITTEN_AT, time.monotonic_ns())
        _SLOT_HEAD.pack_into(self._map, start, generation)
        self._generation[index] = generation
        return index

    def close(self) -> None:
        """Close the descriptor. The memory goes when nobody maps it any more."""
        os.close(self.fd)
