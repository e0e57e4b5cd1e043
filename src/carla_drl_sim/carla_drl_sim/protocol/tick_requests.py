"""Short cut for the request that ends every step of a client: ``tick_cue``, whose bytes differ in the id alone."""

from __future__ import annotations

import struct

_START = b"\x94\x00"
_END = b"\xa8tick_cue\x91\x91\xc2"
"""Method and arguments: the metadata of a call whose answer the client waits for."""

_FIRST_OF_ID = {2: 0xCC, 3: 0xCD, 5: 0xCE}
"""First byte of an unsigned integer by its length."""

LONGEST = len(_START) + max(_FIRST_OF_ID) + len(_END)

_FRAME = struct.Struct(">4sBQ")
_BEFORE_FRAME, _UINT64 = b"\xc0\x91\x92\x01", 0xCF


def tick_id(request: bytes) -> bytes | None:
    """The encoded id of a request that is exactly one call of ``tick_cue``; None for all other bytes."""
    if not (request.endswith(_END) and request.startswith(_START)):
        return None
    encoded = request[len(_START) : -len(_END)]
    if len(encoded) == 1:
        return encoded if encoded[0] < 0x80 else None
    return encoded if encoded and encoded[0] == _FIRST_OF_ID.get(len(encoded)) else None


def tick_answer(encoded_id: bytes, frame: int) -> bytes:
    """The response ``[1, id, nil, [[1, frame]]]``."""
    return b"\x94\x01" + encoded_id + _FRAME.pack(_BEFORE_FRAME, _UINT64, frame)
