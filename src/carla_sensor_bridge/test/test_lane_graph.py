from __future__ import annotations

import math

import numpy as np
import pytest
from conftest import document, limit_xml, link_xml, ring_road, road_xml, straight_road

from carla_sensor_bridge.errors import SimulatorLostError
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.opendrive_roads import DEFAULT_SPEED_LIMIT_MPS, parse_roads


def test_straight_road_has_a_lane_per_direction_and_section(straight_graph: LaneGraph) -> None:
    graph = straight_graph
    assert graph.num_segments == 4
    np.testing.assert_allclose(np.sort(graph.length), [40.5, 40.5, 59.5, 59.5], atol=0.01)
    for segment in range(4):
        points = graph.points(segment)
        x, y, yaw = graph.x[points], graph.y[points], graph.yaw[points]
        forward = y[0] < 0.0
        np.testing.assert_allclose(y, -2.0 if forward else 2.0, atol=1e-4)
        assert ((np.diff(x) > 0.0) == forward).all()
        np.testing.assert_allclose(np.abs(yaw), 0.0 if forward else math.pi, atol=1e-4)
        assert np.diff(x).__abs__().max() <= 1.0001
        np.testing.assert_allclose(graph.s[points], np.abs(x - x[0]), atol=1e-4)
    np.testing.assert_allclose(graph.half_width, 2.0)
    np.testing.assert_allclose(graph.speed_limit, 10.0)
    assert not graph.junction.any()


def test_successors_join_end_to_start(straight_graph: LaneGraph, ring_graph: LaneGraph) -> None:
    joined = 0
    for graph in (straight_graph, ring_graph):
        for segment, after in enumerate(graph.successors):
            end = graph.points(segment).stop - 1
            for follower in after:
                start = graph.points(int(follower)).start
                assert math.hypot(graph.x[end] - graph.x[start], graph.y[end] - graph.y[start]) < 0.01
                joined += 1
    assert joined == 2 + 4
    assert sorted(len(after) for after in straight_graph.successors) == [0, 0, 1, 1]


def test_ring_lanes_are_circles(ring_graph: LaneGraph) -> None:
    radius = np.hypot(ring_graph.x, ring_graph.y)
    outer = radius > 30.0
    np.testing.assert_allclose(radius, np.where(outer, 32.0, 28.0), atol=1e-3)
    # The outer lane is right of the reference line: counter-clockwise.
    tangent = np.arctan2(ring_graph.y, ring_graph.x) + np.where(outer, 1, -1) * math.pi / 2
    np.testing.assert_allclose(np.cos(tangent - ring_graph.yaw), 1.0, atol=1e-5)
    lengths = [ring_graph.length[s] for s in range(4)]
    np.testing.assert_allclose(sorted(lengths), sorted([32 * math.pi] * 2 + [28 * math.pi] * 2), rtol=1e-3)


def test_nearest(straight_graph: LaneGraph) -> None:
    x, y = np.array([20.2, 70.0, -30.0]), np.array([-2.5, 9.0, -2.0])
    index, distance = straight_graph.nearest(x, y)
    np.testing.assert_allclose(straight_graph.y[index], [-2.0, 2.0, -2.0], atol=1e-4)
    brute = np.hypot(x[:, None] - straight_graph.x, y[:, None] - straight_graph.y).min(axis=1)
    np.testing.assert_allclose(distance, brute)
    assert distance[2] == pytest.approx(30.0, abs=0.01)


def test_limits_have_units_and_change_along_the_road() -> None:
    limits = limit_xml("36", "km/h") + limit_xml("20", "m/s", s=50.0) + limit_xml("no limit", "km/h", s=80.0)
    roads = parse_roads(document("x", road_xml(7, (0.0, 0.0, 0.0), 100.0, limit=limits)))
    np.testing.assert_allclose(roads[7].speed_limit(np.array([0.0, 49.0, 51.0, 99.0])), [10, 10, 20, 20])
    mph = parse_roads(document("x", road_xml(7, (0.0, 0.0, 0.0), 100.0, limit=limit_xml("25", "mph"))))
    assert mph[7].limit_mps[0] == pytest.approx(11.176)


def test_roads_without_limit_take_their_neighbours_or_the_default() -> None:
    roads = parse_roads(
        document(
            "x",
            road_xml(1, (0.0, 0.0, 0.0), 10.0, limit=limit_xml("36", "km/h")),
            road_xml(2, (10.0, 0.0, 0.0), 10.0, links=link_xml(1, 3)),
            road_xml(3, (20.0, 0.0, 0.0), 10.0, limit=limit_xml("72", "km/h")),
        )
    )
    assert roads[2].limit_mps[0] == pytest.approx(10.0)
    assert parse_roads(ring_road())[1].limit_mps[0] == DEFAULT_SPEED_LIMIT_MPS


def test_sections() -> None:
    road = parse_roads(straight_road())[1]
    assert road.section_range(10.0) == (0.0, 40.5)
    assert road.section_range(41.0) == (40.5, 100.0)


def test_unreadable_map() -> None:
    with pytest.raises(SimulatorLostError, match="OpenDRIVE"):
        parse_roads("<OpenDRIVE")
