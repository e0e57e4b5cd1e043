"""Our algorithms against Stable-Baselines3's: same task, same network, same settings, same budget of steps.

Takes minutes: `python -m pytest -m nightly` runs it.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
import pytest
import torch
from point_task import ACTION_SPACE, HORIZON, OBSERVATION_SPACE, PointEnv, Points, mean_return

from drl_agent_node.algorithms.base import Algorithm, Transition
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.sac import SAC, SACConfig

SEEDS = (0, 1, 2)
PPO_STEPS, PPO_ENVS = 40_960, 8
SAC_STEPS, SAC_STARTS = 4000, 500

pytestmark = pytest.mark.nightly


class SinglePoint(gym.Env):
    """One point, as Stable-Baselines3 wants it."""

    observation_space, action_space = OBSERVATION_SPACE, ACTION_SPACE

    def __init__(self, seed: int) -> None:
        self.points = Points(1, seed)

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        self.points.place(np.ones(1, bool))
        return self.points.observe()[0], {}

    def step(self, action: np.ndarray) -> tuple[np.ndarray, float, bool, bool, dict[str, Any]]:
        rewards, truncated = self.points.push(action[None])
        return self.points.observe()[0], float(rewards[0]), False, bool(truncated[0]), {}


def train(algorithm: Algorithm, num_envs: int, steps: int, seed: int) -> float:
    env = PointEnv(num_envs, seed)
    observations, _ = env.reset()
    no = np.zeros(num_envs, bool)
    algorithm.begin(no, ~no)
    taken = 0
    while taken < steps:
        # Steps that only reset are not steps of the task.
        taken += num_envs - int(env.done.sum())
        actions = algorithm.act(observations)
        following, rewards, terminated, truncated, infos = env.step(actions)
        algorithm.record(
            observations, actions, Transition(following, rewards, terminated, truncated, infos["valid"])
        )
        observations = following
        if algorithm.ready:
            algorithm.update(min(taken / steps, 1.0))
    return mean_return(lambda seen: algorithm.act(seen, deterministic=True))


def our_ppo(seed: int) -> float:
    config = PPOConfig(
        rollout_steps=64,
        epochs=10,
        minibatch_size=64,
        learning_rate=3e-4,
        learning_rate_schedule="constant",
        gamma=0.98,
        target_kl=0.0,
        normalize_observations=False,
        normalize_rewards=False,
        initial_mean=(0.0,),
        initial_log_std=(0.0,),
    )
    return train(PPO(config, PPO_ENVS, 2, 1, seed), PPO_ENVS, PPO_STEPS, seed)


def their_ppo(seed: int) -> float:
    import stable_baselines3
    from stable_baselines3.common.vec_env import DummyVecEnv

    envs = DummyVecEnv([lambda index=index: SinglePoint(100 * seed + index) for index in range(PPO_ENVS)])
    learner = stable_baselines3.PPO("MlpPolicy", envs, 3e-4, 64, 64, 10, 0.98, 0.95, seed=seed, device="cpu")
    learner.learn(PPO_STEPS)
    return mean_return(lambda seen: learner.predict(seen, deterministic=True)[0])


def our_sac(seed: int) -> float:
    config = SACConfig(
        learning_starts=SAC_STARTS,
        batch_size=128,
        update_to_data=1.0,
        gradient_steps=1,
        n_step=1,
        gamma=0.98,
        priority_alpha=0.0,
        learning_rate=1e-3,
        actor_learning_rate=1e-3,
        initial_temperature=1.0,
        normalize_observations=False,
        normalize_rewards=False,
        hidden_sizes=(64, 64),
        initial_mean=(0.0,),
        initial_log_std=(0.0,),
    )
    return train(SAC(config, 1, 2, 1, seed), 1, SAC_STEPS, seed)


def their_sac(seed: int) -> float:
    import stable_baselines3

    learner = stable_baselines3.SAC(
        "MlpPolicy",
        SinglePoint(seed),
        1e-3,
        learning_starts=SAC_STARTS,
        batch_size=128,
        gamma=0.98,
        policy_kwargs={"net_arch": [64, 64]},
        seed=seed,
        device="cpu",
    )
    learner.learn(SAC_STEPS)
    return mean_return(lambda seen: learner.predict(seen, deterministic=True)[0])


@pytest.mark.parametrize(("ours", "theirs"), [(our_ppo, their_ppo), (our_sac, their_sac)], ids=["ppo", "sac"])
def test_reaches_what_stable_baselines_reaches(ours: Any, theirs: Any) -> None:
    torch.set_num_threads(1)
    random = np.random.default_rng(0)
    untrained = mean_return(lambda seen: random.uniform(-1.0, 1.0, (len(seen), 1)))
    own = sorted(ours(seed) for seed in SEEDS)
    reference = sorted(theirs(seed) for seed in SEEDS)
    print(f"\nreturn over {HORIZON} steps: ours {own}, theirs {reference}, random {untrained:.1f}")
    spread = max(reference[-1] - reference[0], 0.05 * abs(reference[1]))
    assert reference[1] > untrained / 2
    assert own[1] >= reference[1] - spread
