"""Walkers that meet each other."""

from __future__ import annotations

import numpy as np
import pytest

from carla_drl_sim.world.dynamics import VehicleDynamics
from carla_drl_sim.world.walker_models import WALKER_MODELS
from carla_drl_sim.world.walkers import Walkers

STEP_S = 0.05
ADULT = WALKER_MODELS["walker.pedestrian.0015"]
NOBODY_ELSE = VehicleDynamics()


def _walkers(*places: tuple[float, float]) -> Walkers:
    walkers = Walkers()
    for x, y in places:
        walkers.add(ADULT, x, y, ADULT.half_height, 0.0)
    return walkers


def _walk(walkers: Walkers, seconds: float) -> None:
    for _ in range(round(seconds / STEP_S)):
        walkers.step(STEP_S)
        walkers.separate(NOBODY_ELSE)


def _send(walkers: Walkers, slot: int, x: float, speed: float = 1.5) -> None:
    walkers.direction[slot] = (x, 0.0, 0.0)
    walkers.speed[slot] = speed


def test_two_that_walk_at_each_other_stop() -> None:
    walkers = _walkers((0.0, 0.0), (4.0, 0.0))
    _send(walkers, 0, 1.0)
    _send(walkers, 1, -1.0)
    _walk(walkers, 4.0)
    assert walkers.position[:2, 0] == pytest.approx([2.0 - ADULT.radius, 2.0 + ADULT.radius], abs=0.1)
    assert np.abs(walkers.velocity[:2, 0]).max() < 0.5


def test_one_that_stands_is_pushed_and_slows_the_other_down() -> None:
    walkers = _walkers((0.0, 0.0), (2.0, 0.0))
    _send(walkers, 0, 1.0)
    _walk(walkers, 4.0)
    assert walkers.position[1, 0] > 2.2
    assert 2.0 * ADULT.radius - 0.1 < walkers.position[1, 0] - walkers.position[0, 0]
    assert walkers.position[0, 0] < 1.5 * 4.0 - 1.0


def test_two_that_are_not_in_line_slide_past_each_other() -> None:
    walkers = _walkers((0.0, 0.0), (3.0, 0.5 * ADULT.radius))
    _send(walkers, 0, 1.0)
    _send(walkers, 1, -1.0)
    _walk(walkers, 8.0)
    assert walkers.position[0, 0] > walkers.position[1, 0] + 1.0
    assert walkers.position[0, 1] < 0.0 < walkers.position[1, 1]


@pytest.mark.parametrize("flag", ["collisions", "simulate_physics"])
def test_those_without_collisions_or_physics(flag: str) -> None:
    walkers = _walkers((0.0, 0.0), (2.0, 0.0))
    getattr(walkers, flag)[1] = False
    _send(walkers, 0, 1.0)
    _walk(walkers, 4.0)
    assert walkers.position[1].tolist() == pytest.approx([2.0, 0.0, ADULT.half_height])
    passes = walkers.position[0, 0] > 3.0
    assert passes == (flag == "collisions")
    assert passes or walkers.position[0, 0] == pytest.approx(2.0 - 2.0 * ADULT.radius, abs=1e-6)


def test_one_above_the_other_is_not_met() -> None:
    walkers = _walkers((0.0, 0.0), (1.0, 0.0))
    walkers.gravity[1] = False
    walkers.position[1, 2] += 2.5 * ADULT.half_height
    _send(walkers, 0, 1.0)
    _walk(walkers, 2.0)
    assert walkers.position[0, 0] > 2.0


def test_a_crowd_in_one_place_spreads_the_same_way_every_time() -> None:
    places = []
    for _ in range(2):
        walkers = _walkers(*[(0.01 * n, 0.02 * (n % 3)) for n in range(30)])
        _walk(walkers, 10.0)
        places.append(walkers.position[:30].copy())
    assert places[0].tobytes() == places[1].tobytes()
    away = np.linalg.norm(places[0][:, None, :2] - places[0][None, :, :2], axis=2)
    assert away[~np.eye(30, dtype=bool)].min() > 1.8 * ADULT.radius
