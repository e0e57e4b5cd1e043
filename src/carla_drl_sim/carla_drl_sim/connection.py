"""One RPC connection: its requests in, its answers out; never blocking, always bounded."""

from __future__ import annotations

import socket

from carla_drl_sim.errors import ProtocolError
from carla_drl_sim.protocol.rpc_framing import Request, RequestDecoder

MAX_UNSENT_BYTES = 64 << 20
"""Answers that a client leaves unread before its connection is closed."""

_MAX_DEFERRED_BYTES = 1 << 16


class RpcConnection:
    """One client.

    Attributes:
        blocked: an answer is held back; later requests but queries wait, as a client's calls take effect in order.
        stalled: the request that waits, if it is decoded already.
        closed: the connection has ended.
        waits_for_socket: the event loop reports when the socket can be written.
        decoder: requests that were received.
    """

    __slots__ = (
        "_unsent",
        "blocked",
        "closed",
        "decoder",
        "fd",
        "name",
        "socket",
        "stalled",
        "waits_for_socket",
    )

    def __init__(self, connection: socket.socket, name: str) -> None:
        self.socket = connection
        self.fd = connection.fileno()
        self.name = name
        self.blocked = False
        self.closed = False
        self.stalled: Request | None = None
        self.waits_for_socket = False
        self.decoder = RequestDecoder()
        self._unsent = bytearray()

    @property
    def has_unsent(self) -> bool:
        """Whether answers are not sent yet."""
        return bool(self._unsent)

    @property
    def is_full(self) -> bool:
        """Whether no more answers should be deferred."""
        return len(self._unsent) > _MAX_DEFERRED_BYTES

    def defer(self, data: bytes | memoryview) -> None:
        """Add an encoded answer that goes with the next ``send`` or ``flush``."""
        self._unsent += data

    def send(self, data: bytes | memoryview) -> None:
        """Send an encoded answer after all deferred ones. Raises ProtocolError when the client reads nothing."""
        if not self._unsent:
            data = data[self._send(data) :]
            if not data:
                return
        self._unsent += data
        self.flush()

    def flush(self) -> None:
        """Send what is unsent as far as the socket takes it. Raises ProtocolError when the client reads nothing."""
        if not self._unsent:
            return
        del self._unsent[: self._send(self._unsent)]
        if len(self._unsent) > MAX_UNSENT_BYTES:
            raise ProtocolError(f"the client left {len(self._unsent)} bytes of answers unread")

    def _send(self, data: bytes | bytearray | memoryview) -> int:
        """Number of bytes that need not be sent any more."""
        try:
            return self.socket.send(data)
        except BlockingIOError:
            return 0
        except OSError:
            return len(data)  # the event loop sees the end of the connection
