"""Components, bones and sockets of actors, and a few calls that change little."""

from __future__ import annotations

from collections.abc import Iterator

import carla
import pytest
from carla_world import Scene, scene
from server_process import ServerProcess


@pytest.fixture
def made(server: ServerProcess) -> Iterator[Scene]:
    with scene(server.rpc_port) as world:
        yield world


def test_wheels_are_where_the_vehicle_is(made: Scene) -> None:
    point = made.map.get_spawn_points()[0]
    point.rotation.yaw = 90.0
    car = made.vehicle(point)
    made.ticks(1)
    names = car.get_bone_names()
    relative = dict(zip(names, car.get_bone_relative_transforms(), strict=True))
    world = dict(zip(names, car.get_bone_world_transforms(), strict=True))
    assert len(names) == 5
    front, rear = relative["Wheel_Front_Right"].location, relative["Wheel_Rear_Right"].location
    assert front.x > 0.0 > rear.x
    assert front.y > 0.0
    centre = car.get_location()
    # Facing along y, the car's right is at smaller x.
    assert world["Wheel_Front_Right"].location.x - centre.x == pytest.approx(-front.y, abs=1e-3)
    assert world["Wheel_Front_Right"].location.y - centre.y == pytest.approx(front.x, abs=1e-3)
    assert world["Wheel_Front_Right"].rotation.yaw == pytest.approx(90.0, abs=1e-3)
    wheels = car.get_physics_control().wheels
    assert wheels[1].position.x / 100.0 == pytest.approx(world["Wheel_Front_Right"].location.x, abs=0.01)
    assert car.get_socket_names() == names
    assert car.get_vehicle_bone_world_transforms()[1].location == world[names[1]].location


def test_components_are_named(made: Scene) -> None:
    car = made.vehicle(made.map.get_spawn_points()[0])
    made.ticks(1)
    (name,) = car.get_component_names()
    assert car.get_component_world_transform(name).location.distance(car.get_location()) < 1e-3
    assert car.get_component_relative_transform(name).location == carla.Location()
    with pytest.raises(RuntimeError, match=f"no component 'Wing'; it has: {name}"):
        car.get_component_world_transform("Wing")
    assert made.world.get_spectator().get_bone_names() == []


def test_the_gravity_of_inertial_sensors_is_kept(made: Scene) -> None:
    made.world.set_imui_sensor_gravity(1.62)
    assert made.world.get_imui_sensor_gravity() == pytest.approx(1.62)
    made.world.set_imui_sensor_gravity(9.81)


def test_a_file_that_is_not_listed_is_refused(made: Scene) -> None:
    with pytest.raises(RuntimeError, match=r"there is no file 'nothing\.bin'"):
        made.client.request_file("nothing.bin")
