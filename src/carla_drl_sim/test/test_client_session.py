"""The unmodified client connects, reads the map and the blueprints."""

from __future__ import annotations

import time

import carla
import pytest
from carla_world import STEP_S, Scene
from server_process import ServerProcess


def test_versions_agree(common_server: ServerProcess) -> None:
    client = carla.Client("127.0.0.1", common_server.rpc_port)
    client.set_timeout(10.0)
    assert client.get_server_version() == client.get_client_version()


def test_map_has_roads_and_spawn_points_on_lanes(world_of: Scene) -> None:
    assert world_of.map.name.endswith("/Town01")
    assert len(world_of.map.get_topology()) > 50
    points = world_of.map.get_spawn_points()
    assert len(points) > 50
    for point in points[:20]:
        lane = world_of.map.get_waypoint(point.location)
        assert lane.transform.location.distance(point.location) < 1.0
        turn = abs(lane.transform.rotation.yaw - point.rotation.yaw) % 360.0
        assert min(turn, 360.0 - turn) < 5.0


def test_the_map_is_among_the_available_ones(world_of: Scene) -> None:
    assert any(name.endswith("/Town01") for name in world_of.client.get_available_maps())


def test_blueprints_have_ids_and_attributes_of_carla(world_of: Scene) -> None:
    vehicles = world_of.library.filter("vehicle.*")
    assert len(vehicles) >= 10
    for blueprint in vehicles:
        assert len(blueprint.id.split(".")) == 3
        for name in ("role_name", "sticky_control", "base_type", "generation", "number_of_wheels"):
            assert blueprint.has_attribute(name), (blueprint.id, name)
        assert int(blueprint.get_attribute("number_of_wheels")) in (2, 4, 6)
        assert not blueprint.get_attribute("base_type").is_modifiable
    assert world_of.library.find("vehicle.tesla.model3").has_attribute("color")
    assert len(world_of.library.filter("sensor.other.collision")) == 1


def test_a_tick_advances_exactly_one_step(world_of: Scene) -> None:
    before = world_of.world.get_snapshot()
    frame = world_of.world.tick()
    after = world_of.world.get_snapshot()
    assert frame == after.frame == before.frame + 1
    assert after.timestamp.delta_seconds == pytest.approx(STEP_S, abs=1e-9)
    elapsed = after.timestamp.elapsed_seconds - before.timestamp.elapsed_seconds
    assert elapsed == pytest.approx(STEP_S, abs=1e-9)


def test_asynchronous_mode_keeps_real_time(world_of: Scene) -> None:
    world_of.synchronous(False)
    first = world_of.world.wait_for_tick(5.0)
    start = time.monotonic()
    for _ in range(20):
        last = world_of.world.wait_for_tick(5.0)
    elapsed = time.monotonic() - start
    simulated = last.timestamp.elapsed_seconds - first.timestamp.elapsed_seconds
    assert simulated == pytest.approx(last.timestamp.delta_seconds * (last.frame - first.frame))
    assert elapsed > 0.8 * simulated  # never faster than real time, give or take when the first one was seen


def test_weather_is_kept(world_of: Scene) -> None:
    weather = carla.WeatherParameters(cloudiness=30.0, wetness=12.5, sun_altitude_angle=-20.0)
    world_of.world.set_weather(weather)
    assert world_of.world.get_weather() == weather


def test_the_spectator_moves(world_of: Scene) -> None:
    spectator = world_of.world.get_spectator()
    spectator.set_transform(carla.Transform(carla.Location(3.0, 4.0, 5.0), carla.Rotation(yaw=45.0)))
    world_of.world.tick()
    assert spectator.get_transform().location == carla.Location(3.0, 4.0, 5.0)
    assert spectator.get_transform().rotation.yaw == 45.0


def test_an_unknown_map_is_refused(world_of: Scene) -> None:
    with pytest.raises(RuntimeError, match="Town99"):
        world_of.client.load_world("Town99")
