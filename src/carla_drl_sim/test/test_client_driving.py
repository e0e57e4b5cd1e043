"""The unmodified client spawns, drives and senses."""

from __future__ import annotations

import math
import queue
from typing import Any

import carla
import numpy as np
import pytest
from carla_world import STEP_S, Scene

from carla_drl_sim.crashes import static_type_id
from carla_drl_sim.world.collision import vehicle_box
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape
from carla_drl_sim.world.scenery_collision import SceneryCollisions
from carla_drl_sim.world.town_generator import generate_town
from carla_drl_sim.world.vehicles import VEHICLE_MODELS

EVENT_LIMIT_S = 10.0


def _ahead(transform: Any, distance: float) -> Any:
    forward = transform.get_forward_vector()
    location = transform.location + carla.Location(
        forward.x * distance, forward.y * distance, forward.z * distance
    )
    return carla.Transform(location, transform.rotation)


def _speed(vehicle: Any) -> float:
    velocity = vehicle.get_velocity()
    return math.hypot(velocity.x, velocity.y)


def test_spawned_vehicles_are_listed_until_destroyed(world_of: Scene) -> None:
    point = world_of.map.get_spawn_points()[0]
    vehicle = world_of.vehicle(point)
    world_of.ticks(1)
    assert [actor.id for actor in world_of.world.get_actors().filter("vehicle.*")] == [vehicle.id]
    assert vehicle.get_transform().location.distance(point.location) < 1.0
    assert vehicle.attributes["role_name"] == "autopilot"
    assert vehicle.bounding_box.extent.x > 2.0
    assert vehicle.destroy()
    world_of.ticks(1)
    assert not world_of.world.get_actors().filter("vehicle.*")


def test_spawning_into_another_vehicle_is_refused(world_of: Scene) -> None:
    point = world_of.map.get_spawn_points()[0]
    world_of.vehicle(point)
    with pytest.raises(RuntimeError, match="Spawn failed because of collision at spawn position"):
        world_of.vehicle(point)
    assert world_of.world.try_spawn_actor(world_of.library.find("vehicle.tesla.model3"), point) is None
    world_of.vehicle(_ahead(point, 8.0))


def test_throttle_moves_and_brake_stops(world_of: Scene) -> None:
    point = world_of.map.get_spawn_points()[0]
    vehicle = world_of.vehicle(point)
    vehicle.apply_control(carla.VehicleControl(throttle=1.0))
    world_of.ticks(40)
    assert _speed(vehicle) > 5.0
    moved = vehicle.get_transform().location - point.location
    forward = point.get_forward_vector()
    assert moved.x * forward.x + moved.y * forward.y > 5.0
    vehicle.apply_control(carla.VehicleControl(brake=1.0))
    world_of.ticks(60)
    assert _speed(vehicle) < 0.1


def test_snapshot_and_actor_agree(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    control = carla.VehicleControl(throttle=0.75, steer=-0.25, hand_brake=False, reverse=True, gear=-1)
    vehicle.apply_control(control)
    world_of.ticks(20)
    record = world_of.world.get_snapshot().find(vehicle.id)
    assert record.get_transform() == vehicle.get_transform()
    assert record.get_velocity() == vehicle.get_velocity()
    assert record.get_acceleration() == vehicle.get_acceleration()
    assert record.get_angular_velocity() == vehicle.get_angular_velocity()
    assert vehicle.get_control() == control
    before = vehicle.get_transform().location
    world_of.ticks(1)
    moved = vehicle.get_transform().location - before
    assert math.hypot(moved.x, moved.y) == pytest.approx(_speed(vehicle) * STEP_S, rel=0.05)


def test_a_batch_controls_sixteen_vehicles(world_of: Scene) -> None:
    blueprint = world_of.library.find("vehicle.tesla.model3")
    points = world_of.map.get_spawn_points()[:16]
    spawned = world_of.client.apply_batch_sync(
        [carla.command.SpawnActor(blueprint, point) for point in points], True
    )
    assert not [answer.error for answer in spawned if answer.error]
    ids = [answer.actor_id for answer in spawned]
    try:
        commands = [
            carla.command.ApplyVehicleControl(actor, carla.VehicleControl(throttle=(index + 1) / 16.0))
            for index, actor in enumerate(ids)
        ]
        answers = world_of.client.apply_batch_sync(commands, True)
        assert [(answer.actor_id, answer.error) for answer in answers] == [(actor, "") for actor in ids]
        world_of.ticks(20)
        for index, actor in enumerate(world_of.world.get_actors(ids)):
            assert actor.get_control().throttle == (index + 1) / 16.0
            assert _speed(actor) > 0.0
    finally:
        world_of.client.apply_batch_sync([carla.command.DestroyActor(actor) for actor in ids], True)
    assert not world_of.world.get_actors().filter("vehicle.*")


def test_batch_answers_each_command_in_its_place(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    blueprint = world_of.library.find("vehicle.audi.tt")
    elsewhere = world_of.map.get_spawn_points()[1]
    spawn = carla.command.SpawnActor(blueprint, elsewhere).then(
        carla.command.ApplyVehicleControl(carla.command.FutureActor, carla.VehicleControl(throttle=1.0))
    )
    answers = world_of.client.apply_batch_sync(
        [
            carla.command.ApplyVehicleControl(vehicle, carla.VehicleControl(throttle=0.5)),
            carla.command.ApplyVehicleControl(999999, carla.VehicleControl()),
            spawn,
            carla.command.SpawnActor(blueprint, elsewhere),
        ],
        True,
    )
    assert [bool(answer.error) for answer in answers] == [False, True, False, True]
    assert "999999" in answers[1].error
    assert "collision at spawn" in answers[3].error
    world_of.ticks(10)
    spawned = world_of.world.get_actor(answers[2].actor_id)
    assert spawned.get_control().throttle == 1.0
    assert _speed(spawned) > 0.0
    assert spawned.destroy()


def test_sensors_follow_their_parent(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    offset = carla.Transform(carla.Location(x=2.0, y=-0.5, z=1.5), carla.Rotation(yaw=90.0))
    sensor = world_of.sensor(vehicle, transform=offset)
    vehicle.apply_control(carla.VehicleControl(throttle=1.0, steer=0.3))
    world_of.ticks(20)
    expected = vehicle.get_transform().transform(offset.location)
    actual = sensor.get_transform()
    assert actual.location.distance(expected) < 1e-3
    turn = (actual.rotation.yaw - vehicle.get_transform().rotation.yaw) % 360.0
    assert turn == pytest.approx(90.0, abs=1e-3)


def test_both_vehicles_of_a_crash_report_the_other(world_of: Scene) -> None:
    point = world_of.map.get_spawn_points()[0]
    behind, ahead = world_of.vehicle(point), world_of.vehicle(_ahead(point, 12.0))
    events: dict[int, queue.Queue[Any]] = {}
    for vehicle in (behind, ahead):
        received: queue.Queue[Any] = queue.Queue()
        events[vehicle.id] = received
        world_of.sensor(vehicle).listen(received.put)
    behind.apply_control(carla.VehicleControl(throttle=1.0))
    world_of.ticks(80)
    pushes = {}
    for vehicle, other in ((behind, ahead), (ahead, behind)):
        event = events[vehicle.id].get(timeout=EVENT_LIMIT_S)
        assert event.actor.id == vehicle.id
        assert event.other_actor.id == other.id
        pushes[vehicle.id] = event.normal_impulse
    forward = point.get_forward_vector()
    along = {vehicle: push.x * forward.x + push.y * forward.y for vehicle, push in pushes.items()}
    assert along[ahead.id] > 1000.0  # pushed on
    assert along[behind.id] == pytest.approx(-along[ahead.id], rel=1e-5)  # held back as much


def test_the_first_tick_after_listen_is_not_missed(world_of: Scene) -> None:
    point = world_of.map.get_spawn_points()[0]
    behind, ahead = world_of.vehicle(point), world_of.vehicle(_ahead(point, 5.6))
    world_of.ticks(1)
    for _ in range(5):
        behind.set_transform(point)
        behind.set_target_velocity(carla.Vector3D())
        ahead.set_transform(_ahead(point, 5.6))
        ahead.set_target_velocity(carla.Vector3D())
        world_of.ticks(1)
        received: queue.Queue[Any] = queue.Queue()
        sensor = world_of.sensor(behind)
        forward = point.get_forward_vector()
        behind.set_target_velocity(carla.Vector3D(forward.x * 25.0, forward.y * 25.0))
        sensor.listen(received.put)
        frame = world_of.world.tick()
        assert received.get(timeout=EVENT_LIMIT_S).frame == frame
        sensor.stop()
        sensor.destroy()


def test_teleport_and_target_velocity(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    target = world_of.map.get_spawn_points()[5]
    vehicle.set_transform(target)
    vehicle.set_target_velocity(carla.Vector3D())
    world_of.ticks(1)
    assert vehicle.get_transform().location.distance(target.location) < 1.0
    forward = target.get_forward_vector()
    vehicle.set_target_velocity(carla.Vector3D(forward.x * 10.0, forward.y * 10.0))
    world_of.ticks(1)
    assert _speed(vehicle) == pytest.approx(10.0, abs=1.0)


def test_without_physics_a_vehicle_stands_still(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    vehicle.set_simulate_physics(False)
    vehicle.apply_control(carla.VehicleControl(throttle=1.0))
    world_of.ticks(1)
    before = vehicle.get_transform()
    world_of.ticks(20)
    assert vehicle.get_transform() == before


def test_physics_control_changes_the_mass(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    physics = vehicle.get_physics_control()
    assert len(physics.wheels) == 4
    assert physics.wheels[0].max_steer_angle > 20.0
    physics.mass *= 2.0
    vehicle.apply_physics_control(physics)
    world_of.ticks(1)
    assert vehicle.get_physics_control().mass == pytest.approx(physics.mass)


def test_lights_are_kept(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    lights = carla.VehicleLightState(carla.VehicleLightState.LowBeam | carla.VehicleLightState.Brake)
    vehicle.set_light_state(lights)
    world_of.ticks(1)
    assert vehicle.get_light_state() == lights
    assert world_of.world.get_vehicles_light_states()[vehicle.id] == lights


def test_controls_that_do_not_stick_last_one_tick(world_of: Scene) -> None:
    blueprint = world_of.library.find("vehicle.tesla.model3")
    blueprint.set_attribute("sticky_control", "false")
    vehicle = world_of.world.spawn_actor(blueprint, world_of.map.get_spawn_points()[0])
    try:
        vehicle.apply_control(carla.VehicleControl(throttle=1.0))
        world_of.ticks(1)
        assert vehicle.get_control().throttle == 1.0
        world_of.ticks(1)
        assert vehicle.get_control().throttle == 0.0
    finally:
        vehicle.destroy()


def test_sensors_outlive_their_parent(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    sensor = world_of.sensor(vehicle)
    world_of.ticks(1)
    place = sensor.get_transform().location
    assert vehicle.destroy()
    world_of.ticks(1)
    assert sensor.is_alive
    assert sensor.get_transform().location.distance(place) < 0.5


def _obstacle() -> tuple[Any, str, float]:
    """A solid box of the town with free ground before it: a place to start from, its type, the way to it."""
    town = generate_town("Town01", 0)
    parts = town.scenery.parts
    collisions = SceneryCollisions(parts)
    model = VEHICLE_MODELS["vehicle.tesla.model3"]
    for part in np.flatnonzero(parts.solid & (parts.shape == Shape.BOX) & (parts.label == Label.BUILDINGS)):
        x, y, z = parts.centre[part].tolist()
        yaw = float(parts.yaw_deg[part])
        half = float(parts.extent[part, 0])
        if z - parts.extent[part, 2] > 0.3 or parts.extent[part, 1] < 3.0:
            continue
        cos, sin = math.cos(math.radians(yaw)), math.sin(math.radians(yaw))
        clear = half + model.extent[0] + 1.0
        away = [clear + step for step in range(12)]
        boxes = [vehicle_box(model, x - far * cos, y - far * sin, 0.0, yaw) for far in away]
        if all(collisions.part_in(box) is None for box in boxes):
            place = carla.Location(x - away[-1] * cos, y - away[-1] * sin, 0.1)
            return (
                carla.Transform(place, carla.Rotation(yaw=yaw)),
                static_type_id(Label(int(parts.label[part]))),
                away[-1] - half - model.extent[0],
            )
    raise AssertionError("the town has no building with free ground before it")


def test_a_wall_reports_the_momentum_that_it_took(world_of: Scene) -> None:
    start, type_id, way = _obstacle()
    vehicle = world_of.vehicle(start)
    received: queue.Queue[Any] = queue.Queue()
    sensor = world_of.sensor(vehicle)
    sensor.listen(received.put)
    world_of.ticks(10)
    forward = start.get_forward_vector()
    vehicle.set_target_velocity(carla.Vector3D(18.0 * forward.x, 18.0 * forward.y, 0.0))
    before = _speed(vehicle)
    for _ in range(40):
        before = _speed(vehicle) or before
        world_of.ticks(1)
        if not received.empty():
            break
    event = received.get(timeout=EVENT_LIMIT_S)
    assert event.other_actor.id == 0
    assert event.other_actor.type_id == type_id
    assert list(event.other_actor.semantic_tags) == [int(Label.BUILDINGS)]
    mass = vehicle.get_physics_control().mass
    velocity = vehicle.get_velocity()
    change = before + abs(velocity.x * forward.x + velocity.y * forward.y)
    push = event.normal_impulse
    assert push.x * forward.x + push.y * forward.y == pytest.approx(-mass * change, rel=0.02)
    assert vehicle.get_location().distance(start.location) < way + 0.2


def test_spawning_into_a_building_is_refused(world_of: Scene) -> None:
    start, _, way = _obstacle()
    forward = start.get_forward_vector()
    inside = carla.Transform(
        start.location + carla.Location(forward.x * way, forward.y * way), start.rotation
    )
    with pytest.raises(RuntimeError, match="Spawn failed because of collision at spawn position"):
        world_of.vehicle(inside)
