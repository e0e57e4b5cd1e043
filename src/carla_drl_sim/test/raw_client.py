"""A client of the wire protocol with sockets only, for what the real client cannot be made to send."""

from __future__ import annotations

import socket
import struct
from typing import Any

import msgpack

LIMIT_S = 60.0
SYNCHRONOUS = [True, True, [True, 0.05], True, 0.01, 10, 0.0, True, 3000.0, 2000.0, True]


class RawClient:
    """One RPC connection."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._unpacker = msgpack.Unpacker(raw=False)
        self._last_id = 0

    def __enter__(self) -> RawClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def send(self, method: str, *arguments: object, waits: bool = True) -> int:
        """Send a request; return its id."""
        self._last_id += 1
        request = [0, self._last_id, method, [[not waits], *arguments]]
        self.socket.sendall(msgpack.packb(request, use_single_float=True))
        return self._last_id

    def answers(self, *requests: list[Any]) -> list[int]:
        """Send requests [method, argument...] at once; return their places in the order of the answers."""
        first = self._last_id + 1
        data = b""
        for method, *arguments in requests:
            self._last_id += 1
            data += msgpack.packb([0, self._last_id, method, [[False], *arguments]], use_single_float=True)
        self.socket.sendall(data)
        order: list[int] = []
        while len(order) < len(requests):
            order += [answered - first for _, answered, _, _ in self._unpacker if answered >= first]
            if len(order) < len(requests):
                self._unpacker.feed(self.socket.recv(1 << 16))
        return order

    def answer(self, request_id: int) -> tuple[Any, Any]:
        """Wait for the answer to a request: error and result. Earlier answers are skipped."""
        while True:
            for kind, answered, error, result in self._unpacker:
                assert kind == 1
                if answered == request_id:
                    return error, result
            data = self.socket.recv(1 << 16)
            if not data:
                raise ConnectionError("the server closed the connection")
            self._unpacker.feed(data)

    def result(self, method: str, *arguments: object) -> Any:
        """Call a function; return the raw result."""
        error, result = self.answer(self.send(method, *arguments))
        assert error is None, error
        return result

    def value(self, method: str, *arguments: object) -> Any:
        """Call a function that returns something; raise its error as RuntimeError."""
        ((index, value),) = self.result(method, *arguments)
        if index == 0:
            raise RuntimeError(value[0])
        return value

    def void(self, method: str, *arguments: object) -> None:
        """Call a function that returns nothing; raise its error as RuntimeError."""
        (outcome,) = self.result(method, *arguments)
        if outcome[0]:
            raise RuntimeError(outcome[1][0])

    def tick(self) -> int:
        return int(self.value("tick_cue"))

    def spawn_vehicle(self, pose: list[list[float]], type_id: str = "vehicle.tesla.model3") -> int:
        return int(self.value("spawn_actor", [0, type_id, []], pose)[0])

    def spawn_points(self) -> list[list[list[float]]]:
        points: list[list[list[float]]] = self.value("get_map_info")[1]
        return points


class RawStream:
    """One subscription."""

    def __init__(self, port: int, stream_id: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=LIMIT_S)
        self.socket.sendall(struct.pack("<I", stream_id))

    def __enter__(self) -> RawStream:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def message(self) -> bytes:
        """The next message, without its size."""
        (size,) = struct.unpack("<I", self._exactly(4))
        return self._exactly(size)

    def _exactly(self, size: int) -> bytes:
        parts = bytearray()
        while len(parts) < size:
            part = self.socket.recv(size - len(parts))
            if not part:
                raise ConnectionError("the server closed the stream")
            parts += part
        return bytes(parts)
