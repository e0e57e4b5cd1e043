"""The real client receives every sensor's data, in the frames in which they are due."""

from __future__ import annotations

import math
import queue
import threading
import time
from collections.abc import Iterator
from typing import Any

import carla
import pytest
from carla_world import STEP_S, Scene, scene
from listening import LIMIT_S, Listener
from server_process import ServerProcess

from carla_drl_sim.sensors.blueprints import REFUSED


@pytest.fixture
def world_of(server: ServerProcess) -> Iterator[Scene]:
    with scene(server.rpc_port) as made:
        yield made


def _vector(value: Any) -> tuple[float, float, float]:
    return value.x, value.y, value.z


def _turned(**angles: float) -> Any:
    return carla.Transform(carla.Location(), carla.Rotation(**angles))


def test_data_come_in_the_frames_that_are_due(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    ticks = {"0.0": 1, "0.01": 1, "0.05": 1, "0.1": 2, "0.25": 5}
    listeners = {
        text: Listener(world_of, "sensor.other.gnss", {"sensor_tick": text}, vehicle) for text in ticks
    }
    frames = [world_of.world.tick() for _ in range(40)]
    for text, every in ticks.items():
        received = [listeners[text].next().frame for _ in frames[::every]]
        assert received == frames[::every], text
        assert listeners[text].waiting() == 0


def test_uneven_intervals_keep_their_mean(world_of: Scene) -> None:
    listener = Listener(world_of, "sensor.other.gnss", {"sensor_tick": 0.12})
    first = world_of.world.tick()
    world_of.ticks(60)
    last = listener.next()
    due = [last.frame - first]
    for _ in range(25):
        due.append(listener.next().frame - first)
    assert due == [math.ceil(index * 0.12 / STEP_S - 1e-6) for index in range(26)]


def test_positions_are_those_of_the_map(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[3])
    place = carla.Transform(carla.Location(x=1.0, z=2.0))
    listener = Listener(world_of, "sensor.other.gnss", parent=vehicle, transform=place)
    noisy = Listener(
        world_of,
        "sensor.other.gnss",
        {"noise_lat_bias": 0.5, "noise_lon_stddev": 1e-3, "noise_alt_bias": -2.0},
        vehicle,
        place,
    )
    vehicle.apply_control(carla.VehicleControl(throttle=1.0, steer=0.2))
    differences = []
    for _ in range(20):
        world_of.ticks(1)
        data = listener.next()
        assert _vector(data.transform.location) == _vector(listener.actor.get_transform().location)
        expected = world_of.map.transform_to_geolocation(data.transform.location)
        assert data.latitude == pytest.approx(expected.latitude, abs=1e-9)
        assert data.longitude == pytest.approx(expected.longitude, abs=1e-9)
        assert data.altitude == pytest.approx(expected.altitude, abs=1e-4)
        other = noisy.next()
        assert other.latitude == pytest.approx(data.latitude + 0.5, abs=1e-9)
        assert other.altitude == pytest.approx(data.altitude - 2.0, abs=1e-4)
        differences.append(other.longitude - data.longitude)
    assert len(set(differences)) == len(differences)
    assert 1e-4 < max(map(abs, differences)) < 5e-3


def test_at_rest_only_gravity_is_felt(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    upright = Listener(world_of, "sensor.other.imu", parent=vehicle)
    on_its_side = Listener(world_of, "sensor.other.imu", parent=vehicle, transform=_turned(roll=90.0))
    world_of.ticks(20)
    for _ in range(19):
        upright.next(), on_its_side.next()
    data = upright.next()
    assert _vector(data.accelerometer) == pytest.approx((0.0, 0.0, 9.81), abs=0.05)
    assert _vector(data.gyroscope) == pytest.approx((0.0, 0.0, 0.0), abs=1e-3)
    assert abs(_vector(on_its_side.next().accelerometer)[1]) == pytest.approx(9.81, abs=0.05)


@pytest.mark.parametrize(("yaw", "heading"), [(-90.0, 0.0), (0.0, 90.0), (90.0, 180.0), (180.0, 270.0)])
def test_the_compass_points_north(world_of: Scene, yaw: float, heading: float) -> None:
    listener = Listener(world_of, "sensor.other.imu", transform=_turned(yaw=yaw + 0.01, pitch=20.0))
    world_of.ticks(1)
    assert math.degrees(listener.next().compass) == pytest.approx(heading + 0.01, abs=1e-3)


def test_motion_is_felt_in_the_sensors_axes(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    centre = Listener(world_of, "sensor.other.imu", parent=vehicle)
    left = Listener(world_of, "sensor.other.imu", parent=vehicle, transform=_turned(yaw=-90.0))
    ahead = Listener(
        world_of, "sensor.other.imu", parent=vehicle, transform=carla.Transform(carla.Location(x=10.0))
    )
    vehicle.apply_control(carla.VehicleControl(throttle=0.6, steer=0.5))
    world_of.ticks(25)
    for _ in range(24):
        centre.next(), left.next(), ahead.next()
    data, turned, far = centre.next(), left.next(), ahead.next()
    rate = math.radians(vehicle.get_angular_velocity().z)
    assert rate > 0.1
    assert data.gyroscope.z == pytest.approx(rate, rel=1e-4)
    world = vehicle.get_acceleration()
    forward = vehicle.get_transform().get_forward_vector()
    assert data.accelerometer.x == pytest.approx(world.x * forward.x + world.y * forward.y, abs=0.05)
    assert turned.accelerometer.y == pytest.approx(data.accelerometer.x, abs=1e-3)
    assert turned.accelerometer.x == pytest.approx(-data.accelerometer.y, abs=1e-3)
    assert far.accelerometer.x == pytest.approx(data.accelerometer.x - 10.0 * rate * rate, abs=0.01)


def test_bias_and_noise_of_a_unit(world_of: Scene) -> None:
    attributes = {"noise_gyro_bias_z": 0.5, "noise_accel_stddev_x": 0.2, "noise_seed": 7}
    first = Listener(world_of, "sensor.other.imu", attributes)
    other = Listener(world_of, "sensor.other.imu", attributes | {"noise_seed": 8})
    world_of.ticks(100)
    data, others = [first.next() for _ in range(100)], [other.next() for _ in range(100)]
    assert all(item.gyroscope.z == pytest.approx(0.5) for item in data)
    assert all(item.accelerometer.y == 0.0 for item in data)
    mean_square = sum(item.accelerometer.x**2 for item in data) / len(data)
    assert math.sqrt(mean_square) == pytest.approx(0.2, rel=0.3)
    assert all(a.accelerometer.x != b.accelerometer.x for a, b in zip(data, others, strict=True))


def test_bad_attributes_are_refused_at_spawn(world_of: Scene) -> None:
    blueprint = world_of.library.find("sensor.other.imu")
    blueprint.set_attribute("noise_accel_stddev_x", "-1")
    with pytest.raises(RuntimeError, match=r"sensor\.other\.imu.*noise_accel_stddev_x.*'-1'.*at least 0"):
        world_of.world.spawn_actor(blueprint, carla.Transform())
    with pytest.raises(RuntimeError, match=r"sensor\.other\.rss' is not supported"):
        world_of.world.spawn_actor(world_of.library.find("sensor.other.rss"), carla.Transform())


def test_nothing_is_lost_over_many_ticks(world_of: Scene) -> None:
    points = world_of.map.get_spawn_points()[:4]
    vehicles = [world_of.vehicle(point) for point in points]
    listeners = [
        Listener(world_of, kind, parent=vehicle)
        for vehicle in vehicles
        for kind in ("sensor.other.imu", "sensor.other.gnss")
    ]
    frames = [world_of.world.tick() for _ in range(300)]
    for listener in listeners:
        assert [listener.next().frame for _ in frames] == frames


def _ahead(transform: Any, distance: float) -> Any:
    forward = transform.get_forward_vector()
    location = transform.location + carla.Location(forward.x * distance, forward.y * distance, 0.0)
    return carla.Transform(location, transform.rotation)


LIDAR = {
    "channels": 8,
    "points_per_second": 64000,
    "rotation_frequency": 20,
    "range": 60,
    "dropoff_general_rate": 0,
}
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


def test_large_measurements_arrive_complete_and_in_order(world_of: Scene) -> None:
    attributes = LIDAR | {"channels": 64, "points_per_second": 2400000, "upper_fov": -10, "range": 100}
    lidars = [
        Listener(
            world_of,
            "sensor.lidar.ray_cast",
            attributes,
            transform=carla.Transform(carla.Location(z=3.0 + index)),
        )
        for index in range(4)
    ]
    frames = [world_of.world.tick() for _ in range(8)]
    for lidar in lidars:
        for frame in frames:
            data = lidar.next()
            assert (data.frame, len(data)) == (frame, 120000)


def test_a_slow_callback_does_not_hold_up_an_asynchronous_world(world_of: Scene) -> None:
    world_of.synchronous(False)
    blueprint = world_of.library.find("sensor.lidar.ray_cast")
    for name, value in (LIDAR | {"points_per_second": 2400000, "upper_fov": -10, "range": 100}).items():
        blueprint.set_attribute(name, str(value))
    lidar = world_of.world.spawn_actor(blueprint, carla.Transform(carla.Location(z=3.0)))
    world_of.adopt(lidar)
    arrived: queue.Queue[int] = queue.Queue()
    go_on = threading.Event()

    def take(data: Any) -> None:
        arrived.put(data.frame)
        go_on.wait(LIMIT_S)

    lidar.listen(take)
    first = arrived.get(timeout=LIMIT_S)
    begin = time.monotonic()
    frames = [world_of.world.wait_for_tick(LIMIT_S).frame for _ in range(20)]
    took_s = time.monotonic() - begin
    go_on.set()
    assert frames == list(range(frames[0], frames[0] + 20))
    assert took_s < 3.0 * 20 * STEP_S
    while arrived.get(timeout=LIMIT_S) <= frames[-1]:
        pass
    assert first < frames[-1]


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


def test_every_sensor_delivers_in_every_frame(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    events = ("collision", "lane_invasion", "obstacle")
    kinds = [blueprint.id for blueprint in world_of.library.filter("sensor.*")]
    kinds = [kind for kind in kinds if kind not in REFUSED and kind.rsplit(".", 1)[-1] not in events]
    assert len(kinds) >= 12
    small = {"image_size_x": 32, "image_size_y": 24}
    listeners = {
        kind: Listener(
            world_of,
            kind,
            small if kind.startswith("sensor.camera") else None,
            vehicle,
            carla.Transform(carla.Location(z=2.5)),
        )
        for kind in kinds
    }
    frames = [world_of.world.tick() for _ in range(10)]
    for kind, listener in listeners.items():
        assert [listener.next().frame for _ in frames] == frames, kind
        assert listener.waiting() == 0, kind


def test_many_large_pictures_are_neither_lost_nor_late(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    cameras = [
        Listener(
            world_of,
            "sensor.camera.depth",
            parent=vehicle,
            transform=carla.Transform(carla.Location(z=2.0 + index)),
        )
        for index in range(6)
    ]
    frames = [world_of.world.tick() for _ in range(6)]
    for camera in cameras:
        for frame in frames:
            picture = camera.next()
            assert (picture.frame, picture.width, picture.height) == (frame, 800, 600)
            assert len(picture.raw_data) == 800 * 600 * 4
