"""The unmodified client reads, switches and obeys traffic lights."""

from __future__ import annotations

import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import carla
import pytest
from carla_world import Scene, scene
from raw_client import RawClient
from server_process import ServerProcess

State = carla.TrafficLightState


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    log = tmp_path_factory.mktemp("server") / "server.log"
    process = ServerProcess(log, program=Path(__file__).with_name("small_town.py"))
    yield process
    assert process.stop() == 0


@pytest.fixture
def town(server: ServerProcess) -> Iterator[Scene]:
    with scene(server.rpc_port) as made:
        made.world.freeze_all_traffic_lights(False)
        made.world.reset_all_traffic_lights()
        made.ticks(1)
        yield made


def _light(town: Scene, name: str) -> Any:
    light = town.world.get_traffic_light_from_opendrive_id(name)
    assert light is not None
    return light


def test_signals_are_actors(town: Scene) -> None:
    lights = town.world.get_actors().filter("traffic.traffic_light")
    assert sorted(light.get_opendrive_id() for light in lights) == ["11", "12"]
    light = _light(town, "11")
    assert list(light.semantic_tags) == [7]
    assert light.get_location().distance(carla.Location(99.0, 5.0, 0.0)) < 1e-3
    (limit,) = town.world.get_actors().filter("traffic.speed_limit.30")
    assert list(limit.semantic_tags) == [8]
    (landmark,) = town.map.get_all_landmarks_of_type("274")
    assert town.world.get_traffic_sign(landmark).id == limit.id
    assert not light.destroy()
    town.ticks(1)
    assert light.is_alive


def test_lights_are_found_from_the_map(town: Scene) -> None:
    light = _light(town, "11")
    landmarks = town.map.get_all_landmarks_of_type("1000001")
    assert {town.world.get_traffic_light(landmark).id for landmark in landmarks} == {
        light.id,
        _light(town, "12").id,
    }
    waypoint = town.map.get_waypoint(carla.Location(60.0, 1.75, 0.0))
    assert [found.id for found in town.world.get_traffic_lights_from_waypoint(waypoint, 50.0)] == [light.id]
    junction = town.map.get_waypoint(carla.Location(110.0, 1.75, 0.0)).get_junction()
    assert len(town.world.get_traffic_lights_in_junction(junction.id)) == 2


def test_the_places_before_the_stop_line(town: Scene) -> None:
    light = _light(town, "11")
    (affected,) = light.get_affected_lane_waypoints()
    assert (affected.road_id, affected.lane_id, affected.s) == (1, -1, pytest.approx(99.0))
    (stop,) = light.get_stop_waypoints()
    assert (stop.road_id, stop.lane_id) == (1, -1)
    assert 95.0 < stop.transform.location.x < 99.0
    volume = light.trigger_volume
    assert volume == light.bounding_box
    centre = light.get_transform().transform(volume.location)
    assert centre.distance(carla.Location(99.0 - volume.extent.x, 1.75, 0.0)) < 1e-3
    (head,) = light.get_light_boxes()
    assert head.location.z > 3.0


def test_the_cycle_is_seen_in_snapshots(town: Scene) -> None:
    first, second = _light(town, "11"), _light(town, "12")
    assert (first.state, second.state) == (State.Green, State.Red)
    assert (first.get_green_time(), first.get_yellow_time(), first.get_red_time()) == (10.0, 3.0, 2.0)
    assert {light.id for light in first.get_group_traffic_lights()} == {first.id, second.id}
    assert {light.get_pole_index() for light in (first, second)} == {0, 1}
    first.set_green_time(1.0)
    first.set_yellow_time(0.5)
    first.set_red_time(0.25)
    seen = []
    for _ in range(40):
        town.ticks(1)
        if not seen or seen[-1] != (first.state, second.state):
            seen.append((first.state, second.state))
    assert seen == [
        (State.Green, State.Red),
        (State.Yellow, State.Red),
        (State.Red, State.Red),
        (State.Red, State.Green),
    ]
    assert 0.0 < second.get_elapsed_time() < 1.0
    first.reset_group()
    town.ticks(1)
    assert (first.state, second.state) == (State.Green, State.Red)


def test_frozen_lights_keep_the_state_that_was_set(town: Scene) -> None:
    light = _light(town, "12")
    light.freeze(True)
    light.set_state(State.Yellow)
    town.ticks(300)
    assert light.is_frozen()
    assert light.state == State.Yellow
    light.freeze(False)
    town.ticks(300)
    assert not light.is_frozen()
    assert light.state != State.Yellow


def test_vehicles_are_told_of_the_light_before_them(town: Scene) -> None:
    light = _light(town, "11")
    vehicle = town.vehicle(carla.Transform(carla.Location(50.0, 1.75, 0.3)))
    town.ticks(1)
    assert not vehicle.is_at_traffic_light()
    assert vehicle.get_traffic_light() is None
    vehicle.set_transform(carla.Transform(carla.Location(96.0, 1.75, 0.3)))
    light.set_state(State.Red)
    town.ticks(1)
    assert vehicle.is_at_traffic_light()
    assert vehicle.get_traffic_light_state() == State.Red
    assert vehicle.get_traffic_light().id == light.id
    vehicle.set_transform(carla.Transform(carla.Location(105.0, 1.75, 0.3)))
    town.ticks(1)
    assert not vehicle.is_at_traffic_light()


def test_vehicles_are_told_of_the_speed_limit(town: Scene) -> None:
    vehicle = town.vehicle(carla.Transform(carla.Location(50.0, 1.75, 0.3)))
    town.ticks(1)
    assert vehicle.get_speed_limit() == 50.0
    bend = town.map.get_waypoint(carla.Location(250.0, -30.0, 0.0))
    assert bend.road_id == 4
    vehicle.set_transform(bend.transform)
    town.ticks(1)
    assert vehicle.get_speed_limit() == 40.0
    vehicle.set_transform(carla.Transform(carla.Location(150.0, 500.0, 0.3)))
    town.ticks(1)
    assert vehicle.get_speed_limit() == 40.0  # beside all roads: the last one holds


def test_a_batch_switches_lights(town: Scene, raw: RawClient) -> None:
    town.world.freeze_all_traffic_lights(True)
    ids = [_light(town, name).id for name in ("11", "12")]
    commands = [[[21, [actor, 3]]] for actor in (*ids, town.world.get_spectator().id)]
    answers = raw.result("apply_batch", commands, False)
    assert [answer[0][0] for answer in answers] == [1, 1, 0]
    assert "is not a traffic light" in answers[2][0][1][0]
    town.ticks(1)
    assert {_light(town, name).state for name in ("11", "12")} == {State.Off}
    for wrong in (["set_traffic_light_state", ids[0], 9], ["set_traffic_light_green_time", ids[0], -1.0]):
        with pytest.raises(RuntimeError, match="traffic light"):
            raw.void(*wrong)


_TRAFFIC = """
import sys

import carla

sys.path.insert(0, sys.argv[3])
from carla_world import scene

with scene(int(sys.argv[1])) as town:
    manager = town.client.get_trafficmanager(int(sys.argv[2]))
    manager.set_synchronous_mode(True)
    manager.set_random_device_seed(1)
    light = town.world.get_traffic_light_from_opendrive_id("11")

    def run(vehicle, done):
        for _ in range(600):
            town.world.tick()
            if done(vehicle):
                return
        raise AssertionError(f"{vehicle.get_location()} {vehicle.get_velocity()}")

    for ignoring in (0.0, 100.0):
        light.freeze(True)
        light.set_state(carla.TrafficLightState.Red)
        vehicle = town.vehicle(carla.Transform(carla.Location(50.0, 1.75, 0.3)))
        town.world.tick()
        vehicle.set_autopilot(True, manager.get_port())
        manager.ignore_lights_percentage(vehicle, ignoring)
        if not ignoring:
            run(vehicle, lambda v: v.is_at_traffic_light() and v.get_velocity().length() < 0.01)
            front = vehicle.get_location().x + vehicle.bounding_box.extent.x
            assert 95.0 < front < 99.0, front
            town.ticks(40)
            assert vehicle.get_velocity().length() < 0.01
            light.set_state(carla.TrafficLightState.Green)
        run(vehicle, lambda v: v.get_location().x > 110.0)
        print("passed", flush=True)
        vehicle.set_autopilot(False, manager.get_port())
        vehicle.destroy()
        town.world.tick()
    manager.set_synchronous_mode(False)
print("completed", flush=True)
"""


def test_the_traffic_manager_obeys_lights_unless_told_otherwise(server: ServerProcess) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    here = str(Path(__file__).parent)
    # In a process of its own: the client's Traffic Manager may abort when the interpreter ends.
    client = subprocess.run(
        [sys.executable, "-c", _TRAFFIC, str(server.rpc_port), str(port), here],
        capture_output=True,
        text=True,
        timeout=90.0,
        check=False,
    )
    assert client.stdout.split() == ["passed", "passed", "completed"], client.stdout + client.stderr
