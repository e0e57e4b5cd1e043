from copy import deepcopy

import numpy as np
import pytest
import torch
from lane_world import LaneWorldEnv

from drl_agent_node.algorithms.base import Transition
from drl_agent_node.algorithms.ppo import PPO, PPOConfig
from drl_agent_node.env import columns
from drl_agent_node.episodes import EpisodeTracker
from drl_agent_node.errors import ConfigurationError, DivergenceError


def train(env: LaneWorldEnv, algorithm: PPO, steps: int) -> EpisodeTracker:
    observations, infos = env.reset(seed=0)
    tracker = EpisodeTracker(env.num_envs)
    tracker.begin(infos)
    status = infos["status"]
    algorithm.begin((status & columns.DONE) != 0, (status & columns.RESET) != 0)
    while tracker.steps < steps:
        actions = algorithm.act(observations)
        following, rewards, terminated, truncated, infos = env.step(actions)
        algorithm.record(
            observations, actions, Transition(following, rewards, terminated, truncated, infos["valid"])
        )
        observations = following
        tracker.step(rewards, terminated | truncated, infos)
        if algorithm.ready:
            algorithm.update(tracker.steps / steps)
    return tracker


def make(env: LaneWorldEnv, seed: int = 0, **fields: object) -> PPO:
    return PPO(PPOConfig(**fields), env.num_envs, env.single_observation_space.shape[0], 2, seed)


def test_learns_to_drive():
    env = LaneWorldEnv(16, seed=3)
    stats = train(env, make(env), 70_000).stats()
    assert stats.success_rate >= 0.8
    assert stats.mean_return >= 75.0
    assert stats.mean_speed_mps >= 5.5


def test_same_seed_same_run_another_seed_another():
    parameters = []
    for seed in (0, 0, 1):
        env = LaneWorldEnv(4, seed=3)
        algorithm = make(env, seed, rollout_steps=32, minibatch_size=32)
        train(env, algorithm, 600)
        parameters.append(torch.cat([p.detach().flatten() for p in algorithm.network.parameters()]))
    assert torch.equal(parameters[0], parameters[1])
    assert not torch.equal(parameters[0], parameters[2])


def test_restored_state_continues_exactly():
    env = LaneWorldEnv(4, seed=3)
    algorithm = make(env, rollout_steps=32, minibatch_size=32)
    train(env, algorithm, 600)
    # As through a file: nothing shared.
    state = deepcopy(algorithm.state_dict())
    copy = make(env, seed=99, rollout_steps=32, minibatch_size=32)
    copy.load_state_dict(state)
    results = []
    for each in (algorithm, copy):
        # Torch's generator is global: both start from the stored one.
        torch.set_rng_state(state["torch_random"])
        train(LaneWorldEnv(4, seed=8), each, 400)
        results.append(torch.cat([p.detach().flatten() for p in each.network.parameters()]))
    assert torch.equal(results[0], results[1])
    assert copy.updates == algorithm.updates


def test_kl_limit_stops_the_update_early():
    env = LaneWorldEnv(4, seed=3)
    algorithm = make(env, rollout_steps=64, minibatch_size=64, epochs=10, learning_rate=0.05, target_kl=0.001)
    scalars = fill_and_update(env, algorithm)
    assert scalars["epochs"] < 10
    free = make(env, rollout_steps=64, minibatch_size=64, epochs=10, learning_rate=0.05, target_kl=0.0)
    assert fill_and_update(env, free)["epochs"] == 10


def fill(env: LaneWorldEnv, algorithm: PPO) -> None:
    observations, _ = env.reset()
    while not algorithm.ready:
        actions = algorithm.act(observations)
        following, rewards, terminated, truncated, infos = env.step(actions)
        algorithm.record(
            observations, actions, Transition(following, rewards, terminated, truncated, infos["valid"])
        )
        observations = following


def fill_and_update(env: LaneWorldEnv, algorithm: PPO) -> dict[str, float]:
    fill(env, algorithm)
    return algorithm.update(0.0)


def test_stops_after_the_current_minibatch_when_asked():
    env = LaneWorldEnv(4, seed=3)
    algorithm = make(env, rollout_steps=64, minibatch_size=32, epochs=10)
    fill(env, algorithm)
    asked = []

    def stop() -> bool:
        asked.append(True)
        return True

    algorithm.update(0.0, stop)
    assert len(asked) == 1


@pytest.mark.parametrize("field", ["rewards", "observations"])
def test_numbers_that_are_not_finite_are_diagnosed_before_they_do_harm(field: str):
    env = LaneWorldEnv(4, seed=3)
    algorithm = make(env, rollout_steps=8, minibatch_size=8)
    fill(env, algorithm)
    before = [p.detach().clone() for p in algorithm.network.parameters()]
    getattr(algorithm.rollout, field)[3] = np.nan
    with pytest.raises(DivergenceError, match=f"update 0: {field}"):
        algorithm.update(0.0)
    assert all(torch.equal(a, b) for a, b in zip(before, algorithm.network.parameters(), strict=True))


def test_a_broken_network_is_diagnosed():
    env = LaneWorldEnv(4, seed=3)
    algorithm = make(env, rollout_steps=8, minibatch_size=8)
    with torch.no_grad():
        next(algorithm.network.critic.parameters()).fill_(float("inf"))
    with pytest.raises(DivergenceError, match="value loss"):
        fill_and_update(env, algorithm)


def test_a_rollout_without_valid_steps_changes_nothing():
    env = LaneWorldEnv(2, seed=3)
    algorithm = make(env, rollout_steps=4, minibatch_size=8)
    before = [p.detach().clone() for p in algorithm.network.parameters()]
    observations, _ = env.reset()
    while not algorithm.ready:
        no = np.zeros(2, np.bool_)
        algorithm.record(
            observations,
            algorithm.act(observations),
            Transition(observations, np.ones(2, np.float32), no, no, no),
        )
    algorithm.update(0.0)
    assert all(torch.equal(a, b) for a, b in zip(before, algorithm.network.parameters(), strict=True))


def test_another_network_is_refused_with_the_difference():
    env = LaneWorldEnv(2, seed=3)
    with pytest.raises(ConfigurationError, match=r"actor\.0\.weight: \(64, 36\) became \(32, 36\)"):
        make(env, hidden_sizes=(32, 32)).load_state_dict(make(env).state_dict())


def test_unknown_and_bad_fields_are_refused():
    with pytest.raises(ConfigurationError, match=r"f\.yaml: unknown field 'epoch'; allowed fields: .*epochs"):
        PPOConfig.from_mapping({"epoch": 3}, "f.yaml")
    with pytest.raises(ConfigurationError, match=r"field 'gamma' = 2 "):
        PPOConfig.from_mapping({"gamma": 2}, "f.yaml")
    with pytest.raises(ConfigurationError, match="initial_mean has 1 values"):
        make(LaneWorldEnv(2), initial_mean=(0.0,))
