"""Composition of transforms against the client's own arithmetic."""

from __future__ import annotations

import random

import carla
import numpy as np
import pytest

from carla_drl_sim.attachment import Followers, axes, compose, rotation_of
from carla_drl_sim.protocol.structs import Pose


def _transform(pose: Pose) -> carla.Transform:
    return carla.Transform(
        carla.Location(pose.x, pose.y, pose.z), carla.Rotation(pitch=pose.pitch, yaw=pose.yaw, roll=pose.roll)
    )


def _random_pose(rng: random.Random) -> Pose:
    return Pose(*(rng.uniform(-50.0, 50.0) for _ in range(3)), *(rng.uniform(-85.0, 85.0) for _ in range(3)))


def test_composition_is_that_of_the_client() -> None:
    rng = random.Random(0)
    for _ in range(100):
        parent, child, grandchild = _random_pose(rng), _random_pose(rng), _random_pose(rng)
        composed = _transform(compose(parent, child))
        # The client transforms a point in place.
        expected = _transform(parent).transform(_transform(child).transform(carla.Location(*grandchild[:3])))
        assert composed.transform(carla.Location(*grandchild[:3])).distance(expected) < 1e-2


def test_axes_and_rotation_are_inverse() -> None:
    rotations = np.random.default_rng(0).uniform(-89.0, 89.0, (50, 3))
    assert rotation_of(axes(rotations)) == pytest.approx(rotations, abs=1e-9)


def test_followers_agree_with_composition() -> None:
    rng = random.Random(1)
    parents = [_random_pose(rng) for _ in range(4)]
    relative = [_random_pose(rng) for _ in range(6)]
    of = [0, 3, 1, 1, 2, 0]
    table = np.array(parents)
    location, rotation = Followers(np.array(of), np.array(relative)).poses(table[:, :3], table[:, 3:])
    for row, (parent, child) in enumerate(zip(of, relative, strict=True)):
        assert [*location[row], *rotation[row]] == pytest.approx(compose(parents[parent], child), abs=1e-9)
