"""Traffic lights and street lights of a carla.World: by landmark, by place, and LightManager."""

from __future__ import annotations

import carla
from carla_world import Scene
from covered import covers


@covers("World.get_traffic_light", "World.get_traffic_sign", "World.get_traffic_light_from_opendrive_id")
def test_lights_are_found_by_landmark(scene: Scene) -> None:
    landmarks = scene.map.get_all_landmarks_of_type("1000001")
    assert landmarks
    light = scene.world.get_traffic_light(landmarks[0])
    assert light.get_opendrive_id() == landmarks[0].id
    assert scene.world.get_traffic_light_from_opendrive_id(landmarks[0].id).id == light.id
    assert scene.world.get_traffic_sign(landmarks[0]).id == light.id


@covers("World.get_traffic_lights_from_waypoint", "World.get_traffic_lights_in_junction")
def test_lights_are_found_by_place(scene: Scene) -> None:
    light = scene.world.get_actors().filter("traffic.traffic_light")[0]
    (waypoint, *_) = light.get_stop_waypoints()
    before = waypoint.previous(10.0)[0]
    assert light.id in [found.id for found in scene.world.get_traffic_lights_from_waypoint(before, 50.0)]
    junction = next(w for w in _ahead(waypoint) if w.is_junction).get_junction()
    assert light.id in [found.id for found in scene.world.get_traffic_lights_in_junction(junction.id)]


def _ahead(waypoint: carla.Waypoint) -> list[carla.Waypoint]:
    return [waypoint, *(found for d in (2.0, 5.0, 10.0, 15.0) for found in waypoint.next(d))]


@covers("World.freeze_all_traffic_lights", "World.reset_all_traffic_lights")
def test_all_lights_are_frozen_and_reset(scene: Scene) -> None:
    lights = scene.world.get_actors().filter("traffic.traffic_light")
    scene.world.freeze_all_traffic_lights(True)
    scene.ticks(1)
    assert all(light.is_frozen() for light in lights)
    states = [light.state for light in lights]
    scene.ticks(200)
    assert [light.state for light in lights] == states
    scene.world.freeze_all_traffic_lights(False)
    scene.world.reset_all_traffic_lights()
    scene.ticks(1)
    assert not any(light.is_frozen() for light in lights)


@covers(
    "World.get_lightmanager",
    "LightManager.get_all_lights",
    "LightManager.turn_on",
    "LightManager.turn_off",
    "LightManager.set_active",
    "LightManager.is_active",
    "LightManager.get_turned_on_lights",
    "LightManager.get_turned_off_lights",
)
def test_street_lights_are_switched(scene: Scene) -> None:
    manager = scene.world.get_lightmanager()
    lights = manager.get_all_lights(carla.LightGroup.Street)
    assert lights
    manager.turn_off(lights)
    scene.ticks(2)
    assert not any(manager.is_active(lights))
    assert len(manager.get_turned_off_lights(carla.LightGroup.Street)) == len(lights)
    manager.turn_on(lights)
    scene.ticks(2)
    assert all(manager.is_active(lights))
    assert len(manager.get_turned_on_lights(carla.LightGroup.Street)) == len(lights)
    manager.set_active(lights, [False] * len(lights))
    assert not any(manager.is_active(lights))


@covers(
    "LightManager.set_color",
    "LightManager.set_colors",
    "LightManager.get_color",
    "LightManager.set_intensity",
    "LightManager.set_intensities",
    "LightManager.get_intensity",
    "LightManager.set_light_group",
    "LightManager.set_light_groups",
    "LightManager.get_light_group",
    "LightManager.set_light_state",
    "LightManager.set_light_states",
    "LightManager.get_light_state",
)
def test_street_lights_are_changed(scene: Scene) -> None:
    manager = scene.world.get_lightmanager()
    lights = manager.get_all_lights(carla.LightGroup.Street)[:2]
    manager.set_color(lights, carla.Color(255, 0, 10))
    assert [(c.r, c.g, c.b) for c in manager.get_color(lights)] == [(255, 0, 10)] * 2
    manager.set_colors(lights, [carla.Color(1, 2, 3), carla.Color(4, 5, 6)])
    assert [(c.r, c.g, c.b) for c in manager.get_color(lights)] == [(1, 2, 3), (4, 5, 6)]
    manager.set_intensity(lights, 500.0)
    assert manager.get_intensity(lights) == [500.0, 500.0]
    manager.set_intensities(lights, [100.0, 200.0])
    assert manager.get_intensity(lights) == [100.0, 200.0]
    manager.set_light_group(lights, carla.LightGroup.Building)
    assert manager.get_light_group(lights) == [carla.LightGroup.Building] * 2
    manager.set_light_groups(lights, [carla.LightGroup.Street] * 2)
    assert manager.get_light_group(lights) == [carla.LightGroup.Street] * 2
    state = carla.LightState(300.0, carla.Color(9, 9, 9), carla.LightGroup.Street, True)
    manager.set_light_state(lights, state)
    manager.set_light_states(lights, [state, state])
    assert [found.intensity for found in manager.get_light_state(lights)] == [300.0, 300.0]
    scene.ticks(2)
    assert manager.get_intensity(lights) == [300.0, 300.0]


@covers("LightManager.set_day_night_cycle")
def test_street_lights_follow_the_sun_unless_told_not_to(scene: Scene) -> None:
    manager = scene.world.get_lightmanager()
    number = len(manager.get_all_lights(carla.LightGroup.Street))
    before = scene.world.get_weather()
    day, night = scene.world.get_weather(), scene.world.get_weather()
    day.sun_altitude_angle, night.sun_altitude_angle = 45.0, -30.0

    def lit_after(weather: carla.WeatherParameters) -> int:
        scene.world.set_weather(weather)
        scene.ticks(3)
        return len(manager.get_turned_on_lights(carla.LightGroup.Street))

    manager.set_day_night_cycle(True)
    assert [lit_after(night), lit_after(day), lit_after(night)] == [number, 0, number]
    manager.set_day_night_cycle(False)
    assert lit_after(day) == number
    manager.set_day_night_cycle(True)
    assert [lit_after(night), lit_after(day)] == [number, 0]
    scene.world.set_weather(before)
