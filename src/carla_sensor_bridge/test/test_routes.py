from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from carla_sensor_bridge.errors import ConfigurationError
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.routes import NoClearStartError, Route, RouteGenerator

NOBODY = np.zeros((0, 2))


def same(a: Route, b: Route) -> bool:
    return all(
        np.array_equal(getattr(a, field.name), getattr(b, field.name)) for field in dataclasses.fields(Route)
    )


def make(graph: LaneGraph, seed: int = 0, low: float = 40.0, high: float = 120.0) -> RouteGenerator:
    return RouteGenerator(graph, low, high, 15.0, seed)


def test_routes_follow_the_lanes(ring_graph: LaneGraph) -> None:
    generator = make(ring_graph)
    lengths = []
    for _ in range(50):
        route = generator.draw(0, NOBODY)
        lengths.append(route.length_m)
        steps = np.hypot(np.diff(route.x), np.diff(route.y))
        np.testing.assert_allclose(np.diff(route.s), steps, atol=1e-9)
        assert steps.min() > 0.0
        assert steps.max() < 1.1  # 1 m on the reference line
        radius = np.hypot(route.x, route.y)
        assert radius == pytest.approx(np.full_like(radius, 32.0 if radius[0] > 30 else 28.0), abs=0.01)
        # Continuous, though it may go round more than once.
        assert np.abs(np.diff(route.yaw)).max() < 0.1
        along = np.cos(route.yaw[:-1]) * np.diff(route.x) + np.sin(route.yaw[:-1]) * np.diff(route.y)
        assert (along > 0.99 * steps).all()
    assert 40.0 <= min(lengths) < 60.0
    assert 100.0 < max(lengths) <= 120.0 + 1e-9


def test_seed_and_agent_decide(ring_graph: LaneGraph) -> None:
    first = [make(ring_graph).draw(agent, NOBODY) for agent in range(4)]
    again = [make(ring_graph).draw(agent, NOBODY) for agent in range(4)]
    assert all(same(a, b) for a, b in zip(first, again, strict=True))
    assert not same(first[0], first[1])
    assert not same(first[0], make(ring_graph, seed=1).draw(0, NOBODY))


def test_agents_do_not_depend_on_each_other(ring_graph: LaneGraph) -> None:
    alone, together = make(ring_graph), make(ring_graph)
    wanted = [alone.draw(1, NOBODY) for _ in range(3)]
    got = []
    for _ in range(3):
        together.draw(0, NOBODY)
        got.append(together.draw(1, NOBODY))
        together.draw(2, NOBODY)
    assert all(same(a, b) for a, b in zip(wanted, got, strict=True))


def test_a_rejected_start_does_not_change_later_episodes(ring_graph: LaneGraph) -> None:
    free, crowded = make(ring_graph), make(ring_graph)
    first = free.draw(0, NOBODY)
    moved = crowded.draw(0, np.array([[first.x[0], first.y[0]]]))
    assert not same(first, moved)
    assert same(free.draw(0, NOBODY), crowded.draw(0, NOBODY))


def test_reseed_starts_anew(ring_graph: LaneGraph) -> None:
    generator = make(ring_graph, seed=5)
    first = generator.draw(3, NOBODY)
    generator.draw(3, NOBODY)
    generator.reseed(3, 5)
    assert same(first, generator.draw(3, NOBODY))
    generator.reseed(3, 6)
    assert not same(first, generator.draw(3, NOBODY))


def test_starts_are_clear_of_others(ring_graph: LaneGraph) -> None:
    generator = make(ring_graph)
    others = np.array([[30.0, 0.0], [0.0, 30.0], [0.0, -30.0]])
    for _ in range(100):
        route = generator.draw(0, others)
        assert np.hypot(route.x[0] - others[:, 0], route.y[0] - others[:, 1]).min() >= 15.0


def test_no_clear_start(ring_graph: LaneGraph) -> None:
    generator = RouteGenerator(ring_graph, 40.0, 50.0, 70.0, 0)
    others = np.array([[10.0, 0.0]])
    with pytest.raises(NoClearStartError, match="70 m"):
        generator.draw(0, others, strict=True)
    route = generator.draw(0, others)
    # The farthest: opposite the other ego, on the outer lane.
    assert (route.x[0], route.y[0]) == pytest.approx((-32.0, 0.0), abs=1.0)


def test_dead_ends_leave_enough_way(straight_graph: LaneGraph) -> None:
    generator = RouteGenerator(straight_graph, 60.0, 90.0, 5.0, 0)
    for _ in range(100):
        route = generator.draw(0, NOBODY)
        assert 60.0 - 1e-6 <= route.length_m <= 90.0 + 1e-6


def test_too_long_for_the_town(straight_graph: LaneGraph) -> None:
    with pytest.raises(ConfigurationError, match=r"routes\.min_length_m is 120; allowed: up to (99|100) m"):
        RouteGenerator(straight_graph, 120.0, 200.0, 5.0, 0)


def fork(short_m: int, long_m: int) -> LaneGraph:
    """A stem of 10 m along x that forks into a short and a long straight lane."""
    lengths = [10, short_m, long_m]
    x = np.concatenate([np.arange(11.0), 10.0 + np.arange(short_m + 1.0), 10.0 + np.arange(long_m + 1.0)])
    counts = [length + 1 for length in lengths]
    zeros = np.zeros(len(x))
    offset = np.concatenate([[0], np.cumsum(counts)])
    return LaneGraph(
        x=x,
        y=zeros,
        z=zeros,
        yaw=zeros,
        pitch=zeros,
        s=np.concatenate([np.arange(float(count)) for count in counts]),
        half_width=zeros + 2.0,
        speed_limit=zeros + 10.0,
        segment=np.repeat(np.arange(3), counts),
        offset=offset,
        junction=np.array([False, True, True]),
        length=np.array(lengths, dtype=np.float64),
        successors=(np.array([1, 2]), np.array([], dtype=np.int64), np.array([], dtype=np.int64)),
        key=np.array([[1, 0, -1], [2, 0, -1], [3, 0, -1]]),
    )


def test_walk_takes_ways_that_are_long_enough() -> None:
    generator = RouteGenerator(fork(5, 60), 40.0, 50.0, 5.0, 0)
    for _ in range(50):
        assert generator.draw(0, NOBODY).length_m >= 40.0


def test_walk_takes_every_way_and_starts_outside_junctions() -> None:
    generator = RouteGenerator(fork(60, 61), 40.0, 50.0, 5.0, 0)
    starts, widths = set(), set()
    for _ in range(50):
        route = generator.draw(0, NOBODY)
        starts.add(float(route.x[0]))
        widths.add(len(route.x))
    assert max(starts) <= 10.0
    assert len(starts) > 3


def test_limit_and_width_come_with_the_route(straight_graph: LaneGraph) -> None:
    route = RouteGenerator(straight_graph, 60.0, 90.0, 5.0, 0).draw(0, NOBODY)
    np.testing.assert_allclose(route.speed_limit, 10.0)
    np.testing.assert_allclose(route.half_width, 2.0)
    assert (route.start_z, route.start_pitch) == pytest.approx((0.0, 0.0))
