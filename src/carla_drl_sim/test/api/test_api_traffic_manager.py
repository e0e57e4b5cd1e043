"""carla.TrafficManager, method by method, in synchronous mode."""

from __future__ import annotations

from typing import Any

import carla
import pytest
from carla_world import Scene
from covered import covers


@pytest.fixture
def manager(scene: Scene) -> Any:
    return scene.traffic_manager()


def long_start(scene: Scene) -> carla.Transform:
    """A spawn point with at least 80 m of its lane ahead."""
    for point in scene.map.get_spawn_points():
        waypoint = scene.map.get_waypoint(point.location)
        if len(waypoint.next_until_lane_end(4.0)) > 20:
            return point
    raise AssertionError("no long street")


def driven(scene: Scene, manager: Any, start: carla.Transform | None = None) -> carla.Vehicle:
    """A car that the Traffic Manager drives."""
    car = scene.vehicle(start or long_start(scene))
    car.set_autopilot(True, manager.get_port())
    manager.ignore_lights_percentage(car, 100.0)
    manager.auto_lane_change(car, False)
    return car


def speed(car: carla.Vehicle) -> float:
    return 3.6 * car.get_velocity().length()


@covers("TrafficManager.get_port")
def test_port(manager: Any) -> None:
    assert 1024 <= manager.get_port() <= 65535


@covers("TrafficManager.set_desired_speed")
def test_desired_speed(scene: Scene, manager: Any) -> None:
    car = driven(scene, manager)
    manager.set_desired_speed(car, 18.0)
    scene.ticks(120)
    assert speed(car) == pytest.approx(18.0, abs=3.0)


@covers("TrafficManager.vehicle_percentage_speed_difference")
def test_speed_difference_of_one(scene: Scene, manager: Any) -> None:
    car = driven(scene, manager)
    manager.vehicle_percentage_speed_difference(car, 50.0)
    scene.ticks(120)
    assert speed(car) == pytest.approx(0.5 * car.get_speed_limit(), rel=0.2)


@covers("TrafficManager.global_percentage_speed_difference")
def test_speed_difference_of_all(scene: Scene, manager: Any) -> None:
    manager.global_percentage_speed_difference(60.0)
    car = driven(scene, manager)
    scene.ticks(120)
    assert speed(car) == pytest.approx(0.4 * car.get_speed_limit(), rel=0.25)
    manager.global_percentage_speed_difference(0.0)


def offset(scene: Scene, car: carla.Vehicle) -> float:
    """How far right of its lane's middle a car is, m."""
    middle = scene.map.get_waypoint(car.get_location()).transform
    right = middle.get_right_vector()
    away = car.get_location() - middle.location
    return away.x * right.x + away.y * right.y


@covers("TrafficManager.vehicle_lane_offset")
def test_lane_offset_of_one(scene: Scene, manager: Any) -> None:
    car = driven(scene, manager)
    manager.set_desired_speed(car, 20.0)
    manager.vehicle_lane_offset(car, 0.6)
    scene.ticks(160)
    assert offset(scene, car) == pytest.approx(0.6, abs=0.35)


@covers("TrafficManager.global_lane_offset")
def test_lane_offset_of_all(scene: Scene, manager: Any) -> None:
    manager.global_lane_offset(-0.6)
    car = driven(scene, manager)
    manager.set_desired_speed(car, 20.0)
    scene.ticks(160)
    assert offset(scene, car) == pytest.approx(-0.6, abs=0.35)
    manager.global_lane_offset(0.0)


@covers("TrafficManager.update_vehicle_lights")
def test_vehicle_lights_are_kept(scene: Scene, manager: Any) -> None:
    weather = scene.world.get_weather()
    scene.world.set_weather(carla.WeatherParameters.ClearNight)
    car = driven(scene, manager)
    manager.update_vehicle_lights(car, True)
    scene.ticks(10)
    assert car.get_light_state() & carla.VehicleLightState.LowBeam
    scene.world.set_weather(weather)


def pair(scene: Scene, manager: Any, gap: float) -> tuple[carla.Vehicle, carla.Vehicle]:
    """A driven car and one that stands `gap` metres ahead of it."""
    start = long_start(scene)
    ahead = scene.map.get_waypoint(start.location).next(gap)[0].transform
    ahead.location.z = start.location.z
    standing = scene.vehicle(ahead)
    standing.apply_control(carla.VehicleControl(brake=1.0, hand_brake=True))
    return driven(scene, manager, start), standing


def gap(a: carla.Vehicle, b: carla.Vehicle) -> float:
    return a.get_location().distance(b.get_location()) - a.bounding_box.extent.x - b.bounding_box.extent.x


@covers("TrafficManager.distance_to_leading_vehicle")
def test_distance_to_the_leading_vehicle(scene: Scene, manager: Any) -> None:
    car, standing = pair(scene, manager, 40.0)
    manager.distance_to_leading_vehicle(car, 8.0)
    scene.ticks(240)
    assert speed(car) < 1.0
    assert gap(car, standing) > 4.5


@covers("TrafficManager.set_global_distance_to_leading_vehicle")
def test_distance_of_all(scene: Scene, manager: Any) -> None:
    manager.set_global_distance_to_leading_vehicle(8.0)
    car, standing = pair(scene, manager, 40.0)
    scene.ticks(240)
    assert speed(car) < 1.0
    assert gap(car, standing) > 4.5
    manager.set_global_distance_to_leading_vehicle(2.0)


@covers("TrafficManager.collision_detection")
def test_collision_detection_is_switched_off(scene: Scene, manager: Any) -> None:
    car, standing = pair(scene, manager, 40.0)
    manager.collision_detection(car, standing, False)
    before = standing.get_location()
    scene.ticks(240)
    assert standing.get_location().distance(before) > 0.2


@covers("TrafficManager.ignore_vehicles_percentage")
def test_vehicles_are_ignored(scene: Scene, manager: Any) -> None:
    car, standing = pair(scene, manager, 40.0)
    manager.ignore_vehicles_percentage(car, 100.0)
    before = standing.get_location()
    scene.ticks(240)
    assert standing.get_location().distance(before) > 0.2


@covers("TrafficManager.ignore_walkers_percentage")
def test_walkers_are_seen_unless_ignored(scene: Scene, manager: Any) -> None:
    start = long_start(scene)
    place = scene.map.get_waypoint(start.location).next(35.0)[0].transform
    place.location.z += 1.0
    scene.adopt(scene.world.spawn_actor(scene.library.find("walker.pedestrian.0001"), place))
    car = driven(scene, manager, start)
    manager.ignore_walkers_percentage(car, 0.0)
    scene.ticks(160)
    assert speed(car) < 1.0
    manager.ignore_walkers_percentage(car, 100.0)
    scene.ticks(60)
    assert speed(car) > 1.0


def light_ahead(scene: Scene) -> tuple[carla.TrafficLight, carla.Waypoint]:
    """A traffic light held red, and a place 25 m before it."""
    for light in scene.world.get_actors().filter("traffic.traffic_light"):
        before = light.get_stop_waypoints()[0].previous(25.0)
        if before and not before[0].is_junction:
            light.set_state(carla.TrafficLightState.Red)
            light.freeze(True)
            return light, before[0]
    raise AssertionError("no light with a street before it")


@covers("TrafficManager.ignore_lights_percentage")
def test_red_lights_stop_cars_unless_ignored(scene: Scene, manager: Any) -> None:
    light, before = light_ahead(scene)
    start = before.transform
    start.location.z += 0.3
    car = driven(scene, manager, start)
    manager.ignore_lights_percentage(car, 0.0)
    scene.ticks(160)
    assert speed(car) < 1.0
    assert before.transform.location.distance(car.get_location()) < 35.0
    manager.ignore_lights_percentage(car, 100.0)
    scene.ticks(100)
    assert before.transform.location.distance(car.get_location()) > 30.0
    light.freeze(False)
    scene.ticks(1)


@covers("TrafficManager.set_synchronous_mode")
def test_synchronous_mode_moves_cars_with_ticks(scene: Scene, manager: Any) -> None:
    car = driven(scene, manager)
    scene.ticks(60)
    there = car.get_location()
    assert speed(car) > 5.0
    scene.ticks(1)
    assert car.get_location().distance(there) == pytest.approx(speed(car) / 3.6 * 0.05, abs=0.1)


@covers("TrafficManager.set_random_device_seed")
def test_the_same_seed_drives_the_same_way(scene: Scene, manager: Any) -> None:
    ends = []
    for _ in range(2):
        manager.set_random_device_seed(11)
        car = driven(scene, manager)
        scene.ticks(100)
        ends.append(car.get_location())
        scene.destroy_actors()
        scene.ticks(2)
    assert ends[0].distance(ends[1]) < 0.5


@covers("TrafficManager.set_path")
def test_a_path_is_followed(scene: Scene, manager: Any) -> None:
    start = long_start(scene)
    waypoint = scene.map.get_waypoint(start.location)
    path = [found.transform.location for found in waypoint.next_until_lane_end(10.0)]
    car = driven(scene, manager, start)
    manager.set_path(car, path)
    scene.ticks(80)
    assert scene.map.get_waypoint(car.get_location()).road_id == waypoint.road_id
    assert car.get_location().distance(start.location) > 10.0


@covers("TrafficManager.set_route", "TrafficManager.get_next_action", "TrafficManager.get_all_actions")
def test_actions_of_a_route(scene: Scene, manager: Any) -> None:
    car = driven(scene, manager)
    manager.set_route(car, ["Straight", "Left", "Right"])
    scene.ticks(10)
    name, waypoint = manager.get_next_action(car)
    assert isinstance(name, str)
    assert waypoint is not None
    assert len(manager.get_all_actions(car)) > 0


@pytest.mark.parametrize(
    ("method", "arguments", "of_vehicle"),
    [
        ("force_lane_change", (True,), True),
        ("auto_lane_change", (True,), True),
        ("keep_slow_lane_rule_percentage", (50.0,), True),
        ("random_left_lanechange_percentage", (50.0,), True),
        ("random_right_lanechange_percentage", (50.0,), True),
        ("ignore_signs_percentage", (100.0,), True),
        ("set_hybrid_physics_mode", (False,), False),
        ("set_hybrid_physics_radius", (70.0,), False),
        ("set_osm_mode", (False,), False),
        ("set_respawn_dormant_vehicles", (False,), False),
        ("set_boundaries_respawn_dormant_vehicles", (25.0, 700.0), False),
    ],
)
@covers(
    "TrafficManager.force_lane_change",
    "TrafficManager.auto_lane_change",
    "TrafficManager.keep_slow_lane_rule_percentage",
    "TrafficManager.random_left_lanechange_percentage",
    "TrafficManager.random_right_lanechange_percentage",
    "TrafficManager.ignore_signs_percentage",
    "TrafficManager.set_hybrid_physics_mode",
    "TrafficManager.set_hybrid_physics_radius",
    "TrafficManager.set_osm_mode",
    "TrafficManager.set_respawn_dormant_vehicles",
    "TrafficManager.set_boundaries_respawn_dormant_vehicles",
    note="computed in the client; the test sees that traffic goes on",
)
def test_other_settings_keep_traffic_going(
    scene: Scene, manager: Any, method: str, arguments: tuple[Any, ...], of_vehicle: bool
) -> None:
    car = driven(scene, manager)
    getattr(manager, method)(*((car, *arguments) if of_vehicle else arguments))
    before = car.get_location()
    scene.ticks(60)
    assert car.get_location().distance(before) > 2.0


@covers("TrafficManager.shut_down")
def test_shut_down(scene: Scene) -> None:
    other = scene.client.get_trafficmanager(scene.traffic_manager().get_port() + 7)
    other.set_synchronous_mode(True)
    scene.ticks(2)
    other.shut_down()
    scene.ticks(5)
