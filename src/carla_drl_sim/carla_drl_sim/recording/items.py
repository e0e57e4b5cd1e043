"""What a recording is made of, and how each item is packed.

A frame holds the records of the world snapshot as they were sent, so that a replay shows what clients saw. The bytes
of a frame with the same actors as the one before it are stored as their difference (exclusive or): most are zero then,
and compress to nearly nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import msgpack
import numpy as np
import numpy.typing as npt

from carla_drl_sim.protocol.streams import ACTOR_RECORD

MAX_ACTORS = 1 << 16

_CREATED, _DESTROYED, _COLLISION, _LIGHTS, _FRAME, _FRAME_CHANGE = range(6)


class Created(NamedTuple):
    """An actor exists from here on. ``pose`` is relative to the parent for an attached one, ``place`` is where it is."""

    id: int
    parent_id: int
    type_id: str
    attributes: list[tuple[str, int, str]]
    pose: tuple[float, ...]
    place: tuple[float, ...]

    @property
    def is_hero(self) -> bool:
        """Whether the actor has the role of the hero."""
        return any(name == "role_name" and value == "hero" for name, _, value in self.attributes)


class Destroyed(NamedTuple):
    """An actor is gone."""

    id: int


class Collision(NamedTuple):
    """A collision sensor of the first actor felt the second; 0 is scenery."""

    id: int
    other_id: int


class Lights(NamedTuple):
    """The lights of a vehicle are now these flags."""

    id: int
    flags: int


class Frame(NamedTuple):
    """The end of a tick.

    Attributes:
        number: counts from 1.
        elapsed_s: simulated time since the first frame.
        delta_s: simulated time that the tick took.
        records: ``ACTOR_RECORD`` [N].
    """

    number: int
    elapsed_s: float
    delta_s: float
    records: npt.NDArray[Any]


Item = Created | Destroyed | Collision | Lights | Frame


class Encoder:
    """Packs items; call in the order in which they happened."""

    def __init__(self) -> None:
        self._pack = msgpack.Packer(use_bin_type=True).pack
        self._last = np.empty(0, np.uint8)
        self._last_ids = b""

    def encode(self, item: Item) -> bytes:
        """The bytes of one item."""
        if isinstance(item, Frame):
            return self._frame(item)
        if isinstance(item, Created):
            return bytes(self._pack([_CREATED, *item]))
        kind = {Destroyed: _DESTROYED, Collision: _COLLISION, Lights: _LIGHTS}[type(item)]
        return bytes(self._pack([kind, *item]))

    def _frame(self, frame: Frame) -> bytes:
        ids, data = frame.records["id"].tobytes(), frame.records.view(np.uint8)
        if ids == self._last_ids:
            kind, stored = _FRAME_CHANGE, (data ^ self._last).tobytes()
        else:
            kind, stored = _FRAME, data.tobytes()
        self._last_ids, self._last = ids, data
        return bytes(self._pack([kind, frame.number, frame.elapsed_s, frame.delta_s, stored]))


class Decoder:
    """Unpacks what an ``Encoder`` packed. Raises ValueError or TypeError, also for numbers that are not finite."""

    def __init__(self, last: bytes = b"") -> None:
        """``last``: bytes of the frame before."""
        self._last = np.frombuffer(last, np.uint8)

    @property
    def last(self) -> bytes:
        """Bytes of the last frame, on which the next one builds."""
        return self._last.tobytes()

    def items(self, data: bytes) -> Iterator[Item]:
        """The items of one block of bytes."""
        limit = max(1, len(data))
        unpacker = msgpack.Unpacker(raw=False, max_buffer_size=limit, max_array_len=4096, max_map_len=0)
        unpacker.feed(data)
        while unpacker.tell() < len(data):
            try:
                kind, *fields = unpacker.unpack()
            except Exception as error:  # the decoder raises many types on malformed bytes
                raise ValueError(f"malformed item ({type(error).__name__})") from None
            yield self._item(kind, fields)

    def _item(self, kind: Any, fields: list[Any]) -> Item:
        if kind in (_FRAME, _FRAME_CHANGE):
            return self._frame(kind, *fields)
        if kind == _CREATED:
            actor_id, parent_id, type_id, attributes, pose, place = fields
            triples = [(str(name), int(sort), str(value)) for name, sort, value in attributes]
            return Created(int(actor_id), int(parent_id), str(type_id), triples, _six(pose), _six(place))
        if kind == _DESTROYED:
            return Destroyed(*map(int, fields))
        if kind == _COLLISION:
            return Collision(*map(int, fields))
        if kind == _LIGHTS:
            return Lights(*map(int, fields))
        raise ValueError(f"there is no item of kind {kind!r}")

    def _frame(self, kind: int, number: Any, elapsed_s: Any, delta_s: Any, stored: Any) -> Frame:
        data = np.frombuffer(stored, np.uint8)
        if kind == _FRAME_CHANGE:
            data = data ^ self._last
        if data.size % ACTOR_RECORD.itemsize or data.size > MAX_ACTORS * ACTOR_RECORD.itemsize:
            raise ValueError(f"a frame of {data.size} bytes")
        self._last = data
        frame = Frame(int(number), float(elapsed_s), float(delta_s), data.view(ACTOR_RECORD))
        for name in ("location", "rotation", "velocity", "angular_velocity", "acceleration"):
            if not np.isfinite(frame.records[name]).all():
                raise ValueError(f"{name} that is not finite in frame {frame.number}")
        if not (np.isfinite(frame.elapsed_s) and np.isfinite(frame.delta_s)):
            raise ValueError(f"time that is not finite in frame {frame.number}")
        return frame


def _six(value: Any) -> tuple[float, ...]:
    numbers = tuple(float(number) for number in value)
    if len(numbers) != 6 or not all(map(np.isfinite, numbers)):
        raise ValueError(f"not a pose: {value!r}")
    return numbers
