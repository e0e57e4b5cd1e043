"""The real client receives pictures of every kind of camera and can convert them."""

from __future__ import annotations

from typing import Any

import carla
import numpy as np
import pytest
from carla_world import Scene
from listening import Listener

from carla_drl_sim.world.labels import Label

SIZE = {"image_size_x": 96, "image_size_y": 72}
PALETTE_CAR_BGR = (142, 0, 0)
"""CARLA's sensor reference gives cars (0, 0, 142) as red, green, blue."""


def _pixels(image: Any) -> np.ndarray:
    return np.frombuffer(image.raw_data, np.uint8).reshape(image.height, image.width, 4)


def _behind(world: Scene) -> tuple[Any, Any]:
    """A car, and a place behind and above it that looks at it."""
    start = world.map.get_spawn_points()[0]
    return world.vehicle(start), carla.Transform(carla.Location(x=-8.0, z=2.5), carla.Rotation(pitch=-10.0))


def test_the_client_converts_labels_and_depth(world_of: Scene) -> None:
    car, place = _behind(world_of)
    labels = Listener(world_of, "sensor.camera.semantic_segmentation", SIZE, car, place)
    instances = Listener(world_of, "sensor.camera.instance_segmentation", SIZE, car, place)
    depth = Listener(world_of, "sensor.camera.depth", SIZE, car, place)
    rgb = Listener(world_of, "sensor.camera.rgb", SIZE, car, place)
    frame = world_of.world.tick()
    image = labels.next()
    assert (image.frame, image.width, image.height, image.fov) == (frame, 96, 72, 90.0)
    is_car = _pixels(image)[..., 2] == Label.CAR
    assert 100 < is_car.sum() < 3000
    image.convert(carla.ColorConverter.CityScapesPalette)
    assert (_pixels(image)[is_car][:, :3] == PALETTE_CAR_BGR).all()

    owners = _pixels(instances.next())[is_car].astype(int)
    assert (owners[:, 1] + 256 * owners[:, 0] == car.id & 0xFFFF).all()

    image = depth.next()
    code = _pixels(image).astype(float)
    metres = (code[..., 2] + 256.0 * code[..., 1] + 65536.0 * code[..., 0]) * 1000.0 / 16777215.0
    assert 4.0 < metres[is_car].min() < 6.5
    image.convert(carla.ColorConverter.Depth)
    assert _pixels(image)[..., 0] == pytest.approx(metres / 1000.0 * 255.0, abs=1.0)

    assert _pixels(rgb.next())[..., :3].std() > 20.0


def test_normals_flow_and_events_arrive(world_of: Scene) -> None:
    car, place = _behind(world_of)
    normals = Listener(world_of, "sensor.camera.normals", SIZE, car, place)
    flow = Listener(world_of, "sensor.camera.optical_flow", SIZE, car, place)
    events = Listener(world_of, "sensor.camera.dvs", SIZE, car, place)
    world_of.ticks(1)
    for listener in (normals, flow, events):
        listener.next()
    car.set_target_velocity(car.get_transform().get_forward_vector() * 10.0)
    world_of.ticks(3)
    for _ in range(2):
        for listener in (normals, flow, events):
            listener.next()
    up = _pixels(normals.next())[70]
    assert np.median(up[:, 2]) == pytest.approx(128, abs=6)
    assert (up[:, 0] > 240).mean() > 0.9  # z of the ground, in B
    image = flow.next()
    motion = np.frombuffer(image.raw_data, np.float32).reshape(image.height, image.width, 2)
    # Driving forward, the road below runs down and away from the middle; y is up.
    assert motion[70, 90, 0] > 0.01 > -0.01 > motion[70, 5, 0]
    assert motion[70, 20, 1] < -0.01
    array = events.next()
    assert len(array) > 20
    assert all(0 <= event.x < 96 and 0 <= event.y < 72 for event in array)
    assert sorted({event.pol for event in array}) == [False, True]
    times = [event.t for event in array]
    assert times == sorted(times)


def test_pictures_follow_weather_and_attributes(world_of: Scene) -> None:
    car, place = _behind(world_of)
    plain = Listener(world_of, "sensor.camera.rgb", SIZE, car, place)
    bright = Listener(world_of, "sensor.camera.rgb", {**SIZE, "exposure_compensation": 1.0}, car, place)
    soft = Listener(world_of, "sensor.camera.rgb", {**SIZE, "gamma": 3.0, "blur_amount": 0.5}, car, place)
    world_of.ticks(1)
    day = _pixels(plain.next())[..., :3].mean()
    assert _pixels(bright.next())[..., :3].mean() > day + 15.0
    assert _pixels(soft.next())[..., :3].mean() > day + 15.0
    weather = world_of.world.get_weather()
    world_of.world.set_weather(carla.WeatherParameters.ClearNight)
    world_of.ticks(1)
    assert _pixels(plain.next())[..., :3].mean() < 0.6 * day
    world_of.world.set_weather(weather)


def test_sizes_out_of_range_are_refused_by_name(world_of: Scene) -> None:
    with pytest.raises(RuntimeError, match=r"'sensor.camera.rgb' attribute 'image_size_x' is '0'"):
        Listener(world_of, "sensor.camera.rgb", {"image_size_x": 0})
