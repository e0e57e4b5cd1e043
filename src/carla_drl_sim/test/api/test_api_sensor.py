"""carla.Sensor and ServerSideSensor, method by method. What each kind of sensor sends is tested with the sensors."""

from __future__ import annotations

import queue

import carla
import pytest
from carla_world import Scene
from covered import covers

LIMIT_S = 10.0


@covers("Sensor.listen", "Sensor.is_listening", "Sensor.stop")
def test_listening(scene: Scene) -> None:
    imu = scene.sensor(scene.vehicle(scene.map.get_spawn_points()[0]), "sensor.other.imu")
    received: queue.Queue[carla.IMUMeasurement] = queue.Queue()
    assert not imu.is_listening()
    imu.listen(received.put)
    assert imu.is_listening()
    frames = [scene.world.tick() for _ in range(5)]
    assert [received.get(timeout=LIMIT_S).frame for _ in frames] == frames
    imu.stop()
    assert not imu.is_listening()
    scene.ticks(3)
    assert received.empty()


@covers("ServerSideSensor.set_ignored_vehicles")
def test_ignored_vehicles(scene: Scene) -> None:
    point = scene.straight(12.0)
    car = scene.vehicle(point)
    ahead = scene.vehicle(carla.Transform(point.transform(carla.Location(x=9.0, z=0.3)), point.rotation))
    lidar = scene.sensor(car, "sensor.lidar.ray_cast_semantic", carla.Transform(carla.Location(z=2.0)))
    received: queue.Queue[carla.SemanticLidarMeasurement] = queue.Queue()
    lidar.listen(received.put)

    def seen() -> set[int]:
        scene.ticks(4)
        scans = [received.get(timeout=LIMIT_S) for _ in range(4)]
        return {point.object_idx for scan in scans for point in scan}

    assert ahead.id in seen()
    lidar.set_ignored_vehicles([ahead.id])
    assert ahead.id not in seen()


@covers(
    "ServerSideSensor.get_ignored_vehicles",
    state="refused",
    note="the `carla` 0.9.16 library cannot convert the answer, whatever the server",
)
def test_ignored_vehicles_cannot_be_read(scene: Scene) -> None:
    car = scene.vehicle(scene.map.get_spawn_points()[0])
    with pytest.raises(TypeError, match="converter"):
        scene.sensor(car, "sensor.lidar.ray_cast").get_ignored_vehicles()


@covers(
    "ServerSideSensor.enable_for_ros",
    "ServerSideSensor.disable_for_ros",
    "ServerSideSensor.is_enabled_for_ros",
    state="partial",
    note="remembered; topics are published by `carla_gateway`, not by the simulator",
)
def test_ros_switch(scene: Scene) -> None:
    camera = scene.sensor(scene.vehicle(scene.map.get_spawn_points()[0]), "sensor.camera.rgb")
    camera.enable_for_ros()
    scene.ticks(1)
    assert camera.is_enabled_for_ros()
    camera.disable_for_ros()
    scene.ticks(1)
    assert not camera.is_enabled_for_ros()


@covers(
    "ServerSideSensor.enable_gbuffers",
    "ServerSideSensor.listen_to_gbuffer",
    "ServerSideSensor.is_listening_gbuffer",
    "ServerSideSensor.stop_gbuffer",
    state="refused",
    note="there are no G-buffers; the other cameras give depth, normals and labels",
)
def test_gbuffers_are_refused(scene: Scene) -> None:
    camera = scene.sensor(scene.vehicle(scene.map.get_spawn_points()[0]), "sensor.camera.rgb")
    assert not camera.is_listening_gbuffer(carla.GBufferTextureID.SceneColor)
    with pytest.raises(RuntimeError, match="get_gbuffer_token"):
        camera.listen_to_gbuffer(carla.GBufferTextureID.SceneColor, lambda _image: None)
    scene.ticks(1)


@covers("ServerSideSensor.send", state="refused", note="there are no V2X sensors")
def test_send_is_refused(scene: Scene) -> None:
    camera = scene.sensor(scene.vehicle(scene.map.get_spawn_points()[0]), "sensor.camera.rgb")
    camera.send("message")
    scene.ticks(1)
    assert camera.is_alive
