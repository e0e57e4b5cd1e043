"""Map changes under a running client, and clients that die; each scenario in a process of its own."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from raw_client import RawClient
from server_process import ServerProcess, environment

SCENARIO_LIMIT_S = 120.0

_PREAMBLE = """
import sys
import carla
sys.path.insert(0, sys.argv[2])
client = carla.Client("127.0.0.1", int(sys.argv[1]))
client.set_timeout(20.0)
world = client.get_world()

def synchronous(world, enabled):
    settings = world.get_settings()
    settings.synchronous_mode = enabled
    settings.fixed_delta_seconds = 0.05 if enabled else None
    world.apply_settings(settings)

def crash(world):
    library = world.get_blueprint_library()
    point = world.get_map().get_spawn_points()[0]
    forward = point.get_forward_vector()
    made = []
    for distance in (0.0, 5.5):
        place = carla.Transform(point.location + carla.Location(forward.x * distance, forward.y * distance), point.rotation)
        vehicle = world.spawn_actor(library.find("vehicle.tesla.model3"), place)
        vehicle.set_target_velocity(carla.Vector3D(forward.x * (20.0 - 4.0 * distance), forward.y * (20.0 - 4.0 * distance)))
        sensor = world.spawn_actor(library.find("sensor.other.collision"), carla.Transform(), attach_to=vehicle)
        lanes = world.spawn_actor(library.find("sensor.other.lane_invasion"), carla.Transform(), attach_to=vehicle)
        made += [vehicle, sensor, lanes]
    return made
"""

_RELOAD = (
    _PREAMBLE
    + """
events = []
episodes = set()
for turn in range(10):
    world = client.reload_world(turn % 2 == 0)
    synchronous(world, True)
    made = crash(world)
    for actor in made:
        if isinstance(actor, carla.Sensor):
            actor.listen(events.append)
    for _ in range(20):
        world.tick()
    episodes.add(world.id)
    if turn % 3 == 1:
        for actor in made:
            if isinstance(actor, carla.Sensor):
                actor.stop()
assert len(episodes) == 10, episodes
assert len(events) >= 20, len(events)
made = []
synchronous(world, False)
print("completed", flush=True)
"""
)

_TICK_FOREVER = (
    _PREAMBLE
    + """
synchronous(world, True)
made = crash(world)
for actor in made:
    if isinstance(actor, carla.Sensor):
        actor.listen(lambda event: None)
print("running", flush=True)
while True:
    made[0].apply_control(carla.VehicleControl(throttle=1.0))
    world.tick()
"""
)

_TRAFFIC = (
    _PREAMBLE
    + """
synchronous(world, True)
manager = client.get_trafficmanager(int(sys.argv[3]))
manager.set_synchronous_mode(True)
manager.set_random_device_seed(1)
blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
cars = [world.spawn_actor(blueprint, point) for point in world.get_map().get_spawn_points()[:10]]
world.tick()
for car in cars:
    car.set_autopilot(True, manager.get_port())
start = [car.get_location() for car in cars]
for _ in range(600):
    world.tick()
moved = [car.get_location().distance(place) for car, place in zip(cars, start)]
assert sum(distance > 10.0 for distance in moved) >= 5, moved
client.apply_batch_sync([carla.command.DestroyActor(car) for car in cars], True)
synchronous(world, False)
manager.set_synchronous_mode(False)
print("completed", flush=True)
"""
)


def _scenario(source: str, server: ServerProcess, *arguments: str) -> subprocess.Popen[str]:
    here = str(Path(__file__).parent)
    return subprocess.Popen(
        [sys.executable, "-c", source, str(server.rpc_port), here, *arguments],
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def _wait(process: subprocess.Popen[str]) -> str:
    try:
        output, _ = process.communicate(timeout=SCENARIO_LIMIT_S)
    except subprocess.TimeoutExpired:
        process.kill()
        output, _ = process.communicate()
        pytest.fail(f"the client hangs:\n{output}")
    return output


def test_reload_repeatedly_with_live_sensors(server: ServerProcess) -> None:
    output = _wait(_scenario(_RELOAD, server))
    assert "completed" in output, output


def test_traffic_manager_drives(server: ServerProcess) -> None:
    with RawClient(server.rpc_port) as raw:
        raw.void("load_new_episode", "", True, 0)
    # A port of the Traffic Manager in the client; next to ours, which no other test uses.
    output = _wait(_scenario(_TRAFFIC, server, str(20000 + server.rpc_port % 10000)))
    assert "completed" in output, output


def test_a_client_killed_while_ticking_leaves_the_server_answering(
    start_server: Callable[..., ServerProcess],
) -> None:
    server = start_server()
    for _ in range(3):
        with _scenario(_TICK_FOREVER, server) as process:
            assert process.stdout is not None
            line = process.stdout.readline()
            assert line.strip() == "running", line + process.stdout.read()
            with RawClient(server.rpc_port) as raw:
                frame = raw.tick()
                deadline = time.monotonic() + 10.0
                while raw.tick() < frame + 50 and time.monotonic() < deadline:
                    pass
                process.kill()
                process.wait()
                assert raw.tick() > frame
                raw.void("load_new_episode", "", True, 0)
                assert raw.value("version") == "0.9.16"
    assert "Traceback" not in server.log.read_text()
