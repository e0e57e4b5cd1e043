from copy import deepcopy

import numpy as np
import pytest
import torch
from lane_world import LaneWorldEnv

from drl_agent_node.algorithms.ppo import PPO, PPOConfig, Rollout, Transition, compute_gae
from drl_agent_node.episodes import EpisodeTracker
from drl_agent_node.errors import ConfigurationError, DivergenceError


def column(*values: float) -> np.ndarray:
    return np.array(values, np.float32)[:, None]


def flags(*values: int) -> np.ndarray:
    return np.array(values, np.bool_)[:, None]


def test_gae_without_ends():
    # gamma 0.5, lambda 0.5: deltas 1 + .5*2 - 1 = 1 and 2 + .5*4 - 2 = 2; advantages 1 + .25 * 2 and 2.
    advantages = compute_gae(column(1, 2), column(1, 2, 4), flags(0, 0), flags(0, 0), flags(1, 1), 0.5, 0.5)
    assert advantages[:, 0] == pytest.approx([1.5, 2.0])


def test_gae_stops_at_a_terminal_step_and_skips_the_reset():
    # Step 1 terminates; step 2 only resets; step 3 is the new episode's first.
    advantages = compute_gae(
        column(1, 2, 100, 3),
        column(1, 2, 50, 6, 8),
        flags(0, 1, 0, 0),
        flags(0, 0, 0, 0),
        flags(1, 1, 0, 1),
        0.5,
        0.5,
    )
    # Deltas: 1 + .5*2 - 1 = 1; 2 - 2 = 0 (no bootstrap); masked; 3 + .5*8 - 6 = 1.
    assert advantages[:, 0] == pytest.approx([1.0 + 0.25 * 0.0, 0.0, 0.0, 1.0])


def test_gae_bootstraps_a_truncated_step_with_its_final_observation():
    advantages = compute_gae(
        column(1, 2, 100, 3),
        column(1, 2, 50, 6, 8),
        flags(0, 0, 0, 0),
        flags(0, 1, 0, 0),
        flags(1, 1, 0, 1),
        0.5,
        0.5,
    )
    # Step 1: 2 + .5*50 - 2 = 25, V(final observation) being 50; step 0: 1 + .25 * 25.
    assert advantages[:, 0] == pytest.approx([7.25, 25.0, 0.0, 1.0])


def test_gae_does_not_trust_a_lost_transition():
    # The world was lost in step 1: step 0 bootstraps, step 1 counts for nothing.
    advantages = compute_gae(column(1, 0), column(1, 2, 2), flags(0, 0), flags(0, 1), flags(1, 0), 0.5, 0.5)
    assert advantages[:, 0] == pytest.approx([1.0, 0.0])


def test_gae_keeps_environments_apart():
    first = compute_gae(column(1, 2), column(1, 2, 4), flags(0, 0), flags(0, 0), flags(1, 1), 0.9, 0.8)
    second = compute_gae(column(5, 1), column(0, 3, 1), flags(1, 0), flags(0, 0), flags(1, 0), 0.9, 0.8)
    both = compute_gae(
        np.hstack([column(1, 2), column(5, 1)]),
        np.hstack([column(1, 2, 4), column(0, 3, 1)]),
        np.hstack([flags(0, 0), flags(1, 0)]),
        np.zeros((2, 2), np.bool_),
        np.hstack([flags(1, 1), flags(1, 0)]),
        0.9,
        0.8,
    )
    np.testing.assert_allclose(both, np.hstack([first, second]), rtol=1e-6)


def transition(
    value: float, *, terminated: bool = False, truncated: bool = False, valid: bool = True
) -> Transition:
    return Transition(
        np.full((1, 2), value, np.float32),
        np.array([value], np.float32),
        np.array([terminated]),
        np.array([truncated]),
        np.array([valid]),
    )


def test_rollout_masks_the_step_after_a_done_one_across_rollouts_too():
    rollout = Rollout(2, 1, 2, 1)
    action = np.zeros((1, 1), np.float32)
    rollout.add(np.zeros((1, 2), np.float32), action, transition(1.0))
    rollout.add(np.full((1, 2), 1.0, np.float32), action, transition(2.0, terminated=True))
    assert rollout.full
    assert rollout.valid[:, 0].tolist() == [True, True]
    assert rollout.observations[:, 0, 0].tolist() == [0.0, 1.0, 2.0]
    rollout.clear()
    rollout.add(np.full((1, 2), 2.0, np.float32), action, transition(3.0))
    rollout.add(np.full((1, 2), 3.0, np.float32), action, transition(4.0, valid=False, truncated=True))
    assert rollout.valid[:, 0].tolist() == [False, False]
    rollout.forget_episodes()
    rollout.add(np.full((1, 2), 0.0, np.float32), action, transition(1.0))
    assert rollout.valid[0, 0]


def train(env: LaneWorldEnv, algorithm: PPO, steps: int) -> EpisodeTracker:
    observations, infos = env.reset(seed=0)
    tracker = EpisodeTracker(env.num_envs)
    tracker.begin(infos)
    algorithm.begin()
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
