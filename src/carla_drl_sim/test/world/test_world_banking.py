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


LANES = (
    '<laneSection s="0"><left><lane id="1" type="driving"><width sOffset="0" a="4" b="0" c="0" d="0"/></lane></left>'
    '<center><lane id="0" type="none"/></center>'
    '<right><lane id="-1" type="driving"><width sOffset="0" a="4" b="0" c="0" d="0"/></lane>'
    '<lane id="-2" type="biking" level="true"><width sOffset="0" a="4" b="0" c="0" d="0"/></lane>'
    '<lane id="-3" type="sidewalk" level="true"><width sOffset="0" a="4" b="0" c="0" d="0"/>{heights}</lane></right>'
    "</laneSection>"
)


def _paved(lateral: str = "", heights: str = "") -> RoadNetwork:
    """A driving lane on the left; on the right one, then two level lanes; each 4 m wide."""
    profile = f"<lateralProfile>{lateral}</lateralProfile>"
    return read_opendrive(document(piece("<line/>"), lanes=LANES.format(heights=heights), road_rest=profile))


def test_level_lanes_go_on_at_the_height_of_their_inner_border() -> None:
    network = _paved(_cubic("superelevation", BANK))
    fall = math.tan(BANK)
    for t, height in (
        (2.0, 2.0 * fall),
        (-2.0, -2.0 * fall),
        (-6.0, -4.0 * fall),  # lane -2 begins 4 m right of the line
        (-7.0, -4.0 * fall),
        (-10.0, -4.0 * fall),  # lane -3 where lane -2 ends
    ):
        assert _ground(network, 50.0, t) == pytest.approx(height, abs=2e-3)
    road, s = network.roads[7], np.array([50.0])
    for lane_id, roll in ((-1, BANK), (-2, 0.0), (-3, 0.0)):
        line = road.lane_line(road.sections[0], lane_id, s)
        assert line.roll[0] == pytest.approx(roll, abs=1e-6)
        assert line.points[0, 2] == pytest.approx(-fall * min(2.0 - 4.0 * (lane_id + 1), 4.0))


def test_heights_of_lanes_are_linear_between_records_and_borders() -> None:
    """Over a level road: 0.1 m inside and 0.3 m outside at its start, 0.2 m from 50 m on."""
    network = _paved(
        heights='<height sOffset="0" inner="0.1" outer="0.3"/><height sOffset="50" inner="0.2" outer="0.2"/>'
    )
    assert not network.roads[7].is_level
    for x, t, height in (
        (25.0, -10.0, 0.2),  # in the middle of 0.15 and 0.25
        (25.0, -11.0, 0.225),  # three quarters of the way
        (1.0, -9.0, 0.1 + 0.002 + 0.25 * 0.196),
        (80.0, -9.5, 0.2),
        (25.0, -6.0, 0.0),
        (25.0, 2.0, 0.0),
    ):
        assert _ground(network, x, t) == pytest.approx(height, abs=2e-3)


def test_shapes_are_heights_over_the_banked_plane() -> None:
    """A crown that is twice as high after 100 m; from 2 m left of the line on a parabola."""
    start = (
        '<shape s="0" t="-4" a="0" b="0.05" c="0" d="0"/><shape s="0" t="0" a="0.2" b="-0.05" c="0" d="0"/>'
        '<shape s="0" t="2" a="0.1" b="0" c="-0.025" d="0"/>'
    )
    end = (
        '<shape s="100" t="-4" a="0" b="0.1" c="0" d="0"/><shape s="100" t="0" a="0.4" b="-0.1" c="0" d="0"/>'
        '<shape s="100" t="2" a="0.2" b="0" c="-0.05" d="0"/>'
    )
    network = _paved(start + end + _cubic("superelevation", BANK))
    road, fall = network.roads[7], math.tan(BANK)
    for s, t, height in (
        (0.0, -2.0, 0.1),
        (50.0, -2.0, 1.5 * 0.1),
        (50.0, 1.0, 1.5 * 0.15),
        (100.0, 4.0, 0.2 - 0.05 * 2.0**2),
        (25.0, 3.0, 1.25 * (0.1 - 0.025)),
    ):
        found = road.surface_heights(np.array([s]), np.array([t]))
        assert found[0] == pytest.approx(height + t * fall)
    for t in (-3.0, -1.0, 1.0):
        assert _ground(network, 50.0, t) == pytest.approx(1.5 * (0.2 - 0.05 * abs(t)) + t * fall, abs=2e-3)
    line = road.lane_line(road.sections[0], -1, np.array([50.0]))
    assert np.tan(line.roll[0]) == pytest.approx(fall + 1.5 * 0.05, abs=1e-6)
    assert np.tan(line.pitch[0]) == pytest.approx(0.1 / 100.0, abs=1e-6)


def test_absurd_angles_are_refused() -> None:
    with pytest.raises(ValueError, match=r"road 7.*an angle of 1\.5 rad"):
        _banked(_cubic("superelevation", 1.5))
