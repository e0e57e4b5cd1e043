"""Queues of subscribers: nothing blocks, nothing is torn, nothing grows without bound."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from carla_drl_sim.errors import ProtocolError
from carla_drl_sim.stream_hub import MAX_QUEUED_BYTES, StreamHub, Subscriber

MESSAGE = bytes(range(256)) * 4096  # larger than the socket's buffers


class Watched:
    """A hub with one subscriber on each of two streams."""

    def __init__(self) -> None:
        self.wanted: dict[Subscriber, bool] = {}
        self.hub = StreamHub(self.wanted.__setitem__)
        self.stream = self.hub.open_stream()
        self.pairs = [socket.socketpair() for _ in range(2)]
        self.subscribers = []
        for index, (ours, _) in enumerate(self.pairs):
            ours.setblocking(False)
            subscriber = Subscriber(ours, f"subscriber {index}")
            self.hub.handshake(subscriber, (1 if index else self.stream).to_bytes(4, "little"))
            self.subscribers.append(subscriber)


@pytest.fixture
def watched() -> Iterator[Watched]:
    made = Watched()
    yield made
    for pair in made.pairs:
        for end in pair:
            end.close()


def _drain(watched: Watched, index: int, size: int) -> bytes:
    received = bytearray()
    watched.pairs[index][1].settimeout(10.0)
    while len(received) < size:
        received += watched.pairs[index][1].recv(1 << 20)
        if watched.subscribers[index].queue:
            watched.hub.flush(watched.subscribers[index])
    return bytes(received)


def test_what_the_socket_does_not_take_waits_in_order(watched: Watched) -> None:
    watched.hub.synchronous = True
    for _ in range(3):
        watched.hub.send(watched.stream, MESSAGE)
    assert watched.hub.busy == {watched.subscribers[0]}
    assert watched.wanted[watched.subscribers[0]]
    assert _drain(watched, 0, 3 * len(MESSAGE)) == 3 * MESSAGE
    assert not watched.hub.busy
    assert not watched.wanted[watched.subscribers[0]]
    assert watched.hub.dropped == 0


def test_parts_arrive_as_one_message_and_are_not_copied(watched: Watched) -> None:
    watched.hub.synchronous = True
    header, payload = b"header", bytearray(MESSAGE)
    watched.hub.send_parts(watched.stream, header, memoryview(payload))
    watched.hub.send_parts(watched.stream, header, memoryview(payload))
    assert watched.subscribers[0].queue[-1].obj is payload
    size = len(header) + len(payload)
    assert _drain(watched, 0, 2 * size) == 2 * (header + MESSAGE)
    assert watched.subscribers[0].queued_bytes == 0


def test_parts_are_dropped_together(watched: Watched) -> None:
    for _ in range(3):
        watched.hub.send_parts(watched.stream, b"header", MESSAGE)
    assert watched.hub.dropped == 2
    assert _drain(watched, 0, 6 + len(MESSAGE)) == b"header" + MESSAGE


def test_the_others_are_served_meanwhile(watched: Watched) -> None:
    watched.hub.synchronous = True
    watched.hub.send(watched.stream, MESSAGE)
    watched.hub.send(1, b"hello")
    assert _drain(watched, 1, 5) == b"hello"


def test_asynchronous_streams_drop_whole_messages_and_count(watched: Watched) -> None:
    for _ in range(3):
        watched.hub.send(watched.stream, MESSAGE)
    assert watched.hub.dropped == 2
    assert _drain(watched, 0, len(MESSAGE)) == MESSAGE


def test_the_queue_is_bounded_in_synchronous_mode_too(watched: Watched) -> None:
    watched.hub.synchronous = True
    for _ in range(2 * MAX_QUEUED_BYTES // len(MESSAGE)):
        watched.hub.send(watched.stream, MESSAGE)
    assert watched.subscribers[0].queued_bytes <= MAX_QUEUED_BYTES
    assert watched.hub.dropped > 0


def test_a_closed_stream_keeps_the_socket_open(watched: Watched) -> None:
    watched.hub.close_stream(watched.stream)
    watched.hub.send(watched.stream, b"late")
    ours, theirs = watched.pairs[0]
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    assert ours.fileno() >= 0
    watched.hub.remove(watched.subscribers[0])


def test_a_reset_connection_does_not_disturb(watched: Watched) -> None:
    watched.pairs[0][1].close()
    watched.hub.send(watched.stream, MESSAGE)
    watched.hub.send(watched.stream, MESSAGE)
    watched.hub.remove(watched.subscribers[0])
    assert not watched.hub.has_subscribers(watched.stream)


@pytest.mark.parametrize("data", [b"\x00\x00\x00\x00", b"\xff\xff\xff\xff", b"\x01\x00\x00\x00\x00"])
def test_a_wrong_handshake_is_refused(watched: Watched, data: bytes) -> None:
    with socket.socket() as unused, pytest.raises(ProtocolError):
        watched.hub.handshake(Subscriber(unused, "test"), data)


def test_a_handshake_may_come_in_pieces(watched: Watched) -> None:
    with socket.socket() as unused:
        subscriber = Subscriber(unused, "test")
        for byte in watched.stream.to_bytes(4, "little"):
            assert subscriber.stream_id == 0
            watched.hub.handshake(subscriber, bytes([byte]))
        assert subscriber.stream_id == watched.stream
        with pytest.raises(ProtocolError):
            watched.hub.handshake(subscriber, b"x")
