"""One RPC connection: received bytes to requests, answers to sent bytes; never blocking, always bounded."""

from __future__ import annotations

import socket

from carla_drl_sim.errors import ProtocolError
from carla_drl_sim.protocol.rpc_framing import RequestDecoder, pack_response

MAX_UNSENT_BYTES = 64 << 20
"""Answers that a client leaves unread before its connection is closed."""


class RpcConnection:
    """One client.

    ``blocked`` is set while an answer is held back; later requests then wait, as a client's calls take effect in
    order.
    """

    __slots__ = ("_decoder", "_unsent", "blocked", "closed", "fd", "name", "socket")

    def __init__(self, connection: socket.socket, name: str) -> None:
        self.socket = connection
        self.fd = connection.fileno()
        self.name = name
        self.blocked = False
        self.closed = False
        self._decoder = RequestDecoder()
        self._unsent = bytearray()

    @property
    def has_unsent(self) -> bool:
        """Whether bytes wait for the socket to take them."""
        return bool(self._unsent)

    @property
    def decoder(self) -> RequestDecoder:
        """Requests that were received."""
        return self._decoder

    def answer(self, request_id: int, error: str | None, result: object) -> None:
        """Send the answer to a request, or queue it. Raises ProtocolError when the client reads none of them."""
        data = pack_response(request_id, error, result)
        if self._unsent:
            self._unsent += data
        else:
            try:
                sent = self.socket.send(data)
            except BlockingIOError:
                sent = 0
            except OSError:
                return  # the event loop sees the end of the connection
            if sent < len(data):
                self._unsent += data[sent:]
        if len(self._unsent) > MAX_UNSENT_BYTES:
            raise ProtocolError(f"the client left {len(self._unsent)} bytes of answers unread")

    def flush(self) -> None:
        """Send queued bytes as far as the socket takes them."""
        try:
            sent = self.socket.send(self._unsent)
        except (BlockingIOError, ConnectionError):
            return
        del self._unsent[:sent]
