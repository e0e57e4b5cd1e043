"""What stands in a carla.World: layers, objects, textures, rays onto it, and where pedestrians walk."""

from __future__ import annotations

import carla
import pytest
from carla_world import Scene
from covered import covers


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
