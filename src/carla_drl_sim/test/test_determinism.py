"""The same seed and commands give the same snapshots, bit by bit."""

from __future__ import annotations

import hashlib
import math
import struct
from collections.abc import Callable

from raw_client import RawClient, RawStream
from server_process import ServerProcess


def _control(tick: int, index: int) -> list[object]:
    return [
        0.3 + 0.05 * ((tick + index) % 10),
        0.04 * ((tick * 7 + index) % 11 - 5),
        0.0,
        False,
        False,
        False,
        0,
    ]


def _run(server: ServerProcess, ticks: int) -> list[bytes]:
    """Drive 16 vehicles, two of which crash, among walkers and traffic lights; return all snapshots."""
    snapshots = []
    with RawClient(server.rpc_port) as client, RawStream(server.stream_port, 1) as stream:
        client.value("get_sensor_token", 1)
        points = client.spawn_points()[:16]
        vehicles = [client.spawn_vehicle(point) for point in points]
        for vehicle in vehicles:
            client.value(
                "spawn_actor_with_parent",
                [0, "sensor.other.collision", []],
                [[0.5, 0, 1], [0, 9, 0]],
                vehicle,
            )
        location, rotation = points[0]
        client.void("set_actor_transform", vehicles[1], [[location[0] + 1.0, location[1], 0.0], rotation])
        walkers = []
        for index, (location, rotation) in enumerate(points[2:10]):
            place = [location[0] + 6.0, location[1] + 0.5 * index, location[2] + 1.0]
            walkers.append(
                client.value("spawn_actor", [0, "walker.pedestrian.0015", []], [place, rotation])[0]
            )
        for tick in range(ticks):
            batch = [[[2, [vehicle, _control(tick, index)]]] for index, vehicle in enumerate(vehicles)]
            client.result("apply_batch", batch, False)
            ways = [[math.cos(0.1 * tick + index), math.sin(0.1 * tick + index), 0.0] for index in range(8)]
            client.result(
                "apply_batch",
                [
                    [[4, [walker, [way, 1.5, tick % 50 == 7]]]]
                    for walker, way in zip(walkers, ways, strict=True)
                ],
                False,
            )
            client.tick()
            snapshots.append(stream.message())
    return snapshots


def test_runs_repeat_bit_by_bit(start_server: Callable[..., ServerProcess]) -> None:
    first = _run(start_server("--synchronous", "--seed", "7"), 200)
    second = _run(start_server("--synchronous", "--seed", "7"), 200)
    assert len(set(map(hashlib.sha256, first))) == len(first)
    assert first == second


def test_frames_and_times_count_ticks(start_server: Callable[..., ServerProcess]) -> None:
    for number, snapshot in enumerate(_run(start_server("--synchronous", "--fps", "40"), 5), start=1):
        sensor, frame, timestamp = struct.unpack_from("<QQd", snapshot)
        _, _, delta = struct.unpack_from("<Qdf", snapshot, 48)
        assert (sensor, frame) == (17, number)
        assert abs(timestamp - number / 40.0) < 1e-9
        assert abs(delta - 1.0 / 40.0) < 1e-8


def test_seeds_give_different_towns(start_server: Callable[..., ServerProcess]) -> None:
    maps = []
    for seed in ("1", "2"):
        with RawClient(start_server("--seed", seed).rpc_port) as client:
            maps.append(client.value("get_map_data"))
    assert maps[0] != maps[1]
