from __future__ import annotations

import math

import numpy as np

from carla_sensor_bridge.drivable import DrivableArea, directions, only_oncoming
from carla_sensor_bridge.lane_graph import LaneGraph


def test_straight_road(straight_graph: LaneGraph) -> None:
    area = DrivableArea(straight_graph)
    x = np.array([50.0, 50.0, 50.0, 50.0, 50.0, -1.0, 101.0, 40.5])
    y = np.array([0.0, -3.8, 3.8, -4.3, 4.3, 0.0, 0.0, 1.0])
    assert area.contains(x, y).tolist() == [True, True, True, False, False, False, False, True]


def test_no_holes_and_nothing_beyond(ring_graph: LaneGraph) -> None:
    area = DrivableArea(ring_graph)
    angle = np.linspace(0.0, 2 * np.pi, 5000)
    for radius, inside in (
        (26.3, True),
        (28.0, True),
        (30.0, True),
        (33.7, True),
        (25.6, False),
        (34.4, False),
    ):
        assert area.contains(radius * np.cos(angle), radius * np.sin(angle)).all() == inside
        assert area.contains(radius * np.cos(angle), radius * np.sin(angle)).any() == inside


def test_far_away_is_not_drivable(ring_graph: LaneGraph) -> None:
    area = DrivableArea(ring_graph)
    far = np.array([1e6, -1e6, 0.0, 0.0])
    assert not area.contains(far, far[::-1]).any()


def test_compiled_lookup_agrees(ring_graph: LaneGraph) -> None:
    area = DrivableArea(ring_graph)
    rng = np.random.default_rng(0)
    x, y = rng.uniform(-150, 150, 2000), rng.uniform(-150, 150, 2000)
    one_by_one = [
        directions(a, b, area.low_x, area.low_y, area.index, area.tiles) != 0
        for a, b in zip(x, y, strict=True)
    ]
    assert area.contains(x, y).tolist() == one_by_one
    assert 0 < sum(one_by_one) < 2000


def test_directions_of_the_lanes(straight_graph: LaneGraph) -> None:
    area = DrivableArea(straight_graph)
    east, west, off = (
        directions(50.0, y, area.low_x, area.low_y, area.index, area.tiles) for y in (-2.0, 2.0, 6.0)
    )
    assert (east, west, off) == (0b00000001, 0b00010000, 0)
    for turn in (0.0, 2.0 * math.pi, math.radians(110.0), math.radians(-110.0)):
        assert not only_oncoming(east, turn)
        assert only_oncoming(east, turn + math.pi) == (math.cos(turn) > 0.5)
    assert not only_oncoming(east | west, math.pi)


def test_only_tiles_with_lanes_are_kept(ring_graph: LaneGraph) -> None:
    area = DrivableArea(ring_graph)
    assert len(area.tiles) == 1 + np.count_nonzero(area.index)
    assert not area.tiles[0].any()
