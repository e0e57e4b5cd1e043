"""The real client receives what sensors with rays measure: lidars, radars, obstacle detectors."""

from __future__ import annotations

import math
from typing import Any

import carla
import pytest
from carla_world import Scene
from listening import LIDAR, Listener


def _ahead(transform: Any, distance: float) -> Any:
    forward = transform.get_forward_vector()
    location = transform.location + carla.Location(forward.x * distance, forward.y * distance, 0.0)
    return carla.Transform(location, transform.rotation)


"""One turn per tick of 400 columns."""


def _behind_another(world_of: Scene, distance: float) -> tuple[Any, Any, float]:
    """A vehicle, the one ahead of it, and the way from the first one's origin to the rear of the other."""
    point = world_of.straight(distance + 10.0)
    behind, ahead = world_of.vehicle(point), world_of.vehicle(_ahead(point, distance))
    world_of.ticks(1)
    between = behind.get_location().distance(ahead.get_location())
    return behind, ahead, between - ahead.bounding_box.extent.x


def test_a_lidar_sees_the_vehicle_ahead(world_of: Scene) -> None:
    behind, ahead, gap = _behind_another(world_of, 15.0)
    place = carla.Transform(carla.Location(x=3.0, z=0.7))
    lidar = Listener(
        world_of, "sensor.lidar.ray_cast", LIDAR | {"upper_fov": 0, "lower_fov": -10}, behind, place
    )
    world_of.ticks(1)
    data = lidar.next()
    assert data.channels == 8
    assert sum(data.get_point_count(channel) for channel in range(8)) == len(data)
    near = [
        item.point for item in data if item.point.x > 0.0 and abs(item.point.y) < 0.5 and item.point.z > -0.1
    ]
    assert len(near) > 5
    assert min(point.x for point in near) == pytest.approx(gap - 3.0, abs=0.05)
    assert all(
        item.intensity == pytest.approx(math.exp(-0.004 * 12.0), abs=0.05)
        for item in data
        if item.point in near
    )
    semantic = Listener(
        world_of, "sensor.lidar.ray_cast_semantic", {"range": 60, "rotation_frequency": 20}, behind, place
    )
    world_of.ticks(1)
    hits = [item for item in semantic.next() if item.object_idx == ahead.id]
    assert len(hits) > 5
    assert {item.object_tag for item in hits} == {int(carla.CityObjectLabel.Car)}
    assert all(0.0 < item.cos_inc_angle <= 1.0 for item in hits)


def test_a_lidar_turns_on_between_ticks(world_of: Scene) -> None:
    attributes = LIDAR | {"rotation_frequency": 5, "upper_fov": -10, "sensor_tick": 0.1}
    lidar = Listener(
        world_of, "sensor.lidar.ray_cast", attributes, transform=carla.Transform(carla.Location(z=3.0))
    )
    frames = [world_of.world.tick() for _ in range(8)]
    angles = []
    for frame in frames[::2]:
        data = lidar.next()
        assert data.frame == frame
        assert len(data) == 6400
        angles.append(math.degrees(data.horizontal_angle) % 360.0)
    assert angles == pytest.approx([180.0, 0.0, 180.0, 0.0], abs=1e-3)
    assert lidar.waiting() == 0


def test_a_radar_sees_how_fast_things_come_nearer(world_of: Scene) -> None:
    behind, ahead, gap = _behind_another(world_of, 30.0)
    attributes = {"points_per_second": 20000, "horizontal_fov": 10, "vertical_fov": 2, "range": 60}
    radar = Listener(
        world_of, "sensor.other.radar", attributes, behind, carla.Transform(carla.Location(x=3.0, z=0.6))
    )
    forward = behind.get_transform().get_forward_vector()
    behind.set_target_velocity(carla.Vector3D(8.0 * forward.x, 8.0 * forward.y))
    ahead.set_target_velocity(carla.Vector3D(3.0 * forward.x, 3.0 * forward.y))
    world_of.ticks(1)
    data = radar.next()
    closing = _speed(ahead) - _speed(behind)
    seen = [
        item for item in data if item.depth < 35.0 and abs(item.azimuth) < 0.03 and abs(item.altitude) < 0.005
    ]
    assert len(seen) > 10
    assert closing == pytest.approx(-5.0, abs=0.5)
    for item in seen:
        assert item.velocity == pytest.approx(closing, abs=0.1)
        assert item.depth * math.cos(item.azimuth) == pytest.approx(gap - 3.0, abs=0.5)
    assert max(abs(item.azimuth) for item in data) <= math.radians(5.0)
    for item in data:
        if abs(item.azimuth) > 0.06 and item.altitude < -0.01:  # the road beside it
            assert item.velocity == pytest.approx(-8.0, abs=0.5)


def _speed(vehicle: Any) -> float:
    velocity = vehicle.get_velocity()
    return math.hypot(velocity.x, velocity.y)


def test_an_obstacle_is_told_with_its_distance(world_of: Scene) -> None:
    behind, ahead, gap = _behind_another(world_of, 12.0)
    place = carla.Transform(carla.Location(z=0.8))
    near = Listener(world_of, "sensor.other.obstacle", {"distance": 5, "only_dynamics": True}, behind, place)
    far = Listener(
        world_of,
        "sensor.other.obstacle",
        {"distance": 20, "hit_radius": 0.4, "debug_linetrace": True},
        behind,
        place,
    )
    frame = world_of.world.tick()
    event = far.next()
    assert event.frame == frame
    assert event.actor.id == behind.id
    assert event.other_actor.id == ahead.id
    assert event.distance == pytest.approx(gap - 0.4, abs=0.05)
    down = Listener(
        world_of,
        "sensor.other.obstacle",
        {"distance": 20, "hit_radius": 0.1},
        transform=carla.Transform(carla.Location(z=10.0), carla.Rotation(pitch=-90.0)),
    )
    world_of.ticks(1)
    ground = down.next()
    assert ground.other_actor.id == 0
    assert ground.other_actor.type_id.startswith("static.")
    assert ground.distance == pytest.approx(10.0, abs=0.5)
    assert near.waiting() == 0


def test_rays_of_the_world(world_of: Scene) -> None:
    behind, ahead, gap = _behind_another(world_of, 15.0)
    start = behind.get_transform().transform(carla.Location(x=3.0, z=0.6))
    forward = behind.get_transform().get_forward_vector()
    hit = world_of.world.project_point(start, carla.Vector3D(forward.x, forward.y, 0.0), 50.0)
    assert hit.label == carla.CityObjectLabel.Car
    assert hit.location.distance(start) == pytest.approx(gap - 3.0, abs=0.05)
    assert world_of.world.project_point(start, carla.Vector3D(z=1.0), 50.0) is None
    above = carla.Location(start.x, start.y, start.z + 5.0)
    assert world_of.world.ground_projection(above, 20.0).location.z == pytest.approx(
        behind.get_location().z, abs=0.3
    )
    end = carla.Location(ahead.get_location().x, ahead.get_location().y, -5.0)
    passed = world_of.world.cast_ray(end + carla.Location(z=20.0), end)
    assert [point.label for point in passed][:1] == [carla.CityObjectLabel.Car]
    assert len(passed) >= 2
    heights = [point.location.z for point in passed]
    assert heights == sorted(heights, reverse=True)


def test_ignored_vehicles_are_seen_through(world_of: Scene) -> None:
    behind, ahead, _ = _behind_another(world_of, 12.0)
    attributes = {"distance": 20, "only_dynamics": True}
    sensor = Listener(
        world_of, "sensor.other.obstacle", attributes, behind, carla.Transform(carla.Location(z=0.8))
    )
    world_of.ticks(1)
    assert sensor.next().other_actor.id == ahead.id
    sensor.actor.set_ignored_vehicles([ahead.id])
    world_of.ticks(3)
    assert sensor.waiting() == 0


def test_hidden_scenery_is_seen_through(world_of: Scene) -> None:
    buildings = world_of.world.get_environment_objects(carla.CityObjectLabel.Buildings)
    target = max(buildings, key=lambda item: item.bounding_box.extent.z)
    centre, top = target.bounding_box.location, target.bounding_box.extent.z
    above = carla.Location(centre.x, centre.y, centre.z + top + 20.0)
    roof = world_of.world.project_point(above, carla.Vector3D(z=-1.0), 200.0)
    assert roof.label == carla.CityObjectLabel.Buildings
    try:
        world_of.world.enable_environment_objects({item.id for item in buildings}, False)
        ground = world_of.world.project_point(above, carla.Vector3D(z=-1.0), 200.0)
        assert ground.label not in (carla.CityObjectLabel.Buildings, carla.CityObjectLabel.NONE)
        assert ground.location.z < roof.location.z - 2.0
    finally:
        world_of.world.enable_environment_objects({item.id for item in buildings}, True)
    assert world_of.world.project_point(above, carla.Vector3D(z=-1.0), 200.0).location.z == pytest.approx(
        roof.location.z, abs=1e-3
    )
