"""The loop's two messages as the bytes that the middleware carries: CDR, little endian.

Message objects in Python cost more than the arrays in them: their fields are made one by one, and in a loop that other
processes take turns in, none of that code is in the processor's caches when it is needed. An observation is read in
place instead, and an action written in one piece.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.errors import FleetError

# Plain CDR, little endian, no options. What follows is aligned to where this ends.
_PREFIX: Final = b"\0\1\0\0"
_START: Final = len(_PREFIX)
_COUNT: Final = struct.Struct("<I")
_STAMP: Final = struct.Struct("<iI")
_SIZES: Final = struct.Struct("<QfII")
_SHAPE: Final = struct.Struct("<III")
_ACTION: Final = struct.Struct("<4siII4xQII")


class Stamp(NamedTuple):
    """`builtin_interfaces/Time`."""

    sec: int
    nanosec: int


class Header(NamedTuple):
    """`std_msgs/Header`."""

    stamp: Stamp
    frame_id: str = ""


class Image(NamedTuple):
    """`ObservationImage`; the arrays are views."""

    name: str
    channels: int
    height: int
    width: int
    data: NDArray[np.uint8]
    age: NDArray[np.uint32]


class Observation(NamedTuple):
    """`FleetObservation`, with arrays that are views."""

    header: Header
    session: int
    frame: int
    step_s: float
    num_agents: int
    state_dim: int
    state: NDArray[np.float32]
    metrics: NDArray[np.float32]
    status: NDArray[np.uint8]
    raster_channels: int
    raster_height: int
    raster_width: int
    raster: NDArray[np.uint8]
    images: Sequence[Image] = ()


def read_observation(data: bytes, topic: str) -> Any:
    """Return an `Observation` with views of `data`, or the message where the middleware writes it another way.

    Raises:
        FleetError: when `data` ends too early.
    """
    if not data.startswith(_PREFIX):
        # Who runs the loop in one process needs neither.
        from carla_drl_msgs.msg import FleetObservation
        from rclpy.serialization import deserialize_message

        return deserialize_message(data, FleetObservation)
    try:
        return _read_observation(data)
    except (struct.error, ValueError) as error:
        raise FleetError(f"{topic}: {len(data)} bytes are no FleetObservation: {error}") from error


def _read_observation(data: bytes) -> Observation:
    stamp = Stamp(*_STAMP.unpack_from(data, _START))
    frame_id, at = _text(data, _START + _STAMP.size)
    at = _aligned(at, 4)
    (session,) = _COUNT.unpack_from(data, at)
    at = _aligned(at + _COUNT.size, 8)
    frame, step_s, num_agents, state_dim = _SIZES.unpack_from(data, at)
    state, at = _array(data, at + _SIZES.size, np.float32)
    metrics, at = _array(data, at, np.float32)
    status, at = _array(data, at, np.uint8)
    at = _aligned(at, 4)
    channels, height, width = _SHAPE.unpack_from(data, at)
    raster, at = _array(data, at + _SHAPE.size, np.uint8)
    return Observation(
        Header(stamp, frame_id),
        session,
        frame,
        step_s,
        num_agents,
        state_dim,
        state,
        metrics,
        status,
        channels,
        height,
        width,
        raster,
        _images(data, _aligned(at, 4)),
    )


def _images(data: bytes, at: int) -> list[Image]:
    (count,) = _COUNT.unpack_from(data, at)
    at += _COUNT.size
    images = []
    for _ in range(count):
        name, at = _text(data, _aligned(at, 4))
        at = _aligned(at, 4)
        channels, height, width = _SHAPE.unpack_from(data, at)
        pixels, at = _array(data, at + _SHAPE.size, np.uint8)
        age, at = _array(data, _aligned(at, 4), np.uint32)
        images.append(Image(name, channels, height, width, pixels, age))
    return images


def _aligned(at: int, size: int) -> int:
    return (at - _START + size - 1) // size * size + _START


def _text(data: bytes, at: int) -> tuple[str, int]:
    (length,) = _COUNT.unpack_from(data, at)
    at += _COUNT.size
    return data[at : at + length - 1].decode(), at + length


def _array(data: bytes, at: int, dtype: type[Any]) -> tuple[NDArray[Any], int]:
    (count,) = _COUNT.unpack_from(data, at)
    array: NDArray[Any] = np.frombuffer(data, dtype, count, at + _COUNT.size)
    return array, at + _COUNT.size + array.nbytes


def write_action(stamp_ns: int, session: int, frame: int, actions: NDArray[np.float32]) -> bytes:
    """Return a `FleetAction` with `actions` [N, NUM_ACTIONS]; `stamp_ns` is wall time."""
    sec, nanosec = divmod(stamp_ns, 1_000_000_000)
    head = _ACTION.pack(_PREFIX, sec, nanosec, session, frame, len(actions), actions.size)
    return head + actions.astype("<f4", copy=False).tobytes()
