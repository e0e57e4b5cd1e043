"""Driving without learning, and what came of it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from gymnasium.vector import VectorEnv
from numpy.typing import NDArray

from drl_agent_node.episodes import Episode, EpisodeTracker, count_end_reasons, summarize

Policy = Callable[[NDArray[np.float32]], NDArray[np.float32]]


@dataclass(frozen=True)
class EvaluationResult:
    """Means over the episodes of an evaluation; `end_reasons` counts how they ended."""

    episodes: int
    mean_return: float
    std_return: float
    success_rate: float
    mean_route_completion: float
    mean_speed_mps: float
    mean_length: float
    end_reasons: dict[str, int]

    def lines(self) -> str:
        """Return the result for people."""
        reasons = ", ".join(f"{name} {count}" for name, count in self.end_reasons.items())
        return (
            f"{self.episodes} episodes: return {self.mean_return:.1f} +- {self.std_return:.1f}, "
            f"success {self.success_rate:.0%}, route completion {self.mean_route_completion:.0%}, "
            f"mean speed {self.mean_speed_mps:.1f} m/s; ends: {reasons}"
        )

    def write_json(self, path: Path, about: dict[str, Any]) -> None:
        """Write the result and `about` to `path`, whole or not at all."""
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            temporary.write_text(json.dumps(about | vars(self), indent=2) + "\n", encoding="utf-8")
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)


def quotas(episodes: int, num_envs: int) -> NDArray[np.int64]:
    """Share `episodes` out over the environments as evenly as possible; int64 [E]."""
    return (episodes + np.arange(num_envs - 1, -1, -1)) // num_envs


def evaluate(
    env: VectorEnv[Any, Any, Any],
    make_policy: Callable[[VectorEnv[Any, Any, Any]], Policy],
    episodes: int,
    *,
    seed: int,
    on_episodes: Callable[[list[Episode], int], None] = lambda _new, _done: None,
) -> EvaluationResult:
    """Drive `episodes` whole episodes and summarise them.

    Each environment contributes its share: taking whichever episodes end first would favour short ones, which are
    those that failed. `on_episodes` hears of the counted episodes that ended and how many there are so far.

    Raises:
        InterruptedWaitError: when the environment was asked to stop; whatever else it raises.
    """
    observations, infos = env.reset(seed=seed)
    policy = make_policy(env)
    tracker = EpisodeTracker(env.num_envs)
    tracker.begin(infos)
    left = quotas(episodes, env.num_envs)
    counted: list[Episode] = []
    while len(counted) < episodes:
        observations, rewards, terminated, truncated, infos = env.step(policy(observations))
        new = []
        for episode in tracker.step(rewards, terminated | truncated, infos):
            if episode.whole and left[episode.env] > 0:
                left[episode.env] -= 1
                new.append(episode)
        if new:
            counted.extend(new)
            on_episodes(new, len(counted))
    stats = summarize(counted)
    return EvaluationResult(
        episodes=len(counted),
        mean_return=stats.mean_return,
        std_return=float(np.std([episode.episode_return for episode in counted])),
        success_rate=stats.success_rate,
        mean_route_completion=stats.mean_route_completion,
        mean_speed_mps=stats.mean_speed_mps,
        mean_length=stats.mean_length,
        end_reasons=count_end_reasons(counted),
    )
