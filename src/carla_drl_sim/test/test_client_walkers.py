"""The unmodified client spawns and leads pedestrians."""

from __future__ import annotations

import queue
from typing import Any

import carla
import pytest
from carla_world import Scene

EVENT_LIMIT_S = 10.0
PLACE = carla.Transform(carla.Location(0.0, 0.0, 1.0))


def _walker(world_of: Scene, transform: Any = PLACE, number: str = "0015", **attributes: str) -> Any:
    blueprint = world_of.library.find(f"walker.pedestrian.{number}")
    for name, value in attributes.items():
        blueprint.set_attribute(name, value)
    walker = world_of.world.spawn_actor(blueprint, transform)
    world_of.adopt(walker)
    return walker


def test_blueprints(world_of: Scene) -> None:
    blueprints = world_of.library.filter("walker.pedestrian.*")
    assert len(blueprints) == 51
    for blueprint in blueprints:
        assert blueprint.get_attribute("age").as_str() in {"adult", "child", "teenager"}
        assert blueprint.get_attribute("gender").as_str() in {"female", "male"}
        standing, walking, running = map(float, blueprint.get_attribute("speed").recommended_values)
        assert standing == 0.0 < walking < running
        assert blueprint.get_attribute("is_invincible").as_bool()
    assert world_of.library.find("controller.ai.walker") is not None


def test_a_walker_is_led_by_its_control(world_of: Scene) -> None:
    walker = _walker(world_of)
    assert list(walker.semantic_tags) == [12]
    assert walker.bounding_box.extent.z == pytest.approx(0.93)
    control = carla.WalkerControl(carla.Vector3D(0.0, 1.0, 0.0), 2.0, False)
    walker.apply_control(control)
    world_of.ticks(41)
    assert walker.get_location().y == pytest.approx(4.0, abs=0.3)
    assert walker.get_location().z == pytest.approx(0.93, abs=0.01)
    assert walker.get_velocity().y == pytest.approx(2.0)
    assert walker.get_transform().rotation.yaw == pytest.approx(90.0, abs=0.1)
    sent = walker.get_control()
    assert (sent.direction, sent.speed, sent.jump) == (control.direction, control.speed, control.jump)
    road = world_of.map.get_spawn_points()[0].location
    walker.set_location(carla.Location(road.x, road.y, 3.0))
    walker.apply_control(carla.WalkerControl())
    world_of.ticks(1)
    assert walker.get_location().x == pytest.approx(road.x)
    assert walker.get_location().z > 2.8  # it falls
    assert walker.destroy()


def test_batches_move_walkers(world_of: Scene) -> None:
    walker = _walker(world_of)
    walker.set_simulate_physics(False)
    walker.set_collisions(False)
    state = carla.command.ApplyWalkerState(walker, carla.Transform(carla.Location(3.0, 4.0, 0.5)), 1.2)
    (answer,) = world_of.client.apply_batch_sync([state], True)
    assert not answer.error
    assert walker.get_location().distance(carla.Location(3.0, 4.0, 1.43)) < 1e-3
    assert walker.get_control().speed == pytest.approx(1.2)
    control = carla.command.ApplyWalkerControl(walker, carla.WalkerControl(speed=0.5))
    (answer,) = world_of.client.apply_batch_sync([control], True)
    assert not answer.error
    assert walker.get_control().speed == pytest.approx(0.5)
    (answer,) = world_of.client.apply_batch_sync([carla.command.ApplyWalkerState(999999, PLACE, 1.0)], True)
    assert "999999" in answer.error


def test_two_walkers_do_not_fit_into_one_place(world_of: Scene) -> None:
    _walker(world_of)
    with pytest.raises(RuntimeError, match="Spawn failed because of collision at spawn position"):
        _walker(world_of)


def test_sensors_follow_a_walker(world_of: Scene) -> None:
    walker = _walker(world_of)
    sensor = world_of.sensor(walker, transform=carla.Transform(carla.Location(0.5, 0.0, 0.6)))
    walker.apply_control(carla.WalkerControl(carla.Vector3D(0.0, 1.0, 0.0), 2.0))
    world_of.ticks(30)
    expected = walker.get_transform().transform(carla.Location(0.5, 0.0, 0.6))
    assert sensor.get_location().distance(expected) < 1e-3
    assert sensor.parent.id == walker.id


def test_a_walker_that_is_run_over(world_of: Scene) -> None:
    point = world_of.map.get_spawn_points()[0]
    forward = point.get_forward_vector()
    ahead = point.location + carla.Location(12.0 * forward.x, 12.0 * forward.y, 1.0)
    vehicle = world_of.vehicle(point)
    walker = _walker(world_of, carla.Transform(ahead), is_invincible="false")
    received: queue.Queue[Any] = queue.Queue()
    for actor in (vehicle, walker):
        world_of.sensor(actor).listen(received.put)
    vehicle.set_target_velocity(carla.Vector3D(10.0 * forward.x, 10.0 * forward.y))
    world_of.ticks(40)
    first, second = received.get(timeout=EVENT_LIMIT_S), received.get(timeout=EVENT_LIMIT_S)
    assert {first.actor.id, second.actor.id} == {vehicle.id, walker.id}
    for event in (first, second):
        along = event.normal_impulse.x * forward.x + event.normal_impulse.y * forward.y
        assert along > 300.0 if event.actor.id == walker.id else along < -300.0
    world_of.ticks(200)
    assert world_of.world.get_snapshot().find(walker.id) is None


def test_bones(world_of: Scene) -> None:
    walker = _walker(world_of, carla.Transform(carla.Location(0.0, 0.0, 1.0), carla.Rotation(yaw=90.0)))
    world_of.ticks(10)
    bones = {bone.name: bone for bone in walker.get_bones().bone_transforms}
    assert {"crl_root", "crl_hips__C", "crl_Head__C", "crl_foreArm__L", "crl_handThumbEnd__R"} <= set(bones)
    feet = walker.get_location() - carla.Location(z=0.93)
    assert bones["crl_root"].world.location.distance(feet) < 1e-3
    assert bones["crl_Head__C"].world.location.z > bones["crl_hips__C"].world.location.z > 0.8
    assert bones["crl_hand__R"].world.location.x < feet.x - 0.2  # yaw 90: right is -x
    hand = bones["crl_hand__R"].component.location.z
    raised = carla.Transform(bones["crl_arm__R"].relative.location, carla.Rotation(roll=-90.0))
    walker.set_bones(carla.WalkerBoneControlIn([("crl_arm__R", raised)]))
    for blend, change in ((0.0, 0.0), (1.0, 0.6)):
        walker.blend_pose(blend)
        world_of.ticks(1)
        bones = {bone.name: bone for bone in walker.get_bones().bone_transforms}
        moved = bones["crl_hand__R"].component.location.z - hand
        assert moved == pytest.approx(change, abs=0.1)
    walker.get_pose_from_animation()
    world_of.ticks(1)
    bones = {bone.name: bone for bone in walker.get_bones().bone_transforms}
    assert bones["crl_hand__R"].component.location.z == pytest.approx(hand)
