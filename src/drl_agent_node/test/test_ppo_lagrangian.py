"""PPO under a cost limit: the multiplier, the weighing of advantages, and a task in which the limit binds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from lane_world import LaneWorldEnv

from drl_agent_node.algorithm_names import NAMES, algorithm_of
from drl_agent_node.algorithms import ALGORITHMS, make_algorithm
from drl_agent_node.algorithms.base import Transition
from drl_agent_node.algorithms.ppo_lagrangian import (
    CostCritic,
    Multiplier,
    PPOLagrangian,
    PPOLagrangianConfig,
)
from drl_agent_node.algorithms.ranks import Ranks
from drl_agent_node.checkpoint import CheckpointFolder
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.trainer import Hooks, Trainer, TrainerSettings


def test_the_multiplier_follows_the_excess_of_cost():
    multiplier = Multiplier(0.5, rate=2.0, limit=0.1, highest=1.0)
    assert multiplier.update(0.2) == pytest.approx(0.7)
    assert multiplier.update(0.0) == pytest.approx(0.5)
    assert multiplier.update(1.0) == 1.0
    assert multiplier.update(-10.0) == 0.0


def test_the_cost_critic_learns_what_states_cost():
    random = np.random.default_rng(0)
    critic = CostCritic(2, PPOLagrangianConfig(cost_epochs=60, minibatch_size=64), seed=0)
    states = random.normal(size=(512, 2)).astype(np.float32)
    returns = 2.0 * states[:, 0] + 1.0
    critic.stats.update(states)
    before = np.square(critic.value(states) - returns).mean()
    error = critic.fit(states, returns, Ranks())
    assert error < 0.05 * before
    np.testing.assert_allclose(critic.value(np.array([[1.0, 0.0]], np.float32)), [3.0], atol=0.5)


def test_advantages_are_weighed_by_the_price():
    """Rewards favour one half of the steps, costs the other: a price of 1 makes them even, more turns the scales."""
    config = PPOLagrangianConfig(
        rollout_steps=4, minibatch_size=4, gamma=0.0, cost_gamma=0.0, normalize_rewards=False
    )
    weighed = []
    for price in (0.0, 1.0, 3.0):
        algorithm = PPOLagrangian(config, 1, 3, 2, seed=0)
        for network in (algorithm.network, algorithm.cost_critic.network):
            for parameter in network.parameters():
                torch.nn.init.zeros_(parameter)
        algorithm.begin(np.zeros(1, np.bool_), np.ones(1, np.bool_))
        never = np.zeros(1, np.bool_)
        for gain in (1.0, 1.0, 0.0, 0.0):
            amount = np.full(1, gain, np.float32)
            algorithm.record(
                np.zeros((1, 3), np.float32),
                np.zeros((1, 2), np.float32),
                Transition(np.zeros((1, 3), np.float32), amount, never, never, ~never, amount),
            )
        algorithm.multiplier.value = price
        weighed.append(algorithm._prepare().advantages.numpy())
    assert weighed[0][0] > 0.5 > -0.5 > weighed[0][2]
    np.testing.assert_allclose(weighed[1], 0.0, atol=1e-6)
    np.testing.assert_allclose(weighed[2], -0.5 * weighed[0], atol=1e-6)


def test_an_environment_without_costs_is_refused():
    algorithm = PPOLagrangian(PPOLagrangianConfig(), 1, 3, 2, seed=0)
    never = np.zeros(1, np.bool_)
    zeros = np.zeros((1, 3), np.float32)
    with pytest.raises(ConfigurationError, match="set parameter safety to monitor or shield"):
        algorithm.record(
            zeros,
            np.zeros((1, 2), np.float32),
            Transition(zeros, np.zeros(1, np.float32), never, never, ~never),
        )


def last_costs(folder: Path, name: str, **fields: object) -> tuple[float, float]:
    """Train on the lane world, where driving faster than 5 m/s costs; mean cost and multiplier at the end."""
    env = LaneWorldEnv(16, seed=1)
    config = ALGORITHMS[name][1](rollout_steps=64, learning_rate=1e-3, **fields)
    costs: list[float] = []
    scalars: dict[str, float] = {}
    settle = env._infos

    def listen() -> dict[str, object]:
        infos = settle()
        costs.append(float(infos["cost"].mean()))
        return infos

    env._infos = listen  # type: ignore[method-assign]
    Trainer(
        env,
        lambda env: make_algorithm(name, config, env, 0),
        TrainerSettings(40_000),
        CheckpointFolder(folder / name),
        hooks=Hooks(on_update=lambda _steps, values: scalars.update(values)),
    ).run()
    return float(np.mean(costs[-400:])), scalars.get("multiplier", 0.0)


def test_costs_come_down_to_the_limit(tmp_path: Path):
    free, _ = last_costs(tmp_path, "ppo")
    kept, multiplier = last_costs(tmp_path, "ppo_lagrangian", cost_limit=0.2, multiplier_rate=0.5)
    assert free > 0.4
    assert kept < 0.3
    assert multiplier > 0.1


def test_configuration_files_are_for_the_longest_name():
    assert set(NAMES) == set(ALGORITHMS)
    assert algorithm_of("ppo_lagrangian_strict") == "ppo_lagrangian"
    assert algorithm_of("ppo_fast") == "ppo"
    assert algorithm_of("ppofast") == "ppofast"


def test_the_cost_critic_goes_by_the_state_beside_rasters():
    config = PPOLagrangianConfig(rollout_steps=2, minibatch_size=4, epochs=1)
    shapes = {"state": (3,), "raster": (2, 32, 32)}
    algorithm = PPOLagrangian(config, 4, shapes, 2, seed=0)
    never = np.zeros(4, np.bool_)
    seen = {"state": np.ones((4, 3), np.float32), "raster": np.zeros((4, 2, 32, 32), np.uint8)}
    algorithm.begin(never, ~never)
    for _ in range(2):
        ones = np.ones(4, np.float32)
        actions = algorithm.act(seen)
        algorithm.record(seen, actions, Transition(seen, ones, never, never, ~never, ones))
    scalars = algorithm.update(0.0)
    assert scalars["cost"] == 1.0
    assert scalars["multiplier"] > 0.1
    with pytest.raises(ConfigurationError, match="allowed parameter observation: state, both"):
        PPOLagrangian(config, 4, {"raster": (2, 32, 32)}, 2, seed=0)


@pytest.mark.parametrize("fields", [{"memory_size": 4, "sequence_length": 2}, {"critic": "central"}])
def test_costs_count_beside_memory_and_a_central_critic(fields: dict[str, object]):
    config = PPOLagrangianConfig(rollout_steps=8, minibatch_size=8, initial_multiplier=1.0, **fields)
    algorithm = PPOLagrangian(config, 4, 3, 2, 0, world_sizes=(2, 2))
    random = np.random.default_rng(0)
    never = np.zeros(4, np.bool_)
    algorithm.begin(never, ~never)
    for step in range(8):
        observations = random.standard_normal((4, 3), np.float32)
        rewards = np.full(4, float(step % 2), np.float32)
        actions = algorithm.act(observations)
        algorithm.record(
            observations, actions, Transition(observations, rewards, never, never, ~never, rewards)
        )
    assert algorithm.update(0.0)["cost"] == 0.5
