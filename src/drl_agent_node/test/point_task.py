"""A small task for two libraries: push a point to the origin and stop it there, within 40 steps of 0.1 s."""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv

HORIZON = 40
STEP_S = 0.1
OBSERVATION_SPACE = gym.spaces.Box(-np.inf, np.inf, (2,), np.float32)
ACTION_SPACE = gym.spaces.Box(-1.0, 1.0, (1,), np.float32)


class Points:
    """N points on a line, each with an episode of its own; actions are accelerations, 4 m/s^2 at most."""

    def __init__(self, count: int, seed: int) -> None:
        self.random = np.random.default_rng(seed)
        self.state = np.zeros((count, 2))
        self.time = np.zeros(count, np.int64)
        self.place(np.ones(count, bool))

    def place(self, points: np.ndarray) -> None:
        """Begin new episodes where `points`."""
        self.state[points] = self.random.uniform(-1.0, 1.0, (int(points.sum()), 2))
        self.time[points] = 0

    def observe(self) -> np.ndarray:
        """Position in m and speed in m/s, float32 [N, 2]."""
        return self.state.astype(np.float32)

    def push(self, actions: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return rewards and which episodes were cut off."""
        action = np.clip(actions[:, 0], -1.0, 1.0)
        self.state[:, 1] += 4.0 * STEP_S * action
        self.state[:, 0] += STEP_S * self.state[:, 1]
        self.time += 1
        costs = self.state[:, 0] ** 2 + 0.1 * self.state[:, 1] ** 2 + 0.01 * action**2
        return -costs.astype(np.float32), self.time >= HORIZON


class PointEnv(VectorEnv):
    """As this package's algorithms want it: an episode begins with the step after the one that ended the last."""

    metadata = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012

    def __init__(self, count: int, seed: int) -> None:
        self.num_envs = count
        self.points = Points(count, seed)
        self.done = np.zeros(count, bool)
        self.single_observation_space, self.single_action_space = OBSERVATION_SPACE, ACTION_SPACE

    def reset(self, *, seed: int | None = None, options: Any = None) -> tuple[np.ndarray, dict[str, Any]]:
        return self.points.observe(), {}

    def step(
        self, actions: np.ndarray
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, dict[str, Any]]:
        begins = self.done
        before = self.points.state.copy()
        rewards, truncated = self.points.push(actions)
        self.points.state[begins] = before[begins]
        self.points.place(begins)
        rewards[begins], truncated[begins] = 0.0, False
        self.done = truncated
        no = np.zeros(self.num_envs, bool)
        return self.points.observe(), rewards, no, truncated, {"valid": ~no}


def mean_return(act: Any, episodes: int = 256) -> float:
    """Return the mean return of `episodes` episodes, driven by `act`: observations to actions."""
    points = Points(episodes, seed=10_000)
    total = np.zeros(episodes)
    for _ in range(HORIZON):
        rewards, _ = points.push(act(points.observe()))
        total += rewards
    return float(total.mean())
