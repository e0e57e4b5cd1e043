"""Noise without state: the same for the same question, unrelated for all others, and of the right shape."""

from __future__ import annotations

import numpy as np
import pytest

from carla_drl_sim.sensors.noise import normals, stream_key, uniform


def _normals(seed: int, actor: int, frame: int, count: int = 2000) -> np.ndarray:
    values = np.empty(count)
    normals(seed, actor, frame, values)
    return values


def test_noise_repeats_and_depends_on_seed_actor_and_frame() -> None:
    first = _normals(1, 2, 3)
    assert (first == _normals(1, 2, 3)).all()
    for other in ((0, 2, 3), (1, 3, 3), (1, 2, 4), (2, 1, 3), (-1, 2, 3)):
        assert abs(np.corrcoef(first, _normals(*other))[0, 1]) < 0.1


def test_normal_numbers_are_normal() -> None:
    values = _normals(7, 7, 7, 200_000)
    assert values.mean() == pytest.approx(0.0, abs=0.01)
    assert values.std() == pytest.approx(1.0, abs=0.01)
    assert np.mean(np.abs(values) < 1.0) == pytest.approx(0.6827, abs=0.005)
    assert abs(np.corrcoef(values[:-1], values[1:])[0, 1]) < 0.01


def test_uniform_numbers_fill_the_unit_interval() -> None:
    key = np.uint64(stream_key(0, 1, 1))
    values = np.array([uniform(key, index) for index in range(20_000)])
    assert values.min() >= 0.0
    assert values.max() < 1.0
    assert np.histogram(values, 10, (0.0, 1.0))[0] == pytest.approx([2000] * 10, rel=0.1)
