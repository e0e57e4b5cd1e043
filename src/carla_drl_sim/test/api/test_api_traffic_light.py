"""carla.TrafficSign and TrafficLight, method by method."""

from __future__ import annotations

import carla
import pytest
from carla_world import STEP_S, Scene
from covered import covers


@pytest.fixture
def light(scene: Scene) -> carla.TrafficLight:
    scene.world.reset_all_traffic_lights()
    scene.ticks(1)
    return scene.world.get_actors().filter("traffic.traffic_light")[0]


@covers("TrafficSign.trigger_volume")
def test_trigger_volume(light: carla.TrafficLight) -> None:
    assert light.trigger_volume.extent.x > 0.5
    assert light.trigger_volume.extent.y > 0.5


@covers("TrafficLight.state", "TrafficLight.set_state", "TrafficLight.get_state")
def test_state_is_set(scene: Scene, light: carla.TrafficLight) -> None:
    light.freeze(True)
    for state in (carla.TrafficLightState.Green, carla.TrafficLightState.Yellow, carla.TrafficLightState.Red):
        light.set_state(state)
        scene.ticks(1)
        assert light.state == light.get_state() == state
    light.freeze(False)


@covers(
    "TrafficLight.set_green_time",
    "TrafficLight.get_green_time",
    "TrafficLight.set_yellow_time",
    "TrafficLight.get_yellow_time",
    "TrafficLight.set_red_time",
    "TrafficLight.get_red_time",
)
def test_times(scene: Scene, light: carla.TrafficLight) -> None:
    before = (light.get_green_time(), light.get_yellow_time(), light.get_red_time())
    light.set_green_time(4.0)
    light.set_yellow_time(1.5)
    light.set_red_time(2.5)
    scene.ticks(1)
    assert (light.get_green_time(), light.get_yellow_time(), light.get_red_time()) == (4.0, 1.5, 2.5)
    light.set_green_time(before[0])
    light.set_yellow_time(before[1])
    light.set_red_time(before[2])
    scene.ticks(1)


@covers("TrafficLight.get_elapsed_time")
def test_lights_change_by_themselves(scene: Scene, light: carla.TrafficLight) -> None:
    first = light.get_elapsed_time()
    scene.ticks(10)
    assert light.get_elapsed_time() - first == pytest.approx(10 * STEP_S, abs=0.01)
    seen = {light.state}
    for _ in range(1600):
        scene.ticks(1)
        seen.add(light.state)
    assert seen >= {
        carla.TrafficLightState.Red,
        carla.TrafficLightState.Green,
        carla.TrafficLightState.Yellow,
    }


@covers("TrafficLight.freeze", "TrafficLight.is_frozen")
def test_freeze(scene: Scene, light: carla.TrafficLight) -> None:
    light.freeze(True)
    scene.ticks(1)
    assert light.is_frozen()
    light.freeze(False)
    scene.ticks(1)
    assert not light.is_frozen()


@covers("TrafficLight.get_pole_index", "TrafficLight.get_group_traffic_lights", "TrafficLight.reset_group")
def test_groups(scene: Scene, light: carla.TrafficLight) -> None:
    group = light.get_group_traffic_lights()
    assert light.id in [member.id for member in group]
    assert len({member.get_pole_index() for member in group}) == len(group)
    light.reset_group()
    scene.ticks(1)
    greens = [member for member in group if member.state == carla.TrafficLightState.Green]
    assert len(greens) < len(group) or len(group) == 1


@covers(
    "TrafficLight.get_affected_lane_waypoints",
    "TrafficLight.get_stop_waypoints",
    "TrafficLight.get_opendrive_id",
)
def test_where_a_light_applies(scene: Scene, light: carla.TrafficLight) -> None:
    stops = light.get_stop_waypoints()
    assert stops
    assert light.get_affected_lane_waypoints()
    assert stops[0].transform.location.distance(light.get_location()) < 40.0
    ids = [landmark.id for landmark in scene.map.get_all_landmarks_of_type("1000001")]
    assert light.get_opendrive_id() in ids


@covers("TrafficLight.get_light_boxes")
def test_light_boxes(light: carla.TrafficLight) -> None:
    boxes = light.get_light_boxes()
    assert boxes
    assert all(box.extent.z < 1.0 for box in boxes)
