"""Episode statistics: sums per agent while episodes run, a window over those that ended."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env import columns

WINDOW: Final = 100


@dataclass(frozen=True)
class Episode:
    """A finished episode, as in `EpisodeSummary`.

    `env` is the row in the vector environment. `whole` is False when its beginning was not seen, or its end was not
    the driver's doing (the world was lost, a reset from outside): it says nothing about how well was driven.
    """

    env: int
    episode: int
    total_steps: int
    length: int
    episode_return: float
    route_completion: float
    route_length_m: float
    mean_speed_mps: float
    end_reason: int
    stamp: float
    whole: bool

    @property
    def success(self) -> bool:
        """True when the route was driven to its end."""
        return self.end_reason == columns.END_ROUTE_DONE


@dataclass(frozen=True)
class WindowStats:
    """Means over the last whole episodes, NaN before the first, and how many ended in which way, as shares."""

    size: int = 0
    mean_return: float = float("nan")
    success_rate: float = float("nan")
    mean_route_completion: float = float("nan")
    mean_length: float = float("nan")
    mean_speed_mps: float = float("nan")
    end_shares: Mapping[str, float] = field(default_factory=dict)


class EpisodeTracker:
    """Follows E environments step by step.

    Attributes:
        steps: agent steps so far, resumed runs included.
        episodes: finished episodes so far, likewise.
    """

    def __init__(self, num_envs: int, window: int = WINDOW) -> None:
        self.steps = 0
        self.episodes = 0
        self.recent: deque[Episode] = deque(maxlen=window)
        self._num_envs = num_envs
        self._returns = np.zeros(num_envs, np.float64)
        self._speeds = np.zeros(num_envs, np.float64)
        self._lengths = np.zeros(num_envs, np.int64)
        self._whole = np.zeros(num_envs, np.bool_)

    def begin(self, infos: dict[str, Any]) -> None:
        """Start over with the `infos` of `reset`; episodes that were under way by then are not whole."""
        for sums in (self._returns, self._speeds, self._lengths):
            sums[:] = 0
        self._whole = (infos["status"] & columns.RESET) != 0

    def step(
        self, rewards: NDArray[np.float32], dones: NDArray[np.bool_], infos: dict[str, Any]
    ) -> list[Episode]:
        """Take in one step of every environment; returns the episodes that ended with it."""
        valid = infos["valid"]
        self.steps += int(np.count_nonzero(valid))
        metrics = infos["metrics"]
        began = (infos["status"] & columns.RESET) != 0
        # The step into an episode's first observation belongs to no episode; in others, nothing may have been seen.
        alive = ~began & (valid | dones)
        self._returns += rewards * alive
        self._speeds += metrics[:, columns.SPEED_MPS] * alive
        self._lengths += alive
        self._whole |= began
        if not dones.any():
            return []
        ended = [self._end(int(env), infos) for env in np.flatnonzero(dones)]
        for sums in (self._returns, self._speeds, self._lengths):
            sums[dones] = 0
        self._whole[dones] = False
        episodes = [episode for episode in ended if episode.length > 0]
        self.recent.extend(episode for episode in episodes if episode.whole)
        return episodes

    def _end(self, env: int, infos: dict[str, Any]) -> Episode:
        metrics = infos["metrics"][env]
        reason = int(infos["end_reason"][env])
        length = int(self._lengths[env])
        episode = Episode(
            env=env,
            episode=self.episodes,
            total_steps=self.steps,
            length=length,
            episode_return=float(self._returns[env]),
            route_completion=float(metrics[columns.ROUTE_COMPLETION]),
            route_length_m=float(metrics[columns.ROUTE_LENGTH_M]),
            mean_speed_mps=float(self._speeds[env] / max(length, 1)),
            end_reason=reason,
            stamp=float(infos["stamp"][env]),
            whole=bool(self._whole[env]) and reason != columns.END_EXTERNAL,
        )
        self.episodes += length > 0
        return episode

    def stats(self) -> WindowStats:
        """Return means over the window."""
        if not self.recent:
            return WindowStats()
        return summarize(list(self.recent))


def summarize(episodes: list[Episode]) -> WindowStats:
    """Return means over `episodes`, of which there is at least one."""
    table = np.array(
        [
            (
                episode.episode_return,
                episode.success,
                episode.route_completion,
                episode.length,
                episode.mean_speed_mps,
            )
            for episode in episodes
        ],
        np.float64,
    )
    means = [float(mean) for mean in table.mean(axis=0)]
    ends = {name: count / len(episodes) for name, count in count_end_reasons(episodes).items()}
    return WindowStats(len(episodes), means[0], means[1], means[2], means[3], means[4], ends)


def count_end_reasons(episodes: list[Episode]) -> dict[str, int]:
    """Count end reasons by name, most frequent first."""
    counts = Counter(columns.END_NAMES[episode.end_reason] for episode in episodes)
    return dict(counts.most_common())
