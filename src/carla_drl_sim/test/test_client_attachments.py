"""What hangs on a vehicle: rigid attachments turn with it, spring arms swing behind it."""

from __future__ import annotations

import math
from typing import Any

import carla
import pytest
from carla_world import STEP_S, Scene

from carla_drl_sim.spring_arm import LAG_RATE


def _attach(world_of: Scene, parent: Any, offset: Any, kind: Any) -> Any:
    blueprint = world_of.library.find("sensor.other.gnss")
    actor = world_of.world.spawn_actor(blueprint, offset, attach_to=parent, attachment_type=kind)
    world_of.adopt(actor)
    return actor


def _turn(angle: float) -> float:
    return (angle + 180.0) % 360.0 - 180.0


@pytest.mark.parametrize("kind", [carla.AttachmentType.SpringArm, carla.AttachmentType.SpringArmGhost])
def test_a_spring_arm_follows_the_heading_with_a_lag(world_of: Scene, kind: Any) -> None:
    point = world_of.map.get_spawn_points()[0]
    vehicle = world_of.vehicle(point)
    vehicle.set_simulate_physics(False)
    offset = carla.Transform(carla.Location(x=-6.0, z=3.0), carla.Rotation(pitch=-15.0))
    camera = _attach(world_of, vehicle, offset, kind)
    pointer = _attach(world_of, camera, carla.Transform(carla.Location(x=2.0)), carla.AttachmentType.Rigid)
    world_of.ticks(2)
    assert camera.get_transform().rotation.pitch == pytest.approx(-15.0, abs=1e-3)
    start = vehicle.get_transform()
    assert camera.get_location().distance(start.transform(carla.Location(x=-6.0, z=3.0))) < 0.2
    vehicle.set_transform(
        carla.Transform(start.location, carla.Rotation(yaw=start.rotation.yaw + 90.0, roll=10.0))
    )
    behind = []
    for _ in range(30):
        world_of.ticks(1)
        pose = camera.get_transform()
        behind.append(_turn(vehicle.get_transform().rotation.yaw - pose.rotation.yaw))
        arm = pose.location - vehicle.get_location()
        assert math.hypot(arm.x, arm.y) == pytest.approx(6.0, abs=1e-2)
        assert arm.z == pytest.approx(3.0, abs=1e-2)
        assert pose.rotation.roll == pytest.approx(0.0, abs=1e-3)
        assert math.degrees(math.atan2(-arm.y, -arm.x)) % 360.0 == pytest.approx(
            pose.rotation.yaw % 360.0, abs=0.1
        )
        assert pointer.get_location().distance(pose.transform(carla.Location(x=2.0))) < 1e-2
    expected = [90.0 * math.exp(-LAG_RATE * STEP_S * (index + 1)) for index in range(30)]
    assert behind == pytest.approx(expected, abs=0.1)


def test_a_spring_arm_stays_where_it_was_when_its_parent_goes(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    camera = _attach(
        world_of, vehicle, carla.Transform(carla.Location(x=-6.0, z=3.0)), carla.AttachmentType.SpringArm
    )
    world_of.ticks(2)
    place = camera.get_location()
    vehicle.destroy()
    world_of.ticks(2)
    assert camera.get_location().distance(place) < 0.2


def test_batches_attach_to_parents(world_of: Scene) -> None:
    vehicle = world_of.vehicle(world_of.map.get_spawn_points()[0])
    blueprint = world_of.library.find("sensor.other.gnss")
    offset = carla.Transform(carla.Location(x=-6.0, z=3.0))
    commands = [
        carla.command.SpawnActor(blueprint, offset, vehicle),
        carla.command.SpawnActor(blueprint, offset, vehicle, carla.AttachmentType.SpringArm, ""),
    ]
    answers = world_of.client.apply_batch_sync(commands, True)
    assert not [answer.error for answer in answers if answer.error]
    vehicle.set_simulate_physics(False)
    vehicle.set_transform(carla.Transform(vehicle.get_location(), carla.Rotation(yaw=170.0)))
    world_of.ticks(1)
    rigid, swinging = (world_of.world.get_actor(answer.actor_id) for answer in answers)
    world_of.adopt(rigid)
    world_of.adopt(swinging)
    end = vehicle.get_transform().transform(offset.location)
    assert rigid.get_location().distance(end) < 1e-2
    assert swinging.get_location().distance(end) > 0.1


def test_a_spring_arm_is_shortened_by_what_is_behind_and_a_ghost_is_not(world_of: Scene) -> None:
    point = world_of.straight(10.0, 20.0)
    vehicle = world_of.vehicle(point)
    behind = carla.Transform(point.transform(carla.Location(x=-9.0)), point.rotation)
    truck = world_of.vehicle(behind, "vehicle.carlamotors.carlacola")
    for body in (vehicle, truck):
        body.set_simulate_physics(False)
    offset = carla.Transform(carla.Location(x=-10.0, z=2.0))
    arm = _attach(world_of, vehicle, offset, carla.AttachmentType.SpringArm)
    ghost = _attach(world_of, vehicle, offset, carla.AttachmentType.SpringArmGhost)
    on_arm = _attach(world_of, arm, carla.Transform(carla.Location(x=1.0)), carla.AttachmentType.Rigid)
    world_of.ticks(2)
    length = vehicle.get_location().distance(vehicle.get_transform().transform(offset.location))
    front = 9.0 - truck.bounding_box.extent.x
    reached = arm.get_location()
    assert vehicle.get_location().distance(ghost.get_location()) == pytest.approx(length, abs=1e-2)
    behind_m = vehicle.get_transform().inverse_transform(arm.get_location()).x
    assert -front < behind_m < -front + 0.6  # the truck's nose stands back a little
    assert on_arm.get_location().distance(reached) == pytest.approx(1.0, abs=1e-2)
    truck.destroy()
    world_of.ticks(1)
    assert vehicle.get_location().distance(arm.get_location()) == pytest.approx(length, abs=1e-2)
