"""The same seed and commands give the same snapshots and sensor data, bit by bit, whatever else goes on."""

from __future__ import annotations

import hashlib
import json
import math
import struct
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest
import scripted_world
from raw_client import RawClient, RawStream
from server_process import ServerProcess

from carla_drl_sim.protocol.arguments import Description
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.sensors.workers import Workers
from carla_drl_sim.simulator import Simulator
from carla_drl_sim.stream_hub import StreamHub

LONG_RUN_TICKS = 10_000


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


@pytest.mark.parametrize(("vehicles", "least_collisions"), [(1, 0), (64, 100)])
def test_long_runs_repeat_with_any_number_of_threads(vehicles: int, least_collisions: int) -> None:
    command = [sys.executable, scripted_world.__file__]
    runs = [
        subprocess.Popen([*command, str(threads), str(LONG_RUN_TICKS), str(vehicles)], stdout=subprocess.PIPE)
        for threads in (1, 4)
    ]
    one, four = (json.loads(run.communicate()[0]) for run in runs)
    assert [run.returncode for run in runs] == [0, 0]
    # Only then do equal hashes say anything.
    counts = one["counts"]
    carriers = min(vehicles, scripted_world.CARRIERS)
    assert counts["world"] == LONG_RUN_TICKS
    assert counts.get("sensor.other.collision", 0) >= least_collisions
    for kind in ("sensor.other.imu", "sensor.lidar.ray_cast", "sensor.camera.rgb"):
        assert counts[kind] >= carriers * LONG_RUN_TICKS // 100
    assert counts == four["counts"]
    assert one["digests"] == four["digests"]


def test_hashes_tell_runs_apart() -> None:
    """What the long run compares depends on everything that happens."""
    worlds = [scripted_world.ScriptedWorld(1) for _ in range(2)]
    for world in worlds:
        world.run(150)
    assert worlds[0].digests() == worlds[1].digests()
    dynamics = worlds[1].simulator.episode.dynamics
    dynamics.velocity[worlds[1].vehicles[0].slot, 0] += 1e-3
    for world in worlds:
        world.run(150)
    different = {kind for kind, digest in worlds[0].digests().items() if worlds[1].digests()[kind] != digest}
    assert {"world", "sensor.other.imu", "sensor.other.gnss", "sensor.lidar.ray_cast"} <= different


def _drive_one(companions: int, *, first: bool) -> list[bytes]:
    """Drive a vehicle by script among others that touch nothing; return its records without the id."""
    simulator = Simulator(
        "Town02",
        1,
        20.0,
        synchronous=True,
        hub=StreamHub(lambda *_: None),
        clock=lambda: 0.0,
        workers=Workers(1),
    )
    episode = simulator.episode
    points = [Pose(*point) for point in episode.town.spawn_points.tolist()]
    model = Description(0, "vehicle.tesla.model3", [])
    driver = episode.spawn(model, points[0]) if first else None
    others = [episode.spawn(model, point) for point in points[1 : 1 + companions]]
    if driver is None:
        driver = episode.spawn(model, points[0])
    dynamics = episode.dynamics
    for other in others:
        dynamics.collisions[other.slot] = False
        dynamics.control[other.slot, 0] = 0.5
    records = []
    for tick in range(400):
        steer = 0.3 * np.sin(0.05 * tick)
        dynamics.control[driver.slot, :3] = 0.4, steer, 0.8 * (tick % 100 > 80)
        simulator.tick()
        record = episode.snapshot.records[episode.snapshot.row_of(driver)]
        records.append(record.tobytes()[4:])
    return records


@pytest.mark.parametrize("first", [True, False])
def test_one_vehicle_among_64_is_as_alone(first: bool) -> None:
    alone = _drive_one(0, first=True)
    assert len(set(alone)) == len(alone)
    assert _drive_one(63, first=first) == alone
