"""Banked roads of OpenDRIVE documents: superelevation and crossfall."""

from __future__ import annotations

import math
from random import Random

import numpy as np
import pytest
from maps import document, piece

from carla_drl_sim.world.ground_builder import build_heights
from carla_drl_sim.world.ground_kernel import surface_heights
from carla_drl_sim.world.network_spawn_points import network_spawn_points
from carla_drl_sim.world.opendrive_reader import read_opendrive
from carla_drl_sim.world.road_network import RoadNetwork

BANK = 0.08
FALL = 0.03
RISE = 0.02


def _banked(lateral: str, elevation: str = "") -> RoadNetwork:
    return read_opendrive(
        document(
            piece("<line/>"),
            elevation=elevation,
            road_rest=f"<lateralProfile>{lateral}</lateralProfile>",
        )
    )


def _cubic(name: str, a: float, b: float = 0.0, more: str = "") -> str:
    return f'<{name} s="0" a="{a}" b="{b}" c="0" d="0" {more}/>'


def _ground(network: RoadNetwork, x: float, t: float) -> float:
    """Height of the ground beside the reference line, which runs along x; CARLA's y is to the right."""
    return float(surface_heights(build_heights(network), np.array([[x, -t, 5.0]]))[0])


def test_the_ground_falls_from_left_to_right() -> None:
    network = _banked(_cubic("superelevation", BANK), _cubic("elevation", 1.0, RISE))
    for t in (3.0, 1.0, 0.0, -1.0, -2.5):
        assert _ground(network, 50.0, t) == pytest.approx(2.0 + t * math.tan(BANK), abs=2e-3)


def test_crossfall_falls_outwards_on_its_side() -> None:
    both = _banked(_cubic("crossfall", FALL, more='side="both"'))
    right = _banked(_cubic("crossfall", FALL, more='side="right"'))
    for t in (3.0, 1.0, -1.0, -2.5):
        assert _ground(both, 50.0, t) == pytest.approx(-abs(t) * math.tan(FALL), abs=2e-3)
        assert _ground(right, 50.0, t) == pytest.approx(min(t, 0.0) * math.tan(FALL), abs=2e-3)


def test_lanes_have_the_height_and_tilt_of_the_surface() -> None:
    """Against differences of heights: 1 mm to each side."""
    network = _banked(
        _cubic("superelevation", BANK, 1e-3) + _cubic("crossfall", FALL, more='side="both"'),
        _cubic("elevation", 1.0, RISE),
    )
    road = network.roads[7]
    s = np.array([30.0, 60.0])
    for lane_id in (-1, 1):
        line = road.lane_line(road.section_at(30.0), lane_id, s)
        t = -line.points[:, 1]
        along = 1.0 if lane_id < 0 else -1.0
        assert line.points[:, 2] == pytest.approx(road.surface_heights(s, t))
        rise = (road.surface_heights(s + 1e-3, t) - road.surface_heights(s - 1e-3, t)) / 2e-3
        fall = (road.surface_heights(s, t + 1e-3) - road.surface_heights(s, t - 1e-3)) / 2e-3
        assert np.tan(line.pitch) == pytest.approx(along * rise, abs=1e-6)
        assert np.tan(line.roll) == pytest.approx(along * fall, abs=1e-6)
    points = network_spawn_points(network, Random(0))
    assert sorted(set(np.sign(points[:, 5]))) == [-1.0, 1.0]


def test_level_documents_stay_flat() -> None:
    network = _banked(_cubic("superelevation", 0.0) + _cubic("crossfall", 0.0, more='side="both"'))
    assert network.roads[7].banking.is_level
    assert build_heights(network).is_flat


def test_absurd_angles_are_refused() -> None:
    with pytest.raises(ValueError, match=r"road 7.*an angle of 1\.5 rad"):
        _banked(_cubic("superelevation", 1.5))
