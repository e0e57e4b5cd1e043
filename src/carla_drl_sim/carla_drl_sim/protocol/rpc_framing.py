"""MessagePack-RPC framing: bounded decoding of requests and CARLA's reply forms.

A request is ``[0, id, method, [metadata, argument...]]``, a response ``[1, id, error, result]``; messages follow each
other without a length prefix. Results are wrapped: a *value* is ``[[1, value]]`` or ``[[0, [message]]]``, a *void* is
``[[false]]`` or ``[[true, [message]]]``, and ``apply_batch`` answers with a bare list of values.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgpack

from carla_drl_sim.errors import ProtocolError

MAX_MESSAGE_BYTES = 16 << 20
"""Largest request accepted (an OpenDRIVE file of a large town is about 3 MB)."""

MAX_ARRAY_LENGTH = 8192
"""Longest array accepted. The decoder allocates an array when it sees its header, so this bounds memory."""

_REQUEST = 0
_RESPONSE = 1

VOID_OK: list[list[bool]] = [[False]]
"""Result of a successful call that returns nothing."""


def value(result: object) -> list[list[object]]:
    """Wrap the result of a successful call that returns something."""
    return [[1, result]]


def value_error(message: str) -> list[list[object]]:
    """Wrap the error of a call that returns something."""
    return [[0, [message]]]


def void_error(message: str) -> list[list[object]]:
    """Wrap the error of a call that returns nothing."""
    return [[True, [message]]]


class Request(NamedTuple):
    """One call of a client; ``arguments`` excludes the metadata element, which says whether the client waits."""

    id: int
    method: str
    arguments: list[Any]
    is_waited_for: bool


_pack: Callable[[object], bytes] = msgpack.Packer(use_bin_type=True, autoreset=True).pack


def pack(message: object) -> bytes:
    """Encode any message (floats as float64, ``bytes`` as msgpack *bin*)."""
    return _pack(message)


def pack_response(request_id: int, error: str | None, result: object) -> bytes:
    """Encode the response to one request; a non-nil ``error`` makes the client raise an ``rpc_error``."""
    return _pack([_RESPONSE, request_id, error, result])


class RequestDecoder:
    """Turns the bytes of one connection into requests, with bounded memory."""

    def __init__(self) -> None:
        self._fed = 0
        self._boundary = 0
        self._unpacker = msgpack.Unpacker(
            raw=False,
            strict_map_key=True,
            unicode_errors="replace",
            max_buffer_size=MAX_MESSAGE_BYTES,
            max_array_len=MAX_ARRAY_LENGTH,
            max_map_len=64,
            max_ext_len=0,
            max_bin_len=1 << 20,
            max_str_len=MAX_MESSAGE_BYTES,
        )

    @property
    def is_empty(self) -> bool:
        """Whether every byte received belongs to a request that was returned."""
        return self._boundary == self._fed

    def feed(self, data: bytes | memoryview) -> None:
        """Take received bytes. Raises ProtocolError when too much is waiting."""
        try:
            self._unpacker.feed(data)
        except msgpack.BufferFull:
            raise ProtocolError(f"a request is larger than {MAX_MESSAGE_BYTES} bytes") from None
        self._fed += len(data)

    def next_request(self) -> Request | None:
        """Return the next complete request, or None. Raises ProtocolError when the bytes are not a request."""
        try:
            message = self._unpacker.unpack()
        except msgpack.OutOfData:
            return None
        except Exception as error:  # the decoder raises many types on malformed bytes
            raise ProtocolError(f"malformed MessagePack ({type(error).__name__}: {error})"[:200]) from None
        self._boundary = self._unpacker.tell()
        if not isinstance(message, list) or len(message) != 4 or message[0] != _REQUEST:
            raise ProtocolError("not a MessagePack-RPC request [0, id, method, arguments]")
        _, request_id, method, arguments = message
        if type(request_id) is not int or not 0 <= request_id <= 0xFFFFFFFF:
            raise ProtocolError("the request id is not an unsigned 32-bit integer")
        if not isinstance(method, str) or len(method) > 128:
            raise ProtocolError("the method name is not a short string")
        if not isinstance(arguments, list) or not arguments or not isinstance(arguments[0], list):
            raise ProtocolError("the arguments are not an array that starts with the call's metadata")
        is_waited_for = arguments.pop(0) != [True]
        return Request(request_id, method, arguments, is_waited_for)
