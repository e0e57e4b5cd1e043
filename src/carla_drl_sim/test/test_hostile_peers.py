"""Broken and hostile peers: the server closes their connections, stays small, and serves the others."""

from __future__ import annotations

import random
import socket
import struct
import time
from collections.abc import Callable
from typing import Any

import msgpack
import pytest
from raw_client import SYNCHRONOUS, RawClient, RawStream
from server_process import ServerProcess

from carla_drl_sim.handlers import RPCS
from carla_drl_sim.handlers.refused import refusal

NAN, INFINITY = float("nan"), float("inf")
_SETTLE_S = 10.0


def _raw_exchange(port: int, data: bytes) -> None:
    """Send bytes and leave."""
    with socket.create_connection(("127.0.0.1", port), timeout=5.0) as peer, _ignored_reset():
        peer.sendall(data)


class _ignored_reset:  # noqa: N801
    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> bool:
        return kind is not None and issubclass(kind, ConnectionError)


def _is_closed(peer: socket.socket) -> bool:
    """Whether the server closes the connection."""
    peer.settimeout(_SETTLE_S)
    try:
        return peer.recv(1) == b""
    except ConnectionError:
        return True


@pytest.mark.parametrize(
    "data",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        msgpack.packb([1, 1, None, None]),
        msgpack.packb([0, 1, "version", []]),
        msgpack.packb([0, "1", "version", [[False]]]),
        msgpack.packb([0, 1, 7, [[False]]]),
        msgpack.packb({1: 2}),
        b"\xc1",
        b"\xdd\xff\xff\xff\xff",
        b"\xdf\xff\xff\xff\xff",
        b"\x91" * 2000,
    ],
)
def test_what_is_no_request_closes_the_connection(server: ServerProcess, raw: RawClient, data: bytes) -> None:
    with socket.create_connection(("127.0.0.1", server.rpc_port)) as peer:
        peer.sendall(data)
        assert _is_closed(peer)
    assert raw.value("version") == "0.9.16"


@pytest.mark.parametrize(
    "data", [b"GET / HTTP/1.1\r\n\r\n", struct.pack("<I", 0), struct.pack("<I", 1 << 30)]
)
def test_garbage_on_the_streaming_port_closes_the_connection(
    server: ServerProcess, raw: RawClient, data: bytes
) -> None:
    with socket.create_connection(("127.0.0.1", server.stream_port)) as peer:
        peer.sendall(data)
        assert _is_closed(peer)
    assert raw.value("version") == "0.9.16"


def test_an_endless_request_is_bounded(server: ServerProcess, raw: RawClient) -> None:
    before = server.resident_bytes()
    with socket.create_connection(("127.0.0.1", server.rpc_port)) as peer:
        peer.settimeout(_SETTLE_S)
        peer.sendall(b"\x94\x00\x01\xdb\x00\xff\xff\xff")
        closed = False
        for _ in range(64):
            try:
                peer.sendall(bytes(1 << 20))
            except ConnectionError:
                closed = True
                break
        assert closed or _is_closed(peer)
    assert raw.value("version") == "0.9.16"
    assert server.resident_bytes() < before + (200 << 20)


def _vehicle(raw: RawClient) -> int:
    raw.void("load_new_episode", "", True, 0)
    raw.value("set_episode_settings", SYNCHRONOUS)
    return raw.spawn_vehicle(raw.spawn_points()[0])


@pytest.mark.parametrize("bad", [NAN, INFINITY, -INFINITY, "0.5", None, True])
def test_controls_must_be_finite_numbers(raw: RawClient, bad: object) -> None:
    vehicle = _vehicle(raw)
    for place in range(3):
        control: list[Any] = [0.0, 0.0, 0.0, False, False, False, 0]
        control[place] = bad
        with pytest.raises(RuntimeError, match="expected a finite number"):
            raw.void("apply_control_to_vehicle", vehicle, control)
        ((answer,),) = [raw.result("apply_batch", [[[2, [vehicle, control]]]], False)]
        assert answer[0][0] == 0
        assert "expected a finite number" in answer[0][1][0]


def test_transforms_must_be_finite(raw: RawClient) -> None:
    vehicle = _vehicle(raw)
    for bad in (NAN, INFINITY, 1e20):
        for call, argument in (
            ("set_actor_transform", [[0.0, bad, 0.0], [0.0, 0.0, 0.0]]),
            ("set_actor_transform", [[0.0, 0.0, 0.0], [0.0, bad, 0.0]]),
            ("set_actor_location", [bad, 0.0, 0.0]),
            ("set_actor_target_velocity", [0.0, 0.0, bad]),
        ):
            with pytest.raises(RuntimeError, match=call):
                raw.void(call, vehicle, argument)
        with pytest.raises(RuntimeError, match="spawn_actor"):
            raw.spawn_vehicle([[0.0, 0.0, bad], [0.0, 0.0, 0.0]])


def test_unknown_functions_are_answered_with_an_rpc_error(raw: RawClient) -> None:
    error, result = raw.answer(raw.send("make_coffee", 1))
    assert "make_coffee" in error
    assert result is None


def test_wrong_argument_counts_are_refused_by_every_function(raw: RawClient) -> None:
    for name, function in RPCS.items():
        if not function.checks:
            arguments: list[object] = [1]
        else:
            arguments = [1] * (len(function.checks) + 1)
        error, result = raw.answer(raw.send(name, *arguments))
        assert error is None
        assert "takes" in repr(result), (name, result)


def test_errors_have_the_reply_form_of_their_function(raw: RawClient) -> None:
    for name, function in RPCS.items():
        if function.state != "refused":
            continue
        (result,) = raw.result(name)
        assert result == ([True, [refusal(name)]] if function.is_void else [0, [refusal(name)]])


def _random_value(rng: random.Random, depth: int = 0) -> object:
    kinds: list[Callable[[], object]] = [
        lambda: rng.randrange(-(2**31), 2**32),
        lambda: rng.randrange(6),
        lambda: rng.choice([NAN, INFINITY, 1e38, -0.0, rng.uniform(-10.0, 10.0)]),
        lambda: rng.choice([True, False, None]),
        lambda: "x" * rng.randrange(40),
        lambda: bytes(rng.randrange(40)),
    ]
    if depth < 5 and rng.random() < 0.5:
        return [_random_value(rng, depth + 1) for _ in range(rng.randrange(8))]
    return rng.choice(kinds)()


def _mutated(rng: random.Random, data: bytes) -> bytes:
    changed = bytearray(data)
    for _ in range(rng.randrange(1, 4)):
        place = rng.randrange(len(changed))
        action = rng.randrange(3)
        if action == 0:
            changed[place] = rng.randrange(256)
        elif action == 1:
            del changed[place:]
            changed += bytes(rng.randrange(256) for _ in range(rng.randrange(4)))
        else:
            changed[place:place] = bytes(rng.randrange(256) for _ in range(rng.randrange(1, 9)))
        if not changed:
            changed += b"\x00"
    return bytes(changed)


def test_random_arguments_never_break_the_server(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server("--log-level", "error")
    rng = random.Random(1)
    names = [name for name in RPCS if name not in ("load_new_episode", "tick_cue", "apply_batch")]
    with RawClient(server.rpc_port) as raw:
        vehicle = _vehicle(raw)
        for _ in range(6000):
            name = rng.choice(names)
            arguments = [_random_value(rng) for _ in RPCS[name].checks]
            if arguments and rng.random() < 0.5:
                arguments[0] = vehicle
            raw.answer(raw.send(name, *arguments))
        for _ in range(2000):
            batch = [[[rng.randrange(24), _random_value(rng)]] for _ in range(rng.randrange(5))]
            raw.answer(raw.send("apply_batch", batch, False))
        raw.value("set_episode_settings", SYNCHRONOUS)
        assert raw.tick() + 1 == raw.tick()
    assert server.log_lines() == []


def _plausible(rng: random.Random, ids: list[int], depth: int = 0) -> object:
    """Values of the types that functions take, in and out of their ranges."""

    def number() -> float:
        return rng.choice([0.0, 1.0, -1.0, rng.uniform(-200.0, 200.0), 1e9, NAN, INFINITY])

    kinds: list[Callable[[], object]] = [
        lambda: rng.choice(ids),
        lambda: rng.choice([0, 1, 2, 3, 7, 255, 65535, 2**32, -1, 2**64 - 1]),
        number,
        lambda: rng.choice([True, False]),
        lambda: rng.choice(
            ["", "Town01", "fuzz.log", "../x", "vehicle.tesla.model3", "x" * 2000, "BP_House_0"]
        ),
        lambda: [number() for _ in range(3)],
        lambda: [[number() for _ in range(3)], [number() for _ in range(3)]],
        lambda: [rng.choice(ids) for _ in range(rng.randrange(5))],
        lambda: [False],
        lambda: [True, number()],
        lambda: [0, rng.choice(["vehicle.audi.tt", "sensor.other.imu", "static.prop.gnome", "walker.x"]), []],
        lambda: [[number() for _ in range(rng.choice([2, 7, 14, 17]))]],
        lambda: bytes(rng.randrange(40)),
    ]
    if depth < 3 and rng.random() < 0.15:
        return [_plausible(rng, ids, depth + 1) for _ in range(rng.randrange(8))]
    return rng.choice(kinds)()


def test_plausible_calls_of_every_function_never_break_the_server(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server("--log-level", "error")
    rng = random.Random(3)
    slow = {"load_new_episode", "tick_cue", "replay_file", "get_navigation_mesh", "request_file"}
    with RawClient(server.rpc_port) as raw:
        vehicle = _vehicle(raw)
        before = server.resident_bytes()
        for turn in range(4):
            ids = [vehicle, vehicle + 1, vehicle + 2, 0]
            for name, function in RPCS.items():
                for _ in range(1 if name in slow else 6):
                    arguments = [_plausible(rng, ids) for _ in function.checks]
                    if arguments and rng.random() < 0.5:
                        arguments[0] = rng.choice(ids)
                    missing = rng.randrange(4) == 0 and len(arguments) > function.required
                    waits = rng.random() < 0.8
                    raw.send(name, *arguments[: -1 if missing else None], waits=waits)
            raw.value("set_episode_settings", SYNCHRONOUS)
            assert raw.value("version") == "0.9.16"
            assert raw.tick() + 1 == raw.tick()
            if turn % 2:
                raw.void("load_new_episode", "Town01", True, 65535)
                raw.value("set_episode_settings", SYNCHRONOUS)
                vehicle = raw.spawn_vehicle(raw.spawn_points()[0])
        assert server.resident_bytes() < before + (300 << 20)
    assert "[ERROR]" not in server.log.read_text()


@pytest.mark.parametrize("seed", [4, 5])
def test_random_bytes_on_both_ports_close_connections_with_a_log_line(
    start_server: Callable[..., ServerProcess], seed: int
) -> None:
    server = start_server()
    rng = random.Random(seed)
    frame = msgpack.packb([0, 1, "version", [[False]]])
    with RawClient(server.rpc_port) as raw:
        before = server.resident_bytes()
        for number in range(300):
            data = rng.choice(
                [
                    rng.randbytes(rng.randrange(1, 2000)),
                    frame[: rng.randrange(1, len(frame))],  # truncated: nothing to complain about
                    struct.pack("<I", rng.randrange(2**32)) + rng.randbytes(rng.randrange(3)),
                    b"\xdd" + struct.pack(">I", rng.randrange(2**32)),  # an array of an absurd size
                    b"\xdb" + struct.pack(">I", rng.randrange(2**32)) + b"x" * 100,
                    b"\xc6" + struct.pack(">I", rng.randrange(2**32)) + b"x" * 100,
                    b"\xdf" + struct.pack(">I", rng.randrange(2**32)),
                    b"\x9f" * rng.randrange(1, 3000),
                ]
            )
            _raw_exchange(server.stream_port if number % 3 == 0 else server.rpc_port, data)
        assert raw.value("version") == "0.9.16"
        assert server.resident_bytes() < before + (100 << 20)
    lines = [line for line in server.log.read_text().splitlines() if line.startswith("[")]
    assert len(lines) > 100
    assert all("connection closed: " in line for line in lines), lines[:3]


def test_mutated_requests_never_break_the_server(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server("--log-level", "error")
    rng = random.Random(2)
    with RawClient(server.rpc_port) as raw:
        vehicle = _vehicle(raw)
        before = server.resident_bytes()
        control = [0.5, 0.1, 0.0, False, False, False, 0]
        requests = [
            [0, 1, "apply_control_to_vehicle", [[True], vehicle, control]],
            [0, 1, "apply_batch", [[True], [[[2, [vehicle, control]]] for _ in range(4)], False]],
            [0, 1, "set_actor_transform", [[True], vehicle, [[1.0, 2.0, 0.0], [0.0, 90.0, 0.0]]]],
            [0, 1, "spawn_actor", [[False], [0, "vehicle.tesla.model3", []], [[0.0, 0.0, 0.0], [0.0] * 3]]],
            [0, 1, "set_episode_settings", [[False], SYNCHRONOUS]],
        ]
        seeds = [msgpack.packb(request, use_single_float=True) for request in requests]
        for number in range(3000):
            port = server.stream_port if number % 10 == 0 else server.rpc_port
            _raw_exchange(port, _mutated(rng, rng.choice(seeds)))
        raw.value("set_episode_settings", SYNCHRONOUS)
        assert raw.tick() + 1 == raw.tick()
        assert server.resident_bytes() < before + (100 << 20)
    assert server.log_lines() == []


def test_a_subscriber_that_does_not_read_delays_ticks_only_so_long(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server("--synchronous", "--log-level", "error")
    with RawClient(server.rpc_port) as raw, RawStream(server.stream_port, 1) as reader:
        raw.void("load_new_episode", "", True, 0)
        raw.value("set_episode_settings", SYNCHRONOUS)
        points = raw.spawn_points()
        ids = [raw.spawn_vehicle(point) for point in points[:150]]
        for vehicle in ids:
            for _ in range(6):
                raw.value(
                    "spawn_actor_with_parent", [0, "sensor.other.collision", []], [[0.0] * 3] * 2, vehicle
                )
        with RawStream(server.stream_port, 1):  # never reads
            start = time.monotonic()
            frames = 0
            while frames < 400:
                raw.tick()
                reader.message()
                frames += 1
            assert time.monotonic() - start < 60.0  # without a bound this would never end


def test_only_queries_overtake_a_tick_that_waits(start_server: Callable[..., ServerProcess]) -> None:
    with RawClient(start_server("--synchronous").rpc_port) as raw:
        vehicle = raw.spawn_vehicle(raw.spawn_points()[0])
        assert raw.value("add_traffic_manager_running", ["127.0.0.1", 8000])
        query, tick = ["get_episode_settings"], ["tick_cue"]
        control = ["apply_control_to_vehicle", vehicle, [1.0, 0.0, 0.0, False, False, False, 0]]
        raw.answers(tick)
        for _ in range(20):
            assert raw.answers(tick, query) == [1, 0]
        assert raw.answers(tick, control, query) == [0, 1, 2]


def test_two_clients_share_one_world(server: ServerProcess, raw: RawClient) -> None:
    vehicle = _vehicle(raw)
    with RawClient(server.rpc_port) as other:
        frames = [client.tick() for _ in range(50) for client in (raw, other)]
        assert frames == list(range(frames[0], frames[0] + 100))
        assert [actor[0] for actor in other.value("get_actors_by_id", [vehicle, 12345678])] == [vehicle]
        assert other.value("destroy_actor", vehicle) is True
        with pytest.raises(RuntimeError, match="unable to destroy actor"):
            raw.value("destroy_actor", vehicle)


def test_sensors_that_were_forgotten_take_no_places(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server("--synchronous")
    streams: list[RawStream] = []
    with RawClient(server.rpc_port) as raw:
        for _ in range(3):
            for _ in range(100):
                token = raw.value("spawn_actor", [0, "sensor.other.gnss", []], [[0.0] * 3] * 2)[5]
                (stream_id,) = struct.unpack_from("<I", token)
                raw.value("get_sensor_token", stream_id)
                streams.append(RawStream(server.stream_port, stream_id))
            raw.tick()  # waits until the streams are known
            raw.void("load_new_episode", "", False, 0)
        with RawClient(server.rpc_port) as another:
            assert another.value("version") == "0.9.16"
    for stream in streams:
        stream.socket.close()
