"""Scores, intervals and comparisons against hand-computed cases."""

import math

import numpy as np
import pytest

from drl_agent_node.env import columns
from drl_agent_node.episodes import Episode
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.compare import compare, holm, table
from drl_agent_node.evaluation.scoring import EpisodeRecord, Route, penalty_of, score
from drl_agent_node.evaluation.statistics import ratio_estimates, summarize
from drl_agent_node.evaluation.trace import Trace, TraceRecorder

ROUTE = Route("world/seed1", "world", "scenario", 1, 0, 0)


def episode(**values: object) -> Episode:
    fields = {
        "env": 0, "episode": 0, "total_steps": 0, "length": 3, "episode_return": 5.0, "route_completion": 0.5,
        "route_length_m": 100.0, "mean_speed_mps": 4.0, "end_reason": columns.END_ROUTE_DONE, "stamp": 0.0, "whole": True,
    }  # fmt: skip
    return Episode(**(fields | values))


def trace(frames: int = 4, **named: list[float]) -> Trace:
    metrics = np.zeros((frames, columns.NUM_METRICS), np.float32)
    metrics[:, columns.SPEED_LIMIT_MPS] = 10.0
    metrics[:, columns.TRAFFIC_SPEED_MPS] = -1.0
    for name, values in named.items():
        metrics[:, getattr(columns, name)] = values
    return Trace(0.5, metrics, np.zeros((frames, 3), np.float32), np.zeros((frames, 0, 2), np.float32))


def test_a_faultless_route_scores_one():
    record = score(ROUTE, episode(route_completion=1.0), trace(SPEED_MPS=[0, 4, 8, 12]))
    assert (record.driving_score, record.penalty, record.success) == (1.0, 1.0, True)
    assert record.infractions == {}
    assert record.distance_m == 12.0
    assert record.duration_s == 1.5
    assert record.speeding_share == 0.25
    assert math.isnan(record.collision_speed_mps)


def test_infractions_multiply():
    assert penalty_of({"collision_pedestrian": 1, "red_light": 2}) == pytest.approx(0.5 * 0.7 * 0.7)
    assert penalty_of({}) == 1.0


@pytest.mark.parametrize(
    ("kind", "name", "factor"),
    [
        (columns.COLLISION_WALKER, "collision_pedestrian", 0.5),
        (columns.COLLISION_VEHICLE, "collision_vehicle", 0.6),
        (columns.COLLISION_STATIC, "collision_static", 0.65),
    ],
)
def test_a_collision_costs_its_factor_and_the_rest_of_the_route(kind: int, name: str, factor: float):
    crash = trace(SPEED_MPS=[0, 5, 9, 2], COLLISION_KIND=[0, 0, kind, kind])
    record = score(ROUTE, episode(end_reason=columns.END_COLLISION), crash)
    assert record.infractions == {name: 1}
    assert record.penalty == pytest.approx(factor)
    assert record.driving_score == pytest.approx(0.5 * factor)
    assert record.collision_speed_mps == 9.0


def test_lights_signs_and_time_cost_their_factors():
    record = score(
        ROUTE,
        episode(end_reason=columns.END_TIME_LIMIT),
        trace(RED_LIGHT=[0, 1, 0, 1], STOP_SIGN=[0, 0, 1, 0]),
    )
    assert record.infractions == {"red_light": 2, "stop_sign": 1, "time_limit": 1}
    assert record.penalty == pytest.approx(0.7**2 * 0.8 * 0.7)


def test_ground_outside_the_lanes_does_not_count():
    record = score(ROUTE, episode(end_reason=columns.END_OFF_ROAD), trace(OUTSIDE_LANES_M=[0, 0, 10, 10]))
    assert record.infractions == {"off_road": 1}
    assert record.route_completion == pytest.approx(0.5 - 0.2)


def test_lagging_behind_traffic_costs_in_proportion():
    slow = trace(SPEED_MPS=[0, 2, 4, 9], TRAFFIC_SPEED_MPS=[-1, 8, 4, -1])
    record = score(ROUTE, episode(route_completion=1.0), slow)
    assert record.pace == pytest.approx(0.5)
    assert record.driving_score == pytest.approx(1.0 - 0.3 * 0.5)


def test_comfort_is_root_mean_square_and_percentile():
    record = score(ROUTE, episode(), trace(JERK_MPS3=[99, 3, -4, 0], LATERAL_ACCELERATION_MPS2=[0, 1, 1, -1]))
    assert record.jerk_rms_mps3 == pytest.approx(math.sqrt(25 / 3))
    assert record.jerk_p95_mps3 == pytest.approx(3.9)
    assert record.lateral_acceleration_rms_mps2 == pytest.approx(1.0)


def test_bootstrap_intervals_cover_the_mean_as_often_as_they_say():
    random = np.random.default_rng(3)
    hits = 0
    for _ in range(200):
        values = random.exponential(2.0, (80, 1))
        (estimate,) = ratio_estimates(values, np.ones_like(values), 0.9, resamples=400)
        assert estimate.value == pytest.approx(values.mean())
        hits += estimate.low <= 2.0 <= estimate.high
    # 180 expected; 5 standard deviations of a binomial are 21, and the percentile bootstrap falls a little short.
    assert 155 <= hits <= 200


def test_a_summary_weighs_infractions_by_distance_and_leaves_out_what_was_not_measured():
    hit = trace(SPEED_MPS=[0, 10, 10, 10], COLLISION_KIND=[0, 0, 0, columns.COLLISION_VEHICLE])
    crash = score(ROUTE, episode(end_reason=columns.END_COLLISION), hit)
    clean = score(ROUTE, episode(route_completion=1.0), trace(SPEED_MPS=[0, 20, 20, 20]))
    summary = summarize([crash, clean])
    assert summary.distance_km == pytest.approx(0.045)
    assert summary.infractions_per_km["collision_vehicle"].value == pytest.approx(1 / 0.045)
    assert summary.infractions_per_km["total"].value == pytest.approx(1 / 0.045)
    assert summary.infractions_per_km["red_light"].value == 0.0
    assert summary.means["collision_speed_mps"].value == pytest.approx(10.0)
    assert summary.means["success"].value == 0.5
    assert summary.end_reasons == {"collision": 1, "route_done": 1}
    assert math.isnan(summarize([clean]).means["collision_speed_mps"].value)


def test_a_circle_is_dead_reckoned_and_the_route_is_laid_under_it():
    frames, rate, speed = 64, 0.1, 2.0
    times = np.arange(frames) * 0.5
    motion = np.tile(np.array([speed, 0.0, rate], np.float32), (frames, 1))
    metrics = np.zeros((frames, columns.NUM_METRICS), np.float32)
    metrics[1:, columns.PROGRESS_M] = speed * 0.5
    # Points 2 and 5 m ahead on the circle of 20 m that is driven.
    ahead = np.array([2.0, 5.0]) / 20.0
    points = np.stack([20.0 * np.sin(ahead), 20.0 * (1.0 - np.cos(ahead))], axis=1)
    driven, route = Trace(0.5, metrics, motion, np.tile(points.astype(np.float32), (frames, 1, 1))).path()
    expected = 20.0 * np.stack([np.sin(rate * times), 1.0 - np.cos(rate * times)], axis=1)
    np.testing.assert_allclose(driven, expected, atol=0.05)
    np.testing.assert_allclose(np.linalg.norm(route - [0.0, 20.0], axis=1), 20.0, atol=0.05)


def test_traces_begin_with_their_episode_and_grow():
    recorder = TraceRecorder(2, ("speed_mps", "route_0_x_m", "route_0_y_m"), 0.1)
    metrics = np.zeros((2, columns.NUM_METRICS), np.float32)
    for frame in range(600):
        status = np.array([columns.RESET if frame == 0 else 0, columns.RESET if frame in (0, 590) else 0])
        metrics[:, columns.SPEED_MPS] = frame
        recorder.add(np.full((2, 3), frame, np.float32), {"metrics": metrics, "status": status})
    long, short = recorder.take(0), recorder.take(1)
    assert long.metrics[:, columns.SPEED_MPS].tolist() == list(range(600))
    assert short.metrics[:, columns.SPEED_MPS].tolist() == list(range(590, 600))
    assert short.motion[:, 0].tolist() == list(range(590, 600))
    assert short.route.shape == (10, 1, 2)


def record(score_: float, ordinal: int, case: str = "c", length_m: float = 100.0) -> EpisodeRecord:
    made = score(
        Route(case, "s", "scenario", 1, 0, ordinal),
        episode(route_completion=score_, end_reason=columns.END_BLOCKED, route_length_m=length_m),
        trace(),
    )
    assert made.driving_score == pytest.approx(score_)
    return made


def document(scores: np.ndarray, **options: object) -> dict[str, object]:
    records = [record(float(value), index, **options) for index, value in enumerate(scores)]
    case = {"name": "c", "scenario_hash": "h"}
    return {
        "policy": "p", "suite": "s", "complete": True, "cases": [case], "episodes": [one.plain() for one in records],
    }  # fmt: skip


def test_pairs_show_a_difference_that_independent_samples_hide():
    random = np.random.default_rng(1)
    a = random.uniform(0.1, 0.8, 40)
    b = a + random.normal(0.05, 0.02, 40)
    paired = compare(document(a), document(b), resamples=999)
    assert paired.pairs == 40
    first = paired.differences[0]
    assert first.difference == pytest.approx(100 * (b - a).mean())
    assert first.low < first.difference < first.high
    assert first.significant
    assert first.better
    assert "B is better" in table(document(a), document(b), paired)
    apart = compare(document(a, case="x"), document(b), resamples=999)
    assert apart.pairs == 0
    assert not apart.differences[0].significant
    other_routes = compare(document(a, length_m=50.0), document(b), resamples=99)
    assert "0 of 40" in other_routes.reason


def test_equal_results_do_not_differ():
    a = document(np.linspace(0.1, 0.9, 20))
    assert all(row.p == 1.0 and row.better is None for row in compare(a, a, resamples=99).differences)


def test_noise_is_called_significant_no_more_often_than_it_should():
    random = np.random.default_rng(5)
    found = 0
    for _ in range(12):
        a, b = random.uniform(0.1, 0.9, (2, 12))
        found += any(row.significant for row in compare(document(a), document(b), resamples=499).differences)
    # 0.6 expected; 5 or more have a chance below 1 in 1000.
    assert found < 5


def test_scenarios_that_changed_are_pointed_out():
    a, b = document(np.linspace(0.1, 0.9, 9)), document(np.linspace(0.1, 0.9, 9))
    b["cases"] = [{"name": "c", "scenario_hash": "other"}]
    b["complete"] = False
    assert compare(a, b, resamples=99).warnings == (
        "B was stopped before its end",
        "the scenario of c is not the same in A and B",
    )
    with pytest.raises(ConfigurationError, match="less than two episodes"):
        compare(document(np.array([0.5])), b)


def test_holm_steps_down():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
