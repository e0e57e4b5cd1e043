"""Rays over hilly ground: hit where a fine search finds the crossing, decks of bridges included."""

from __future__ import annotations

import numpy as np
import pytest
from solid_scenes import hills, unit

from carla_drl_sim.sensors.ground_blocks import make_blocks
from carla_drl_sim.sensors.ground_blocks_kernel import hit_hills
from carla_drl_sim.sensors.scene import GroundArrays, ground_arrays
from carla_drl_sim.sensors.scene_kernel import height_at, hit_ground
from carla_drl_sim.world.ground import Heights

REACH_M = 90.0


def _bumpy(seed: int, slope: float) -> GroundArrays:
    random = np.random.default_rng(seed)
    ground = (slope * random.random((70, 81))).astype(np.float32)
    return ground_arrays(Heights((-35.0, -40.0), 1.0, ground, np.full(ground.shape, np.nan, np.float32)))


def _bridged() -> GroundArrays:
    heights = hills()
    heights.deck[40:60, 45:55] = 6.0
    return ground_arrays(heights)


def _rays(seed: int, height: float) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(seed)
    origins = random.uniform(-30.0, 30.0, (400, 3))
    origins[:, 2] = height
    return origins, unit(random.normal(size=(400, 3)) * (1.0, 1.0, 0.15))


@pytest.mark.parametrize("ground", [ground_arrays(hills()), _bumpy(1, 0.3), _bumpy(2, 3.0)])
@pytest.mark.parametrize("height", [4.5, 15.0])
def test_rays_hit_where_a_fine_search_finds_the_crossing(ground: GroundArrays, height: float) -> None:
    blocks = make_blocks(ground)
    fine = np.arange(0.0, REACH_M, 0.02)
    origins, directions = _rays(3, height)
    missed = 0
    for origin, direction in zip(origins[:80], directions[:80], strict=True):
        found, layer = hit_hills(ground, blocks, *origin, *direction, REACH_M)
        places = origin + fine[:, None] * direction
        gaps = np.array([place[2] - height_at(ground, False, place[0], place[1]) for place in places])
        below = np.flatnonzero(gaps <= 0.0)
        assert layer == 0
        expected = fine[below[0]] if below.size else np.inf
        if np.isfinite(expected) != np.isfinite(found) or abs(found - expected) > 0.05:
            # Only a ridge that is touched by less than a step of a quarter cell may be passed over.
            missed += 1
    assert missed <= 2


def test_decks_are_hit_from_above_and_below() -> None:
    ground = _bridged()
    blocks = make_blocks(ground)
    assert blocks.has_deck.any()
    assert hit_hills(ground, blocks, 0.0, 0.0, 10.0, 0.0, 0.0, -1.0, REACH_M) == (pytest.approx(4.0), 1)
    up, layer = hit_hills(ground, blocks, 0.0, 0.0, 3.5, 0.0, 0.0, 1.0, REACH_M)
    assert (up, layer) == (pytest.approx(2.5), 1)
    origins, directions = _rays(5, 9.0)
    for origin, direction in zip(origins, directions, strict=True):
        found, layer = hit_hills(ground, blocks, *origin, *direction, REACH_M)
        expected, expected_layer = hit_ground(ground, *origin, *direction, 0.0, REACH_M)
        if np.isfinite(expected) and expected_layer == 1:
            assert (found, layer) == (pytest.approx(expected, abs=0.02), 1)


def test_a_ray_that_starts_below_the_ground_meets_none() -> None:
    ground = ground_arrays(hills())
    found, _ = hit_hills(ground, make_blocks(ground), 0.0, 0.0, -9.0, 0.0, 0.0, -1.0, REACH_M)
    assert np.isinf(found)


def test_beyond_the_grid_the_ground_goes_on_level() -> None:
    ground = ground_arrays(hills())
    expected = 20.0 - height_at(ground, False, 5000.0, 0.0)
    found, _ = hit_hills(ground, make_blocks(ground), 5000.0, 0.0, 20.0, 0.0, 0.0, -1.0, REACH_M)
    assert found == pytest.approx(expected, abs=0.01)
