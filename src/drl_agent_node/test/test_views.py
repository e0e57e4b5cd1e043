"""The views pass the checkers of the projects whose interfaces they have, on the in-process environment."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import pytest
from gymnasium.utils.env_checker import check_env
from pettingzoo.test import parallel_api_test, parallel_seed_test
from test_in_process import SCENARIO

from drl_agent_node.env import columns
from drl_agent_node.env.in_process import InProcessVectorEnv
from drl_agent_node.env.views import FleetParallelEnv, SingleAgentEnv


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "short.yaml"
    path.write_text(SCENARIO)
    return path


def test_pettingzoo_accepts_the_fleet(scenario: Path):
    env = FleetParallelEnv(InProcessVectorEnv(scenario, 3))
    assert env.possible_agents == ["in_process_ego0", "in_process_ego1", "in_process_ego2"]
    parallel_api_test(env, num_cycles=150)
    parallel_seed_test(lambda: FleetParallelEnv(InProcessVectorEnv(scenario, 2)), num_cycles=20)


def test_agents_that_are_done_leave_until_reset(scenario: Path):
    env = FleetParallelEnv(InProcessVectorEnv(scenario, 3))
    env.reset(seed=1)
    steps = 0
    while env.agents:
        before = list(env.agents)
        actions = {name: np.array([0.5, 0.8], np.float32) for name in before}
        observations, rewards, terminated, truncated, infos = env.step(actions)
        assert set(observations) == set(rewards) == set(infos) == set(before)
        assert env.agents == [name for name in before if not (terminated[name] or truncated[name])]
        assert all(infos[name]["end_reason"] > 0 for name in before if name not in env.agents)
        steps += 1
    assert steps <= 61
    assert len(env.reset(seed=2)[0]) == 3


def test_gymnasium_accepts_a_fleet_of_one(scenario: Path):
    env = SingleAgentEnv(InProcessVectorEnv(scenario, 1))
    with warnings.catch_warnings():
        # States have no bounds, which the checker advises against.
        warnings.filterwarnings("ignore", message=".*(infinity|without a spec).*")
        check_env(env, skip_render_check=True)
    env.reset(seed=3)
    for _ in range(61):
        *_, terminated, truncated, _infos = env.step(np.array([0.5, 0.8], np.float32))
        if terminated or truncated:
            break
    assert terminated or truncated
    observation, infos = env.reset()
    assert infos["status"] == columns.RESET
    assert env.observation_space.contains(observation)


def test_a_larger_fleet_is_no_single_environment(scenario: Path):
    with pytest.raises(ValueError, match="the fleet has 2 agents; allowed for SingleAgentEnv: 1"):
        SingleAgentEnv(InProcessVectorEnv(scenario, 2))
