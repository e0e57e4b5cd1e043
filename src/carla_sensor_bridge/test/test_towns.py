"""Lane graph and routes in every town of the embedded simulator, with several lanes, ramps and hills."""

from __future__ import annotations

import carla
import numpy as np
import pytest

from carla_drl_sim.world.town_generator import PLANS, generate_town
from carla_sensor_bridge.lane_graph import LaneGraph, build_lane_graph
from carla_sensor_bridge.routes import RouteGenerator

NOBODY = np.zeros((0, 2))


@pytest.fixture(scope="module", params=sorted(PLANS))
def graph(request: pytest.FixtureRequest) -> LaneGraph:
    town = generate_town(request.param)
    return build_lane_graph(carla.Map(town.name, town.opendrive))


def test_every_lane_goes_on_where_it_ends(graph: LaneGraph) -> None:
    for segment, after in enumerate(graph.successors):
        assert len(after)
        end = graph.points(segment).stop - 1
        for follower in after:
            start = graph.points(int(follower)).start
            assert np.hypot(graph.x[end] - graph.x[start], graph.y[end] - graph.y[start]) < 0.01
            assert abs(graph.z[end] - graph.z[start]) < 0.01
            assert abs((graph.yaw[start] - graph.yaw[end] + np.pi) % (2.0 * np.pi) - np.pi) < 0.02
    assert graph.speed_limit.min() >= 20.0 / 3.6 - 1e-6
    assert graph.speed_limit.max() <= 90.0 / 3.6 + 1e-6
    assert np.abs(graph.pitch).max() <= 0.0801


def test_routes_of_a_scenario_can_be_drawn(graph: LaneGraph) -> None:
    generator = RouteGenerator(graph, 120.0, 200.0, 15.0, seed=1)
    for agent in range(60):
        route = generator.draw(agent, NOBODY)
        assert 119.0 < route.length_m < 201.0
        steps = np.hypot(np.diff(route.x), np.diff(route.y))
        assert steps.max() < 1.5
        turns = np.abs((np.diff(route.yaw) + np.pi) % (2.0 * np.pi) - np.pi)
        assert turns.max() < np.radians(8.0)
