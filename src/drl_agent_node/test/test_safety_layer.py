"""What the safety layer counts, costs and passes on, and how it sits in the environment."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from test_in_process import SCENARIO

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.in_process import InProcessVectorEnv
from drl_agent_node.safety.config import SafetyConfig
from drl_agent_node.safety.layer import SafetyLayer, Span
from drl_agent_node.safety.shield import Kind, Verdict

NAMES = (
    "speed_mps",
    "lane_offset_m",
    "speed_limit_mps",
    *(f"route_{k}_{axis}_m" for k in range(3) for axis in "xy"),
)
CONFIG = SafetyConfig(intervention_cost=2.0, collision_cost=5.0, off_road_cost=7.0, penalty=0.25)


def verdict(kinds: list[int]) -> Verdict:
    count = len(kinds)
    far = np.full(count, np.inf, np.float32)
    return Verdict(np.zeros((count, 2), np.float32), np.array(kinds, np.uint8), far, far)


def ended(*reasons: int) -> np.ndarray:
    metrics = np.zeros((len(reasons), columns.NUM_METRICS), np.float32)
    metrics[:, columns.END_REASON] = reasons
    return metrics


def test_costs_penalties_and_rates():
    layer = SafetyLayer("monitor", CONFIG, NAMES)
    metrics = ended(0, columns.END_COLLISION, columns.END_OFF_ROAD, 0, 0)
    status = np.array([0, 0, 0, columns.RESET, 0], np.uint8)
    valid = np.array([True, True, True, True, False])
    kinds = [Kind.LANE | Kind.SPEED, Kind.COLLISION, 0, Kind.LANE, Kind.LANE]
    spans = [Span(slice(0, 2), 8, 40), Span(slice(2, 5), 9, 50)]
    cost, penalty = layer.record(verdict(kinds), metrics, status, valid, spans)
    assert cost.tolist() == [2.0, 7.0, 7.0, 0.0, 0.0]
    assert penalty.tolist() == [0.25, 0.25, 0.0, 0.0, 0.0]
    stats = layer.take_stats()
    assert (stats.steps, stats.cost, stats.intervention_rate) == (
        3,
        pytest.approx(16 / 3),
        pytest.approx(2 / 3),
    )
    rates = {"collision": 1 / 3, "red_light": 0.0, "lane": 1 / 3, "speed": 1 / 3, "stop_sign": 0.0}
    assert stats.rates == pytest.approx(rates)
    assert np.isnan(layer.take_stats().cost)
    assert layer.totals == {"COLLISION": 1, "RED_LIGHT": 0, "LANE": 1, "SPEED": 1, "STOP_SIGN": 0}


def test_interventions_are_summed_up_by_group_session_and_kind():
    layer = SafetyLayer("shield", CONFIG, NAMES)
    none, status, valid = ended(0, 0, 0), np.zeros(3, np.uint8), np.ones(3, np.bool_)
    for frame, session, kinds in (
        (5, 1, [Kind.LANE, 0, 0]),
        (6, 1, [Kind.LANE, Kind.LANE, Kind.SPEED]),
        (7, 1, [0, 0, Kind.SPEED]),
        (1, 2, [Kind.LANE, 0, 0]),
    ):
        spans = [Span(slice(0, 2), session, frame), Span(slice(2, 3), 9, frame + 100)]
        layer.record(verdict(kinds), none, status, valid, spans)
    found = {(i.group, i.session, i.kind): i for i in layer.take_interventions()}
    assert set(found) == {(0, 1, Kind.LANE), (1, 9, Kind.SPEED), (0, 2, Kind.LANE)}
    lane = found[0, 1, Kind.LANE]
    assert (lane.first_frame, lane.last_frame, lane.count, lane.agents) == (5, 6, 3, [0, 1])
    speed = found[1, 9, Kind.SPEED]
    assert (speed.first_frame, speed.last_frame, speed.count, speed.agents) == (106, 107, 2, [0])
    assert layer.take_interventions() == []


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "short.yaml"
    path.write_text(SCENARIO)
    return path


def drive(env: FleetVectorEnv, steps: int) -> dict[str, float]:
    """Steer at random at half throttle; returns sums over the run."""
    rng = np.random.default_rng(3)
    env.reset(seed=2)
    sums = {"interventions": 0.0, "cost": 0.0, "off": 0.0, "reward": 0.0}
    for _ in range(steps):
        actions = rng.uniform(-1.0, 1.0, (env.num_envs, 2)).astype(np.float32)
        actions[:, 0] = 0.5
        _, rewards, _, _, infos = env.step(actions)
        sums["interventions"] += float((infos["intervention"] != 0).sum())
        sums["cost"] += float(infos["cost"].sum())
        sums["reward"] += float(rewards.sum())
        left = np.isin(infos["end_reason"], (columns.END_OFF_ROAD, columns.END_ROUTE_DEVIATION))
        sums["off"] += float(left.sum())
    return sums


def test_the_shield_keeps_random_steering_on_the_road(scenario: Path):
    watched = drive(InProcessVectorEnv(scenario, 4, safety="monitor"), 150)
    shielded = drive(InProcessVectorEnv(scenario, 4, safety="shield"), 150)
    assert watched["off"] >= 4
    assert watched["interventions"] > 0
    assert shielded["off"] <= 0.25 * watched["off"]
    assert shielded["reward"] > watched["reward"]


def follow_the_route(names: tuple[str, ...], state: np.ndarray) -> np.ndarray:
    """Steer for the third preview point, at up to 7 m/s: a driver who knows no lights."""
    column = {name: index for index, name in enumerate(names)}
    x, y = state[:, column["route_2_x_m"]], state[:, column["route_2_y_m"]]
    steer = 2.0 * y / np.maximum(x * x + y * y, 1e-3) / SafetyConfig().curvature_per_steer
    acceleration = 0.5 * (
        np.minimum(state[:, column["speed_limit_mps"]], 7.0) - state[:, column["speed_mps"]]
    )
    return np.clip(np.stack([acceleration, steer], 1), -1.0, 1.0).astype(np.float32)


def test_the_shield_stops_at_red_lights_and_goes_on_at_green(tmp_path: Path):
    scenario = tmp_path / "lights.yaml"
    routes = "{min_length_m: 120.0, max_length_m: 200.0, start_clearance_m: 15.0}"
    scenario.write_text(
        f"name: lights\ntown: Town01\nroutes: {routes}\nlimits: {{min_mean_speed_mps: 2.0}}\n"
    )
    run: dict[str, float] = {}
    waits = finished = 0
    for mode in ("monitor", "shield"):
        env = InProcessVectorEnv(scenario, 12, safety=mode)
        observed, _ = env.reset(seed=1)
        run[mode] = 0.0
        for _ in range(500):
            observed, _, _, _, infos = env.step(follow_the_route(env.state_names, observed))
            metrics = infos["metrics"]
            run[mode] += float(metrics[:, columns.RED_LIGHT].sum())
            stands = (metrics[:, columns.SPEED_MPS] < 0.1) & (metrics[:, columns.RED_LIGHT_DISTANCE_M] >= 0.0)
            if mode == "shield":
                waits += int(stands.sum())
                # Who waits stands before the line, with its margin.
                assert (metrics[stands, columns.RED_LIGHT_DISTANCE_M] > 0.5).all()
                finished += int((infos["end_reason"] == columns.END_ROUTE_DONE).sum())
        env.close()
    assert run["monitor"] >= 3
    assert run["shield"] == 0
    assert waits > 100
    assert finished >= 12


def test_monitoring_changes_nothing_but_what_is_penalised(scenario: Path):
    plain = InProcessVectorEnv(scenario, 2)
    watched = InProcessVectorEnv(scenario, 2, safety="monitor", safety_config=CONFIG)
    plain.reset(seed=1)
    watched.reset(seed=1)
    rng = np.random.default_rng(0)
    penalised = 0
    for _ in range(60):
        actions = rng.uniform(-1.0, 1.0, (2, 2)).astype(np.float32)
        observed, rewards, *_ = plain.step(actions)
        same, less, _, _, infos = watched.step(actions)
        np.testing.assert_array_equal(observed, same)
        hit = (infos["intervention"] != 0) & ((infos["status"] & columns.RESET) == 0)
        np.testing.assert_allclose(rewards - less, 0.25 * hit, atol=1e-6)
        penalised += int(hit.sum())
    assert penalised
