"""The towns behind the real client: they load, and its Traffic Manager drives in them."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import carla
import pytest
from server_process import ServerProcess, environment

from carla_drl_sim.world.town_generator import PLANS, generate_town

LOAD_LIMIT_S = 2.0
TRAFFIC_LIMIT_S = 120.0


@pytest.fixture(scope="module")
def client(server: ServerProcess) -> Any:
    made = carla.Client("127.0.0.1", server.rpc_port)
    made.set_timeout(20.0)
    return made


@pytest.mark.parametrize("name", sorted(PLANS))
def test_every_town_loads_quickly(client: Any, name: str) -> None:
    for _ in range(2):  # the machine may be busy: the better of two
        begin = time.perf_counter()
        world = client.load_world(name)
        duration = time.perf_counter() - begin
        if duration < LOAD_LIMIT_S:
            break
    town_map = world.get_map()
    assert town_map.name.endswith(f"/{name}")
    town = generate_town(name, 0)
    assert town_map.to_opendrive() == town.opendrive
    assert len(town_map.get_spawn_points()) == len(town.spawn_points)
    assert duration < LOAD_LIMIT_S


_TRAFFIC = """
import sys

import carla

sys.path.insert(0, sys.argv[4])
from carla_world import scene

port, manager_port, town, _, ticks = sys.argv[1:]
client = carla.Client("127.0.0.1", int(port))
client.set_timeout(20.0)
client.load_world(town)
with scene(int(port)) as here:
    manager = here.client.get_trafficmanager(int(manager_port))
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(1)
    cars = [here.vehicle(point) for point in here.map.get_spawn_points()[:12]]
    here.world.tick()
    for car in cars:
        car.set_autopilot(True, manager.get_port())
    last = [car.get_location() for car in cars]
    driven = [0.0] * len(cars)
    astray = 0
    for tick in range(int(ticks)):
        here.world.tick()
        for i, car in enumerate(cars):
            at = car.get_location()
            driven[i] += at.distance(last[i])
            last[i] = at
            if tick % 10 == 0:
                lane = here.map.get_waypoint(at).transform.location
                astray += at.distance(lane) > 3.0
    for car in cars:
        car.set_autopilot(False, manager.get_port())
    here.world.tick()
    manager.set_synchronous_mode(False)
    print("astray", astray, "driven", *(f"{metres:.0f}" for metres in driven), flush=True)
"""


def drive(server: ServerProcess, town: str, ticks: int) -> tuple[int, list[float]]:
    """How often the Traffic Manager's cars were far from any lane, and the metres that each has driven."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = str(Path(__file__).parent)
    # In a process of its own: the client's Traffic Manager may abort when the interpreter ends.
    run = subprocess.run(
        [sys.executable, "-c", _TRAFFIC, str(server.rpc_port), str(port), town, here, str(ticks)],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=TRAFFIC_LIMIT_S,
        check=False,
    )
    words = run.stdout.split()
    assert words[:1] == ["astray"], run.stdout + run.stderr
    return int(words[1]), [float(word) for word in words[3:]]


@pytest.mark.parametrize("town", ["Town03", "Town04", "Town05", "Town07"])
def test_the_traffic_manager_drives_in_towns_with_several_lanes(server: ServerProcess, town: str) -> None:
    astray, driven = drive(server, town, 900)
    assert astray == 0
    assert len(driven) == 12
    assert min(driven) > 50.0, driven
    assert sum(driven) / len(driven) > 150.0, driven
