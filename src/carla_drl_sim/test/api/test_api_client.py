"""carla.Client, method by method; worlds and files are in test_api_client_maps."""

from __future__ import annotations

import socket
import time

import carla
import pytest
from carla_world import Scene
from covered import covers

LIMIT_S = 10.0


@covers("Client.set_timeout")
def test_set_timeout_bounds_a_call() -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = carla.Client("127.0.0.1", silent.getsockname()[1])
        client.set_timeout(0.2)
        started = time.monotonic()
        with pytest.raises(RuntimeError, match="time-out of 200ms"):
            client.get_server_version()
        assert time.monotonic() - started < LIMIT_S


@covers("Client.get_client_version", "Client.get_server_version")
def test_versions_are_equal(scene: Scene) -> None:
    assert scene.client.get_client_version() == scene.client.get_server_version() == "0.9.16"


@covers("Client.get_world")
def test_get_world(scene: Scene) -> None:
    assert scene.client.get_world().id == scene.client.get_world().id > 0


@covers("Client.apply_batch_sync")
def test_apply_batch_sync_answers_each_command(scene: Scene) -> None:
    blueprint = scene.library.find("vehicle.tesla.model3")
    points = scene.map.get_spawn_points()
    control = carla.command.ApplyVehicleControl(carla.command.FutureActor, carla.VehicleControl(throttle=1.0))
    answers = scene.client.apply_batch_sync(
        [
            carla.command.SpawnActor(blueprint, points[0]).then(control),
            carla.command.SpawnActor(blueprint, points[0]),
            carla.command.DestroyActor(2**31),
        ],
        True,
    )
    assert [bool(answer.error) for answer in answers] == [False, True, True]
    car = scene.adopt(scene.world.get_actor(answers[0].actor_id))
    scene.ticks(20)
    assert car.get_control().throttle == 1.0
    assert car.get_velocity().length() > 1.0


@covers("Client.apply_batch")
def test_apply_batch_runs_before_the_next_tick(scene: Scene) -> None:
    car = scene.vehicle(scene.map.get_spawn_points()[0])
    scene.client.apply_batch([carla.command.ApplyVehicleControl(car.id, carla.VehicleControl(steer=0.25))])
    scene.ticks(1)
    assert car.get_control().steer == 0.25
    scene.client.apply_batch([carla.command.DestroyActor(car.id)])
    scene.ticks(1)
    assert car.id not in [actor.id for actor in scene.world.get_actors()]


@covers("Client.get_trafficmanager")
def test_get_trafficmanager(scene: Scene) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    manager = scene.client.get_trafficmanager(port)
    assert manager.get_port() == port
    manager.shut_down()


def drive(scene: Scene, ticks: int) -> list[tuple[float, float]]:
    """Drive a car for some ticks; return where it was at each."""
    car = scene.vehicle(scene.map.get_spawn_points()[0])
    car.apply_control(carla.VehicleControl(throttle=0.7, steer=0.05))
    places = []
    for _ in range(ticks):
        scene.ticks(1)
        location = car.get_location()
        places.append((location.x, location.y))
    return places


@covers(
    "Client.start_recorder",
    "Client.stop_recorder",
    "Client.replay_file",
    "Client.stop_replayer",
    "Client.show_recorder_file_info",
)
def test_a_recorded_drive_is_replayed(scene: Scene) -> None:
    name = "api_drive.log"
    scene.client.start_recorder(name)
    places = drive(scene, 40)
    scene.client.stop_recorder()
    scene.destroy_actors()
    scene.ticks(1)
    info = scene.client.show_recorder_file_info(name, False)
    assert "Town01" in info
    assert "Frames" in info
    scene.client.replay_file(name, 0.0, 0.0, 0)
    replayed = []
    for _ in range(len(places)):
        scene.ticks(1)
        replayed += [
            (car.get_location().x, car.get_location().y)
            for car in scene.world.get_actors().filter("vehicle.*")
        ]
    scene.client.stop_replayer(False)
    for x, y in places[5:-5:5]:
        assert min(abs(x - u) + abs(y - v) for u, v in replayed) < 0.02
    scene.client.apply_batch_sync(
        [carla.command.DestroyActor(a) for a in scene.world.get_actors().filter("vehicle.*")]
    )
    scene.ticks(1)
    with pytest.raises(RuntimeError, match="no_such_file"):
        _raise_if_error(scene.client.replay_file("no_such_file.log", 0.0, 0.0, 0))


def _raise_if_error(text: str) -> None:
    """CARLA answers replay errors as text, not as an error."""
    raise RuntimeError(text)


@covers("Client.show_recorder_collisions", "Client.show_recorder_actors_blocked")
def test_recordings_are_searched(scene: Scene) -> None:
    name = "api_crash.log"
    scene.client.start_recorder(name, True)
    start = scene.map.get_spawn_points()[0]
    forward = start.get_forward_vector()
    standing = scene.vehicle(carla.Transform(start.location + forward * 15.0, start.rotation))
    standing.apply_control(carla.VehicleControl(brake=1.0))
    car = scene.vehicle(start)
    sensor = scene.sensor(car)
    sensor.listen(lambda _event: None)
    car.apply_control(carla.VehicleControl(throttle=1.0))
    scene.ticks(80)
    scene.client.stop_recorder()
    assert "vehicle" in scene.client.show_recorder_collisions(name, "v", "v")
    assert "vehicle" in scene.client.show_recorder_actors_blocked(name, 1.0, 1.0)


@covers(
    "Client.set_replayer_time_factor",
    "Client.set_replayer_ignore_hero",
    "Client.set_replayer_ignore_spectator",
)
def test_the_time_factor_of_a_replay(scene: Scene) -> None:
    name = "api_factor.log"
    scene.client.start_recorder(name)
    places = drive(scene, 40)
    scene.client.stop_recorder()
    scene.destroy_actors()
    scene.ticks(1)
    scene.client.set_replayer_ignore_hero(False)
    scene.client.set_replayer_ignore_spectator(True)
    scene.client.set_replayer_time_factor(2.0)
    scene.client.replay_file(name, 0.0, 0.0, 0)
    scene.ticks(12)
    (car,) = scene.world.get_actors().filter("vehicle.*")
    location = car.get_location()
    behind = [abs(location.x - x) + abs(location.y - y) for x, y in places]
    assert 18 <= behind.index(min(behind)) <= 28
    scene.client.set_replayer_time_factor(1.0)
    scene.client.stop_replayer(False)
    scene.client.apply_batch_sync(
        [carla.command.DestroyActor(a) for a in scene.world.get_actors().filter("vehicle.*")]
    )
    scene.ticks(1)
