"""Driving one case without learning, and what came of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Final, Protocol

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env import columns
from drl_agent_node.episodes import Episode, EpisodeTracker
from drl_agent_node.errors import InterruptedWaitError
from drl_agent_node.evaluation.scoring import EpisodeRecord, Route, score
from drl_agent_node.evaluation.suite import Case
from drl_agent_node.evaluation.trace import TraceRecorder


class Policy(Protocol):
    """Drives a fleet."""

    def begin(self, done: NDArray[np.bool_], fresh: NDArray[np.bool_]) -> None:
        """Start with observations that end an episode where `done` [E], and begin one where `fresh` [E]."""

    def __call__(self, observations: Any) -> NDArray[np.float32]:
        """Return actions, float32 [E, NUM_ACTIONS]."""

    def follow(self, done: NDArray[np.bool_]) -> object:
        """Hear which episodes ended, [E], with what the last actions led to."""


# Of the first calls some allocate and load; they are not what a vehicle would wait for.
WARM_UP_CALLS: Final = 20


def quotas(episodes: int, num_envs: int) -> NDArray[np.int64]:
    """Share `episodes` out over the environments as evenly as possible; int64 [E]."""
    return (episodes + np.arange(num_envs - 1, -1, -1)) // num_envs


class CaseDrive:
    """Drives whole episodes of one case.

    Attributes:
        records: the episodes counted so far.
        latencies_s: what each call of the policy took, for the whole batch.
    """

    def __init__(self, case: Case, episodes: int) -> None:
        self._case = case
        self._episodes = episodes
        self.records: list[EpisodeRecord] = []
        self.latencies_s: list[float] = []

    def run(
        self,
        env: Any,
        make_policy: Callable[[Any], Policy],
        on_episodes: Callable[[list[Episode]], None] = lambda _new: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """Drive a vector environment with `state_names` and `step_s` until each of its rows has contributed its share of whole episodes.

        Taking whichever episodes end first would favour short ones, which are those that failed.

        Raises:
            InterruptedWaitError: when `should_stop` or the environment says so; whatever else the environment raises.
        """
        observations, infos = env.reset(seed=self._case.seed)
        policy = make_policy(env)
        tracker = EpisodeTracker(env.num_envs)
        tracker.begin(infos)
        status = infos["status"]
        policy.begin((status & columns.DONE) != 0, (status & columns.RESET) != 0)
        traces = TraceRecorder(env.num_envs, env.state_names, env.step_s)
        traces.add(observations, infos)
        quota = quotas(self._episodes, env.num_envs)
        driven = np.zeros(env.num_envs, np.int64)
        while len(self.records) < self._episodes:
            if should_stop():
                raise InterruptedWaitError("the evaluation was stopped")
            before = time.perf_counter()
            actions = policy(observations)
            self.latencies_s.append(time.perf_counter() - before)
            observations, rewards, terminated, truncated, infos = env.step(actions)
            policy.follow(terminated | truncated)
            traces.add(observations, infos)
            new = []
            for episode in tracker.step(rewards, terminated | truncated, infos):
                if episode.whole and driven[episode.env] < quota[episode.env]:
                    self._count(episode, int(driven[episode.env]), traces)
                    driven[episode.env] += 1
                    new.append(episode)
            if new:
                on_episodes(new)
        del self.latencies_s[: min(WARM_UP_CALLS, len(self.latencies_s) // 2)]

    def _count(self, episode: Episode, ordinal: int, traces: TraceRecorder) -> None:
        case = self._case
        route = Route(case.name, case.scenario_name, case.weather, case.seed, episode.env, ordinal)
        self.records.append(score(route, episode, traces.take(episode.env)))
