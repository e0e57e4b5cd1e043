"""The short cut for ticks answers what the general path answers, and leaves every other request to it."""

from __future__ import annotations

import random

import msgpack
import pytest

from carla_drl_sim.protocol.rpc_framing import RequestDecoder
from carla_drl_sim.protocol.tick_requests import LONGEST, tick_answer, tick_id

IDS = (0, 1, 127, 128, 255, 256, 65_535, 65_536, 0xFFFFFFFF)


def _request(request_id: object, method: str = "tick_cue", arguments: object = ((False,),)) -> bytes:
    encoded: bytes = msgpack.packb([0, request_id, method, arguments])
    return encoded


@pytest.mark.parametrize("request_id", IDS)
def test_a_tick_is_answered_under_its_id(request_id: int) -> None:
    request = _request(request_id)
    encoded = tick_id(request)
    assert encoded is not None
    assert len(request) <= LONGEST
    assert msgpack.unpackb(tick_answer(encoded, 5_000_000_000)) == [
        1,
        request_id,
        None,
        [[1, 5_000_000_000]],
    ]


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"",
        _request(7)[:-1],
        _request(7) + b"\xc0",
        _request(7) + _request(8),
        _request(-1),
        _request(1 << 32),
        _request(None),
        _request(7, "tick_cues"),
        _request(7, arguments=((True,),)),
        _request(7, arguments=((False,), 1)),
        msgpack.packb([1, 7, "tick_cue", [[False]]]),
    ],
)
def test_all_else_is_left_to_the_decoder(request_bytes: bytes) -> None:
    assert tick_id(request_bytes) is None


def test_changed_bytes_are_no_tick_unless_the_decoder_says_so() -> None:
    rng = random.Random(1)
    for _ in range(5000):
        data = bytearray(_request(rng.choice(IDS)))
        data[rng.randrange(len(data))] = rng.randrange(256)
        encoded = tick_id(bytes(data))
        if encoded is None:
            continue
        decoder = RequestDecoder()
        decoder.feed(bytes(data))
        request = decoder.next_request()
        assert request is not None
        assert (request.id, request.method, request.arguments) == (msgpack.unpackb(encoded), "tick_cue", [])
        assert request.is_waited_for
        assert decoder.is_empty
