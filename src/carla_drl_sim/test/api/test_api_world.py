"""carla.World, WorldSettings, WorldSnapshot, LightManager and DebugHelper, method by method."""

from __future__ import annotations

import threading

import carla
import pytest
from carla_world import STEP_S, Scene
from covered import covers

LIMIT_S = 10.0


@covers("World.id", "WorldSnapshot.id")
def test_id_is_that_of_the_episode(scene: Scene) -> None:
    assert scene.world.id == scene.world.get_snapshot().id > 0


@covers("World.get_blueprint_library")
def test_get_blueprint_library(scene: Scene) -> None:
    assert len(scene.world.get_blueprint_library()) > 50


@covers("World.get_map")
def test_get_map(scene: Scene) -> None:
    assert scene.world.get_map().name.endswith("Town01")
    assert scene.world.get_map().get_spawn_points()


@covers("World.get_spectator")
def test_the_spectator_moves(scene: Scene) -> None:
    spectator = scene.world.get_spectator()
    spectator.set_transform(carla.Transform(carla.Location(1.0, 2.0, 30.0), carla.Rotation(pitch=-90.0)))
    scene.ticks(1)
    assert spectator.get_location().distance(carla.Location(1.0, 2.0, 30.0)) < 1e-3
    assert spectator.type_id == "spectator"


@covers(
    "World.get_settings",
    "World.apply_settings",
    "WorldSettings.synchronous_mode",
    "WorldSettings.fixed_delta_seconds",
)
def test_settings_are_applied(scene: Scene) -> None:
    settings = scene.world.get_settings()
    assert settings.synchronous_mode
    assert settings.fixed_delta_seconds == STEP_S
    settings.fixed_delta_seconds = 0.02
    frame = scene.world.apply_settings(settings)
    assert frame > 0
    scene.ticks(1)
    assert scene.world.get_snapshot().timestamp.delta_seconds == pytest.approx(0.02)
    settings.fixed_delta_seconds = STEP_S
    scene.world.apply_settings(settings)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("no_rendering_mode", False),
        ("substepping", False),
        ("max_substep_delta_time", 0.005),
        ("max_substeps", 16),
        ("max_culling_distance", 100.0),
        ("deterministic_ragdolls", False),
        ("tile_stream_distance", 1000.0),
        ("actor_active_distance", 1500.0),
        ("spectator_as_ego", False),
    ],
)
@covers(
    "WorldSettings.no_rendering_mode",
    "WorldSettings.substepping",
    "WorldSettings.max_substep_delta_time",
    "WorldSettings.max_substeps",
    "WorldSettings.max_culling_distance",
    "WorldSettings.deterministic_ragdolls",
    "WorldSettings.tile_stream_distance",
    "WorldSettings.actor_active_distance",
    "WorldSettings.spectator_as_ego",
    state="partial",
    note="kept and returned; the physics has its own substeps of 0.01 s, and there are no tiles or ragdolls",
)
def test_other_settings_are_kept(scene: Scene, name: str, value: object) -> None:
    before = scene.world.get_settings()
    changed = scene.world.get_settings()
    setattr(changed, name, value)
    scene.world.apply_settings(changed)
    assert getattr(scene.world.get_settings(), name) == pytest.approx(value)
    scene.world.apply_settings(before)


@covers("World.get_weather", "World.set_weather")
def test_weather_is_set(scene: Scene) -> None:
    before = scene.world.get_weather()
    scene.world.set_weather(carla.WeatherParameters.HardRainSunset)
    scene.ticks(1)
    assert scene.world.get_weather() == carla.WeatherParameters.HardRainSunset
    scene.world.set_weather(before)


@covers("World.get_imui_sensor_gravity", "World.set_imui_sensor_gravity")
def test_gravity_of_the_imu(scene: Scene) -> None:
    before = scene.world.get_imui_sensor_gravity()
    assert before == pytest.approx(9.81, abs=0.02)
    scene.world.set_imui_sensor_gravity(1.62)
    assert scene.world.get_imui_sensor_gravity() == pytest.approx(1.62)
    scene.world.set_imui_sensor_gravity(before)


@covers(
    "World.tick",
    "World.get_snapshot",
    "WorldSnapshot.frame",
    "WorldSnapshot.timestamp",
    "WorldSnapshot.frame_count",
    "WorldSnapshot.elapsed_seconds",
    "WorldSnapshot.delta_seconds",
    "WorldSnapshot.platform_timestamp",
)
def test_a_tick_is_one_frame(scene: Scene) -> None:
    before = scene.world.get_snapshot()
    frame = scene.world.tick()
    after = scene.world.get_snapshot()
    assert frame == after.frame == after.frame_count == before.frame + 1
    assert after.elapsed_seconds - before.elapsed_seconds == pytest.approx(STEP_S)
    assert after.delta_seconds == pytest.approx(STEP_S)
    assert after.timestamp.frame == frame
    assert after.platform_timestamp >= before.platform_timestamp


@covers("WorldSnapshot.find", "WorldSnapshot.has_actor")
def test_a_snapshot_knows_its_actors(scene: Scene) -> None:
    car = scene.vehicle(scene.map.get_spawn_points()[0])
    scene.ticks(1)
    snapshot = scene.world.get_snapshot()
    assert snapshot.has_actor(car.id)
    assert not snapshot.has_actor(2**31)
    assert snapshot.find(car.id).get_transform().location.distance(car.get_location()) < 1e-3
    assert snapshot.find(2**31) is None


@covers("World.spawn_actor", "World.try_spawn_actor")
def test_spawning(scene: Scene) -> None:
    point = scene.map.get_spawn_points()[0]
    blueprint = scene.library.find("vehicle.tesla.model3")
    car = scene.adopt(scene.world.spawn_actor(blueprint, point))
    assert car.type_id == "vehicle.tesla.model3"
    assert scene.world.try_spawn_actor(blueprint, point) is None
    with pytest.raises(RuntimeError, match="collision"):
        scene.world.spawn_actor(blueprint, point)


@covers("World.get_actor", "World.get_actors")
def test_actors_are_found(scene: Scene) -> None:
    car = scene.vehicle(scene.map.get_spawn_points()[0])
    scene.ticks(1)
    assert scene.world.get_actor(car.id).id == car.id
    assert [actor.id for actor in scene.world.get_actors([car.id])] == [car.id]
    assert car.id in [actor.id for actor in scene.world.get_actors()]


@covers("World.wait_for_tick", "World.on_tick", "World.remove_on_tick")
def test_ticks_are_announced(scene: Scene) -> None:
    frames: list[int] = []
    seen = threading.Event()
    last = scene.world.get_snapshot().frame + 3

    def note(snapshot: carla.WorldSnapshot) -> None:
        frames.append(snapshot.frame)
        if snapshot.frame >= last:
            seen.set()

    callback = scene.world.on_tick(note)
    scene.ticks(3)
    assert seen.wait(LIMIT_S)
    scene.world.remove_on_tick(callback)
    assert frames == [last - 2, last - 1, last]
    scene.synchronous(False)
    try:
        assert scene.world.wait_for_tick(LIMIT_S).frame > last
    finally:
        scene.synchronous(True)
    assert frames == [last - 2, last - 1, last]


@covers("World.get_vehicles_light_states")
def test_light_states_of_all_vehicles(scene: Scene) -> None:
    car = scene.vehicle(scene.map.get_spawn_points()[0])
    car.set_light_state(carla.VehicleLightState(carla.VehicleLightState.Brake))
    scene.ticks(1)
    assert scene.world.get_vehicles_light_states()[car.id] == carla.VehicleLightState.Brake


@covers("World.load_map_layer", "World.unload_map_layer")
def test_map_layers(scene: Scene) -> None:
    boxes = scene.world.get_level_bbs(carla.CityObjectLabel.Buildings)
    assert boxes
    scene.world.unload_map_layer(carla.MapLayer.Buildings)
    scene.ticks(1)
    assert not scene.world.get_level_bbs(carla.CityObjectLabel.Buildings)
    scene.world.load_map_layer(carla.MapLayer.Buildings)
    scene.ticks(1)
    assert len(scene.world.get_level_bbs(carla.CityObjectLabel.Buildings)) == len(boxes)


@covers("World.get_level_bbs", "World.get_environment_objects", "World.enable_environment_objects")
def test_environment_objects(scene: Scene) -> None:
    objects = scene.world.get_environment_objects(carla.CityObjectLabel.Buildings)
    assert objects
    assert all(entry.type == carla.CityObjectLabel.Buildings for entry in objects)
    assert max(entry.bounding_box.extent.z for entry in objects) > 2.0
    assert scene.world.get_level_bbs(carla.CityObjectLabel.Any)
    scene.world.enable_environment_objects({objects[0].id}, False)
    scene.world.enable_environment_objects({objects[0].id}, True)


@covers("World.get_names_of_all_objects")
def test_names_of_objects(scene: Scene) -> None:
    names = scene.world.get_names_of_all_objects()
    assert names
    assert len(set(names)) == len(names)


@covers(
    "World.apply_color_texture_to_object",
    "World.apply_float_color_texture_to_object",
    "World.apply_textures_to_object",
    "World.apply_color_texture_to_objects",
    "World.apply_float_color_texture_to_objects",
    "World.apply_textures_to_objects",
    state="partial",
    note="answered; surfaces keep their own looks",
)
def test_textures_are_answered(scene: Scene) -> None:
    texture = carla.TextureColor(2, 2)
    floats = carla.TextureFloatColor(2, 2)
    name = scene.world.get_names_of_all_objects()[0]
    world, diffuse = scene.world, carla.MaterialParameter.Diffuse
    for call in (
        lambda: world.apply_color_texture_to_object(name, diffuse, texture),
        lambda: world.apply_float_color_texture_to_object(name, diffuse, floats),
        lambda: world.apply_textures_to_object(name, texture, floats, floats, floats),
        lambda: world.apply_color_texture_to_objects([name], diffuse, texture),
        lambda: world.apply_float_color_texture_to_objects([name], diffuse, floats),
        lambda: world.apply_textures_to_objects([name], texture, floats, floats, floats),
    ):
        call()
    scene.ticks(1)
    assert name in scene.world.get_names_of_all_objects()


@covers(
    "World.set_annotations_traverse_translucency",
    state="partial",
    note="accepted; nothing here is translucent",
)
def test_translucency_is_accepted(scene: Scene) -> None:
    scene.world.set_annotations_traverse_translucency(True)
    scene.ticks(1)


@covers("World.cast_ray", "World.project_point", "World.ground_projection")
def test_rays_hit_ground_and_cars(scene: Scene) -> None:
    point = scene.map.get_spawn_points()[0]
    car = scene.vehicle(point)
    scene.ticks(20)
    above = car.get_location() + carla.Location(z=20.0)
    hits = scene.world.cast_ray(above, car.get_location() - carla.Location(z=5.0))
    assert carla.CityObjectLabel.Car in [hit.label for hit in hits]
    beside = point.transform(carla.Location(x=10.0))
    beside.z += 5.0
    hit = scene.world.ground_projection(beside, 50.0)
    assert hit.label in {carla.CityObjectLabel.Roads, carla.CityObjectLabel.RoadLines}
    assert hit.location.z == pytest.approx(car.get_location().z, abs=0.3)
    down = scene.world.project_point(beside, carla.Vector3D(0.0, 0.0, -1.0), 50.0)
    assert down.location.distance(hit.location) < 0.01
    assert scene.world.project_point(beside, carla.Vector3D(0.0, 0.0, 1.0), 50.0) is None


@covers("World.get_random_location_from_navigation")
def test_random_places_of_pedestrians_are_off_the_driving_lanes(scene: Scene) -> None:
    places = [scene.world.get_random_location_from_navigation() for _ in range(20)]
    assert all(place is not None for place in places)
    on_lane = [scene.map.get_waypoint(place, project_to_road=False) is not None for place in places]
    assert sum(on_lane) <= len(places) // 2


@covers("World.set_pedestrians_cross_factor", "World.set_pedestrians_seed")
def test_pedestrian_settings(scene: Scene) -> None:
    scene.world.set_pedestrians_seed(7)
    scene.world.set_pedestrians_cross_factor(0.3)
    first = scene.world.get_random_location_from_navigation()
    scene.world.set_pedestrians_seed(7)
    assert scene.world.get_random_location_from_navigation().distance(first) < 1e-3


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


@covers(
    "LightManager.set_day_night_cycle", state="partial", note="accepted; street lights do not follow the sun"
)
def test_day_night_cycle_is_accepted(scene: Scene) -> None:
    scene.world.get_lightmanager().set_day_night_cycle(False)
    scene.ticks(1)
    scene.world.get_lightmanager().set_day_night_cycle(True)


@covers(
    "World.debug",
    "DebugHelper.draw_point",
    "DebugHelper.draw_line",
    "DebugHelper.draw_arrow",
    "DebugHelper.draw_box",
    "DebugHelper.draw_string",
    "DebugHelper.draw_hud_point",
    "DebugHelper.draw_hud_line",
    "DebugHelper.draw_hud_arrow",
    "DebugHelper.draw_hud_box",
    "DebugHelper.clear_debug_shape",
    "DebugHelper.clear_debug_string",
    state="partial",
    note="shown in the view of `--view`, not in camera images",
)
def test_debug_shapes_are_accepted(scene: Scene) -> None:
    debug, a, b = scene.world.debug, carla.Location(0.0, 0.0, 1.0), carla.Location(5.0, 0.0, 1.0)
    box = carla.BoundingBox(a, carla.Vector3D(1.0, 1.0, 1.0))
    debug.draw_point(a)
    debug.draw_line(a, b, life_time=1.0)
    debug.draw_arrow(a, b)
    debug.draw_box(box, carla.Rotation())
    debug.draw_string(a, "text")
    debug.draw_hud_point(a)
    debug.draw_hud_line(a, b)
    debug.draw_hud_arrow(a, b)
    debug.draw_hud_box(box, carla.Rotation())
    scene.ticks(1)
    debug.clear_debug_shape()
    debug.clear_debug_string()
    scene.ticks(1)
