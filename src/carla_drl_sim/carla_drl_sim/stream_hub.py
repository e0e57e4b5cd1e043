"""Stream subscribers: which sockets take which stream, and what still waits to be sent to them.

Sending never blocks. What a socket does not take at once waits in its own queue. While the world is synchronous the
queue may grow to a bound (ticks wait for it, see ``tick_gate``); otherwise a message to a busy subscriber is dropped
and counted. A subscriber is never closed from here when its stream ends: the client would reconnect into a stream
that it is about to leave, which crashes it.
"""

from __future__ import annotations

import logging
import socket
from collections import deque
from collections.abc import Callable

from carla_drl_sim.errors import ProtocolError
from carla_drl_sim.protocol import structs
from carla_drl_sim.protocol.streams import SIZE, WORLD_STREAM_ID

_log = logging.getLogger(__name__)

MAX_QUEUED_BYTES = 32 << 20
"""Bound of one subscriber's queue."""


class Subscriber:
    """One connection to the streaming port."""

    __slots__ = (
        "dropped",
        "fd",
        "is_abandoned",
        "name",
        "queue",
        "queued_bytes",
        "received",
        "socket",
        "stream_id",
        "waits_for_socket",
    )

    def __init__(self, connection: socket.socket, name: str) -> None:
        self.socket = connection
        self.fd = connection.fileno()
        self.name = name
        self.stream_id = 0
        self.waits_for_socket = False
        self.received = b""
        self.queue: deque[memoryview] = deque()
        self.queued_bytes = 0
        self.dropped = 0
        self.is_abandoned = False


class StreamHub:
    """All subscribers, by stream.

    Args:
        want_write: called with a subscriber and whether the event loop shall report that its socket can be written.
    """

    def __init__(self, want_write: Callable[[Subscriber, bool], None]) -> None:
        self.port = 0
        self.synchronous = False
        self.dropped = 0
        self.abandoned = 0
        """Subscribers of streams that have ended. A client leaves them open when it forgets a sensor without stopping
        it, over a map change for example; closing them from here would only make it connect again."""
        self.busy: set[Subscriber] = set()
        self.expected: dict[int, tuple[float, object]] = {}
        self.world_subscriptions = 0
        self.version = 0
        """Changes whenever a stream gains or loses a subscriber."""
        self._want_write = want_write
        self._streams: dict[int, list[Subscriber]] = {}
        self._next_stream_id = WORLD_STREAM_ID + 1

    def open_stream(self) -> int:
        """Take a fresh stream id."""
        taken = self._next_stream_id
        self._next_stream_id += 1
        return taken

    def token(self, stream_id: int) -> bytes:
        """The token with which a client finds the stream."""
        return structs.token(stream_id, self.port)

    def expect(self, stream_id: int, deadline_s: float, owner: object) -> None:
        """Note that a client has asked for the stream's token and is about to subscribe."""
        self.expected[stream_id] = (deadline_s, owner)

    def forget_expected(self, owner: object) -> None:
        """The client that was about to subscribe is gone."""
        self.expected = {key: entry for key, entry in self.expected.items() if entry[1] is not owner}

    def has_subscribers(self, stream_id: int) -> bool:
        """Whether a message on this stream would be sent to anybody."""
        return stream_id in self._streams

    def handshake(self, subscriber: Subscriber, data: bytes) -> None:
        """Take what a subscriber sent: its stream id, once. Raises ProtocolError for anything else."""
        if subscriber.stream_id:
            raise ProtocolError("a subscriber sent more than its stream id")
        subscriber.received += data
        if len(subscriber.received) < SIZE.size:
            return
        if len(subscriber.received) > SIZE.size:
            raise ProtocolError("a subscriber sent more than its stream id")
        (stream_id,) = SIZE.unpack(subscriber.received)
        if not WORLD_STREAM_ID <= stream_id < self._next_stream_id:
            raise ProtocolError(f"stream {stream_id} was never announced")
        subscriber.stream_id = stream_id
        self.expected.pop(stream_id, None)
        if stream_id == WORLD_STREAM_ID:
            self.world_subscriptions += 1
        self._streams.setdefault(stream_id, []).append(subscriber)
        self.version += 1

    def close_stream(self, stream_id: int) -> None:
        """Stop sending on a stream whose actor is gone; its sockets stay open until the clients close them."""
        self.expected.pop(stream_id, None)
        self.version += 1
        for subscriber in self._streams.pop(stream_id, ()):
            self._discard_queue(subscriber)
            subscriber.is_abandoned = True
            self.abandoned += 1

    def remove(self, subscriber: Subscriber) -> None:
        """Forget a subscriber whose connection has ended."""
        self._discard_queue(subscriber)
        self.abandoned -= subscriber.is_abandoned
        members = self._streams.get(subscriber.stream_id)
        if members is not None and subscriber in members:
            members.remove(subscriber)
            self.version += 1
            if not members:
                del self._streams[subscriber.stream_id]
        if subscriber.dropped:
            _log.warning("%s left; %d messages were dropped for it", subscriber.name, subscriber.dropped)

    def send(self, stream_id: int, message: bytes | memoryview) -> None:
        """Send a complete message to all subscribers of a stream, or queue it."""
        for subscriber in self._streams.get(stream_id, ()):
            if subscriber.queue:
                self._enqueue(subscriber, message)
                continue
            try:
                sent = subscriber.socket.send(message)
            except BlockingIOError:
                sent = 0
            except OSError:
                continue  # the event loop sees the end of the connection and removes the subscriber
            if sent < len(message):
                self._start_queue(subscriber, memoryview(bytes(message[sent:])))

    def send_parts(self, stream_id: int, header: bytes, payload: bytes | memoryview) -> None:
        """Send a message in two parts to all subscribers of a stream, or queue it.

        The payload is not copied, not even where it has to wait: nobody may write into it afterwards.
        """
        total = len(header) + len(payload)
        for subscriber in self._streams.get(stream_id, ()):
            if subscriber.queue:
                if self._has_room(subscriber, total):
                    self._queue(subscriber, memoryview(header), memoryview(payload))
                continue
            try:
                sent = subscriber.socket.sendmsg((header, payload))
            except BlockingIOError:
                sent = 0
            except OSError:
                continue  # as in ``send``
            if sent < len(header):
                self._start_queue(subscriber, memoryview(header)[sent:], memoryview(payload))
            elif sent < total:
                self._start_queue(subscriber, memoryview(payload)[sent - len(header) :])

    def flush(self, subscriber: Subscriber) -> None:
        """Send queued bytes as far as the socket takes them."""
        queue = subscriber.queue
        try:
            while queue:
                sent = subscriber.socket.send(queue[0])
                subscriber.queued_bytes -= sent
                if sent < len(queue[0]):
                    queue[0] = queue[0][sent:]
                else:
                    queue.popleft()
        except BlockingIOError:
            return
        except OSError:
            self._discard_queue(subscriber)
            return
        self.busy.discard(subscriber)
        self._want_write(subscriber, False)

    def _enqueue(self, subscriber: Subscriber, message: bytes | memoryview) -> None:
        if self._has_room(subscriber, len(message)):
            self._queue(subscriber, memoryview(bytes(message)))

    def _has_room(self, subscriber: Subscriber, size: int) -> bool:
        """Whether a message may wait behind others; one that may not is counted as dropped."""
        if self.synchronous and subscriber.queued_bytes + size <= MAX_QUEUED_BYTES:
            return True
        subscriber.dropped += 1
        self.dropped += 1
        return False

    def _queue(self, subscriber: Subscriber, *parts: memoryview) -> None:
        for part in parts:
            subscriber.queue.append(part)
            subscriber.queued_bytes += len(part)

    def _start_queue(self, subscriber: Subscriber, *rest: memoryview) -> None:
        self._queue(subscriber, *rest)
        self.busy.add(subscriber)
        self._want_write(subscriber, True)

    def _discard_queue(self, subscriber: Subscriber) -> None:
        subscriber.queue.clear()
        subscriber.queued_bytes = 0
        if subscriber in self.busy:
            self.busy.discard(subscriber)
            self._want_write(subscriber, False)
