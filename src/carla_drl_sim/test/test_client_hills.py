"""The unmodified client on hills and in the rain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import carla
import pytest
from carla_world import STEP_S, Scene, scene
from server_process import ServerProcess


@pytest.fixture(scope="module")
def hilly(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    process = ServerProcess(tmp_path_factory.mktemp("hills") / "server.log", "--town", "Town07")
    yield process
    assert process.stop() == 0


@pytest.fixture
def world_of(hilly: ServerProcess) -> Iterator[Scene]:
    with scene(hilly.rpc_port) as made:
        yield made


def steepest(world_of: Scene) -> Any:
    """Of the first spawn points the one with the steepest way down."""
    return min(world_of.map.get_spawn_points()[:100], key=lambda point: point.rotation.pitch)


def speed(vehicle: Any) -> float:
    velocity = vehicle.get_velocity()
    return math.sqrt(velocity.x**2 + velocity.y**2 + velocity.z**2)


def test_a_parked_car_stands_on_the_road_with_its_slope(world_of: Scene) -> None:
    for point in world_of.map.get_spawn_points()[:12]:
        vehicle = world_of.vehicle(point)
        vehicle.apply_control(carla.VehicleControl(brake=1.0))
        world_of.ticks(40)
        transform = vehicle.get_transform()
        assert speed(vehicle) == 0.0
        assert transform.rotation.pitch == pytest.approx(point.rotation.pitch, abs=0.5)
        lane = world_of.map.get_waypoint(transform.location)
        assert transform.location.z == pytest.approx(lane.transform.location.z, abs=0.05)
        vehicle.destroy()


def test_a_car_without_brakes_rolls_downhill_by_g_sine(world_of: Scene) -> None:
    point = steepest(world_of)
    vehicle = world_of.vehicle(point)
    world_of.ticks(30)
    before, place = speed(vehicle), vehicle.get_transform()
    world_of.ticks(20)
    gained = speed(vehicle) - before
    slope = -math.radians(0.5 * (place.rotation.pitch + vehicle.get_transform().rotation.pitch))
    assert slope > math.radians(2.0)
    assert gained == pytest.approx((math.sin(slope) - 0.012) * 9.81 * 20 * STEP_S, rel=0.15)
    assert vehicle.get_location().z < place.location.z


def test_rain_lengthens_the_way_to_a_stop(world_of: Scene) -> None:
    point = world_of.map.get_spawn_points()[0]
    forward = point.get_forward_vector()
    ways = []
    for weather in (carla.WeatherParameters.ClearNoon, carla.WeatherParameters.HardRainNoon):
        world_of.world.set_weather(weather)
        vehicle = world_of.vehicle(point)
        world_of.ticks(20)
        start = vehicle.get_location()
        vehicle.set_target_velocity(carla.Vector3D(15.0 * forward.x, 15.0 * forward.y, 0.0))
        vehicle.apply_control(carla.VehicleControl(brake=1.0))
        world_of.ticks(120)
        assert speed(vehicle) == 0.0
        ways.append(vehicle.get_location().distance(start))
        vehicle.destroy()
    world_of.world.set_weather(carla.WeatherParameters.ClearNoon)
    assert 1.4 < ways[1] / ways[0] < 1.8
