"""carla.Walker and WalkerAIController, method by method."""

from __future__ import annotations

import carla
import pytest
from carla_world import STEP_S, Scene
from covered import covers


@pytest.fixture
def walker(scene: Scene) -> carla.Walker:
    scene.world.set_pedestrians_seed(3)
    place = scene.world.get_random_location_from_navigation()
    made = scene.adopt(
        scene.world.spawn_actor(
            scene.library.find("walker.pedestrian.0001"), carla.Transform(place + carla.Location(z=1.0))
        )
    )
    scene.ticks(20)
    return made


@covers("Walker.apply_control", "Walker.get_control")
def test_a_walker_walks(scene: Scene, walker: carla.Walker) -> None:
    before = walker.get_location()
    walker.apply_control(carla.WalkerControl(carla.Vector3D(1.0, 0.0, 0.0), 1.5))
    scene.ticks(int(1.0 / STEP_S))
    moved = walker.get_location() - before
    assert moved.x == pytest.approx(1.5, abs=0.3)
    assert abs(moved.y) < 0.1
    assert walker.get_control().speed == pytest.approx(1.5)
    assert walker.get_velocity().length() == pytest.approx(1.5, abs=0.2)


@covers(
    "Walker.get_bones",
    "Walker.set_bones",
    "Walker.blend_pose",
    "Walker.show_pose",
    "Walker.hide_pose",
    "Walker.get_pose_from_animation",
    state="partial",
    note="the skeleton is not drawn",
)
def test_bones(scene: Scene, walker: carla.Walker) -> None:
    bones = walker.get_bones().bone_transforms
    assert len(bones) > 10
    names = {bone.name for bone in bones}
    assert "crl_Head__C" in names
    pose = carla.WalkerBoneControlIn()
    pose.bone_transforms = [("crl_arm__R", carla.Transform(rotation=carla.Rotation(roll=90.0)))]
    walker.set_bones(pose)
    walker.blend_pose(0.5)
    walker.show_pose()
    walker.hide_pose()
    walker.get_pose_from_animation()
    scene.ticks(1)
    head = next(bone for bone in walker.get_bones().bone_transforms if bone.name == "crl_Head__C")
    assert head.world.location.distance(walker.get_location()) < 2.0


@covers(
    "WalkerAIController.start",
    "WalkerAIController.go_to_location",
    "WalkerAIController.set_max_speed",
    "WalkerAIController.stop",
)
def test_an_ai_controller_walks_to_its_target(scene: Scene, walker: carla.Walker) -> None:
    controller = scene.sensor(walker, "controller.ai.walker")
    scene.ticks(1)
    controller.start()
    targets = [scene.world.get_random_location_from_navigation() for _ in range(20)]
    target = min(
        (t for t in targets if t.distance(walker.get_location()) > 15.0),
        key=lambda t: t.distance(walker.get_location()),
    )
    controller.go_to_location(target)
    controller.set_max_speed(2.0)
    before = walker.get_location()
    furthest = 0.0
    for _ in range(300):
        scene.ticks(1)
        furthest = max(furthest, walker.get_location().distance(before))
    assert furthest > 5.0
    controller.stop()
    scene.ticks(1)
