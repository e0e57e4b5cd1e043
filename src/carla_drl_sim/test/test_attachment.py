"""Composition of transforms against the client's own arithmetic."""

from __future__ import annotations

import random

import carla
import numpy as np
import pytest

from carla_drl_sim.attachment import axes, compose, rotation_of
from carla_drl_sim.protocol.streams import SnapshotBuffer
from carla_drl_sim.protocol.structs import Pose
from carla_drl_sim.snapshot_kernel import fill_follower_records


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
    vehicles = np.array([_random_pose(rng) for _ in range(4)])
    relative = np.array([*(_random_pose(rng) for _ in range(6)), Pose()])
    parents = np.array([0, 3, 1, 1, 2, 0, 2])
    buffer = SnapshotBuffer(9)
    fill_follower_records(
        buffer.record_bytes,
        2,
        parents,
        ~relative.any(axis=1),
        np.ascontiguousarray(relative[:, :3]),
        axes(relative[:, 3:]),
        np.ascontiguousarray(vehicles[:, :3]),
        np.ascontiguousarray(vehicles[:, 3:]),
    )
    for record, parent, child in zip(buffer.records[2:], parents, relative, strict=True):
        expected = compose(Pose(*vehicles[parent]), Pose(*child))
        assert [*record["location"], *record["rotation"]] == pytest.approx(expected, abs=1e-4)
    assert not buffer.records["location"][:2].any()
