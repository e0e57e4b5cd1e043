"""carla.World, WorldSettings, WorldSnapshot and DebugHelper, method by method."""

from __future__ import annotations

import queue
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


@covers("WorldSettings.no_rendering_mode")
def test_without_rendering_cameras_are_silent(scene: Scene) -> None:
    car = scene.vehicle(scene.map.get_spawn_points()[0])
    received: dict[str, queue.Queue[carla.SensorData]] = {}
    for kind in ("sensor.camera.depth", "sensor.other.imu"):
        received[kind] = queue.Queue()
        scene.sensor(car, kind).listen(received[kind].put)
    scene.ticks(1)
    for data in received.values():
        data.get(timeout=LIMIT_S)
    settings = scene.world.get_settings()
    settings.no_rendering_mode = True
    scene.world.apply_settings(settings)
    silent = {scene.world.tick(), scene.world.tick()}
    settings.no_rendering_mode = False
    scene.world.apply_settings(settings)
    last = scene.world.tick()
    frames: dict[str, list[int]] = {kind: [] for kind in received}
    for kind, data in received.items():
        while not frames[kind] or frames[kind][-1] < last:
            frames[kind].append(data.get(timeout=LIMIT_S).frame)
    assert silent <= set(frames["sensor.other.imu"])
    assert not silent & set(frames["sensor.camera.depth"])


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


@covers(
    "World.spawn_actor",
    "World.try_spawn_actor",
    state="partial",
    note="of all actors, sensors and props can have a parent",
)
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
