"""CARLA's structs as they are sent: plain lists in declared order, ready for MessagePack.

Lengths are metres, angles degrees, speeds m/s; the frame is CARLA's: left-handed, x forward, y right, z up, yaw
clockwise seen from above.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from enum import IntEnum
from typing import NamedTuple

WireValue = list[object]

TOKEN = struct.Struct("<IHBB16x")
"""Stream token: stream id, port, protocol, address type, 16 address bytes (unset: the client's RPC host)."""

_TCP = 1
_ADDRESS_UNSET = 0


class AttributeType(IntEnum):
    """Type of a blueprint attribute."""

    BOOL = 1
    INT = 2
    FLOAT = 3
    STRING = 4
    RGB = 5


class Pose(NamedTuple):
    """A transform: metres and degrees in CARLA's frame."""

    x: float = 0.0
    y: float = 0.0
    z: float = 0.0
    pitch: float = 0.0
    yaw: float = 0.0
    roll: float = 0.0


def transform(pose: Sequence[float]) -> WireValue:
    """Encode x, y, z, pitch, yaw, roll as a ``carla.Transform``."""
    x, y, z, pitch, yaw, roll = pose
    return [[x, y, z], [pitch, yaw, roll]]


def bounding_box(location: Sequence[float], extent: Sequence[float], actor_id: int) -> WireValue:
    """Encode an unrotated box in the actor's frame; ``extent`` is half of each side."""
    return [list(location), list(extent), [0.0, 0.0, 0.0], actor_id]


def token(stream_id: int, port: int) -> bytes:
    """Encode where a stream is found; the client takes the host from its RPC connection."""
    return TOKEN.pack(stream_id, port, _TCP, _ADDRESS_UNSET)


def actor(
    actor_id: int,
    parent_id: int,
    description: WireValue,
    box: WireValue,
    semantic_tags: Sequence[int],
    stream_token: bytes,
) -> WireValue:
    """Encode an actor. A token of 24 bytes makes the client treat it as a server-side sensor."""
    return [actor_id, parent_id, description, box, bytes(semantic_tags), stream_token]


def attribute(
    name: str,
    kind: AttributeType,
    default: object,
    recommended: Sequence[object] = (),
    *,
    modifiable: bool = True,
    restricted: bool = False,
) -> WireValue:
    """Encode an attribute of a blueprint; all values travel as strings."""
    return [name, int(kind), str(default), [str(item) for item in recommended], modifiable, restricted]


def definition(uid: int, type_id: str, attributes: Sequence[WireValue]) -> WireValue:
    """Encode a blueprint; its tags are the parts of its id."""
    return [uid, type_id, type_id.replace(".", ","), list(attributes)]
