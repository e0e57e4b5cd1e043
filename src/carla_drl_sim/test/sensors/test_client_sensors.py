"""The real client receives every sensor's data, in the frames in which they are due."""

from __future__ import annotations

import math
import queue
import threading
import time
from typing import Any

import carla
import pytest
from carla_world import STEP_S, Scene
from listening import LIDAR, LIMIT_S, Listener

from carla_drl_sim.sensors.blueprints import REFUSED


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
