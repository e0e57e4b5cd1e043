"""The training loop: environment, algorithm, statistics, checkpoints. No ROS in here."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any, Final, Protocol, cast

import numpy as np
from gymnasium.vector import VectorEnv

from drl_agent_node.algorithms.base import Algorithm, Transition
from drl_agent_node.checkpoint import Checkpoint, CheckpointFolder
from drl_agent_node.env import columns
from drl_agent_node.episodes import WINDOW, Episode, EpisodeTracker, WindowStats
from drl_agent_node.errors import InterruptedWaitError
from drl_agent_node.progress import RateMeter

REFRESH_PERIOD_S: Final = 0.5


class State(Enum):
    """What the trainer is doing, as in `TrainingStatus`."""

    WAITING = 0
    COLLECTING = 1
    LEARNING = 2
    DONE = 3


class Outcome(Enum):
    """Why training ended."""

    TOTAL_STEPS = "all steps are done"
    TARGET_REACHED = "the target success rate is reached"
    STOPPED = "asked to stop"


@dataclass(frozen=True)
class TrainerSettings:
    """When to stop and when to save.

    `target_success_rate` 0 trains to `total_steps`; else training ends once the rate over a full window of episodes
    reaches it.
    """

    total_steps: int
    seed: int = 0
    checkpoint_interval_steps: int = 50_000
    target_success_rate: float = 0.0


@dataclass
class Snapshot:
    """Where training is; other threads read it while the trainer writes."""

    state: State = State.WAITING
    steps: int = 0
    updates: int = 0
    episodes: int = 0
    steps_per_s: float = math.nan
    eta_s: float = math.nan
    learn_share: float = math.nan
    window: WindowStats = field(default_factory=WindowStats)
    checkpoint: str = ""


@dataclass
class Hooks:
    """What others do when something happens; each is called in the training thread and must be quick."""

    on_episodes: Callable[[list[Episode]], None] = lambda _episodes: None
    on_update: Callable[[int, dict[str, float]], None] = lambda _steps, _scalars: None
    on_step: Callable[[Snapshot], None] = lambda _snapshot: None
    on_checkpoint: Callable[[Path], None] = lambda _path: None


class SplitEnv(Protocol):
    """An environment whose step comes in three parts; see `FleetVectorEnv`."""

    def send(self, actions: Any) -> None:
        """Start a step."""

    def receive(self) -> Any:
        """Wait for its observations."""

    def outcome(self) -> tuple[Any, Any, Any, dict[str, Any]]:
        """Return rewards, terminated, truncated, infos of the last `receive`, even after the next `send`."""


class _WholeSteps:
    """Gives an environment that only has `step` the three parts."""

    def __init__(self, env: VectorEnv[Any, Any, Any]) -> None:
        self._env = env
        self._actions: Any = None
        self._outcome: tuple[Any, Any, Any, dict[str, Any]] = (None, None, None, {})

    def send(self, actions: Any) -> None:
        self._actions = actions

    def receive(self) -> Any:
        observations, *rest = self._env.step(self._actions)
        self._outcome = (rest[0], rest[1], rest[2], rest[3])
        return observations

    def outcome(self) -> tuple[Any, Any, Any, dict[str, Any]]:
        return self._outcome


def split(env: VectorEnv[Any, Any, Any]) -> SplitEnv:
    """Return `env` itself when it has the three parts of a step, else something that gives it them."""
    if all(hasattr(env, name) for name in ("send", "receive", "outcome")):
        return cast(SplitEnv, env)
    return _WholeSteps(env)


class Trainer:
    """Trains until done or asked to stop."""

    def __init__(
        self,
        env: VectorEnv[Any, Any, Any],
        make_algorithm: Callable[[VectorEnv[Any, Any, Any]], Algorithm],
        settings: TrainerSettings,
        checkpoints: CheckpointFolder,
        *,
        config: dict[str, Any] | None = None,
        extras: Callable[[], dict[str, Any]] = dict,
        hooks: Hooks | None = None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """`make_algorithm` is called with the environment after its first `reset`, when its spaces are known.

        `config`, and what `extras` returns then, is stored in checkpoints.
        """
        self._env = env
        self._make_algorithm = make_algorithm
        self._settings = settings
        self._checkpoints = checkpoints
        self._config = config or {}
        self._extras = extras
        self._hooks = hooks or Hooks()
        self._should_stop = should_stop
        self._resume: Checkpoint | None = None
        self._rate = RateMeter()
        self._refreshed_at = 0.0
        self._started = 0.0
        self._learned_s = 0.0
        self._target_reached = False
        self._saved_at = 0
        self.snapshot = Snapshot()
        self.algorithm: Algorithm
        self.tracker: EpisodeTracker

    def resume_from(self, checkpoint: Checkpoint) -> None:
        """Go on where `checkpoint` was written, instead of from the beginning. Call before `run`."""
        self._resume = checkpoint

    def run(self) -> Outcome:
        """Train; writes a checkpoint at the end, whatever ends it short of an error.

        Raises:
            DivergenceError: when learning went wrong; the checkpoints written before stay.
            Whatever the environment and `make_algorithm` raise.
        """
        settings = self._settings
        try:
            observations, infos = self._env.reset(seed=settings.seed)
        except InterruptedWaitError:
            return Outcome.STOPPED
        self.algorithm = self._make_algorithm(self._env)
        self.tracker = EpisodeTracker(self._env.num_envs)
        if self._resume is not None:
            self.algorithm.load_state_dict(self._resume.state)
            self.tracker.steps = self._resume.steps
            self.tracker.episodes = int(self._resume.counters["episodes"])
        self.tracker.begin(infos)
        status = infos["status"]
        self.algorithm.begin((status & columns.DONE) != 0, (status & columns.RESET) != 0)
        self.snapshot.state = State.COLLECTING
        outcome = self._loop(observations)
        if self.tracker.steps > self._saved_at or not self.snapshot.checkpoint:
            self.save()
        self._refresh(State.DONE)
        self._hooks.on_step(self.snapshot)
        return outcome

    def _loop(self, observations: Any) -> Outcome:
        """Collect and learn until the end.

        A step's bookkeeping waits until the next actions are sent, so that it costs nothing while a simulator works,
        except where the step completes a rollout: then the policy learns before it acts.
        """
        settings, tracker, algorithm = self._settings, self.tracker, self.algorithm
        steps = split(self._env)
        self._begin_clock()
        pending: tuple[Any, Any, Any] | None = None
        while True:
            if pending is not None and (
                algorithm.nearly_ready or tracker.steps + self._env.num_envs >= settings.total_steps
            ):
                self._settle(pending, steps)
                pending = None
                if algorithm.ready:
                    self._learn()
            if tracker.steps >= settings.total_steps:
                return Outcome.TOTAL_STEPS
            if self._target_reached:
                return Outcome.TARGET_REACHED
            if self._should_stop():
                return Outcome.STOPPED
            actions = algorithm.act(observations)
            try:
                steps.send(actions)
                if pending is not None:
                    self._settle(pending, steps)
                    pending = None
                following = steps.receive()
            except InterruptedWaitError:
                return Outcome.STOPPED
            pending = (observations, actions, following)
            observations = following

    def _begin_clock(self) -> None:
        self._saved_at = self.tracker.steps
        self._started = time.perf_counter()

    def _settle(self, step: tuple[Any, Any, Any], steps: SplitEnv) -> None:
        """Do the bookkeeping of a step: observations, actions, following observations."""
        observations, actions, following = step
        rewards, terminated, truncated, infos = steps.outcome()
        self._book(
            observations,
            actions,
            Transition(following, rewards, terminated, truncated, infos["valid"], infos.get("cost")),
            infos,
        )

    def _book(self, observations: Any, actions: Any, transition: Transition, infos: dict[str, Any]) -> None:
        """Take in a step of all environments, whose outcome is known."""
        rewards, terminated, truncated = transition.rewards, transition.terminated, transition.truncated
        self.algorithm.record(observations, actions, transition)
        ended = self.tracker.step(rewards, terminated | truncated, infos)
        if ended:
            self._hooks.on_episodes(ended)
            self._target_reached = self._reaches_target()
        self.snapshot.steps = self.tracker.steps
        if time.monotonic() - self._refreshed_at >= REFRESH_PERIOD_S:
            self._refresh(State.COLLECTING)
        self._hooks.on_step(self.snapshot)

    def _learn(self) -> None:
        tracker, settings = self.tracker, self._settings
        self.snapshot.state = State.LEARNING
        before = time.perf_counter()
        scalars = self.algorithm.update(tracker.steps / settings.total_steps, self._should_stop)
        now = time.perf_counter()
        self._learned_s += now - before
        self.snapshot.learn_share = self._learned_s / (now - self._started)
        self._refresh(State.COLLECTING)
        self._hooks.on_update(tracker.steps, scalars)
        if tracker.steps - self._saved_at >= settings.checkpoint_interval_steps:
            self.save()

    def save(self) -> Path | None:
        """Write a checkpoint now; returns its path."""
        tracker = self.tracker
        path = self._checkpoints.save(
            Checkpoint(
                algorithm=self.algorithm.name,
                config=self._config,
                state_names=tuple(getattr(self._env, "observation_names", ())),
                counters={
                    "steps": tracker.steps,
                    "episodes": tracker.episodes,
                    "updates": self.algorithm.updates,
                    **_score_of(tracker),
                },
                state=self.algorithm.state_dict(),
                extras=self._extras(),
            )
        )
        self._saved_at = tracker.steps
        self.snapshot.checkpoint = str(path)
        self._hooks.on_checkpoint(path)
        return path

    def _reaches_target(self) -> bool:
        target = self._settings.target_success_rate
        recent = self.tracker.recent
        if target <= 0.0 or len(recent) < WINDOW:
            return False
        return float(np.mean([episode.success for episode in recent])) >= target

    def _refresh(self, state: State) -> None:
        snapshot, tracker = self.snapshot, self.tracker
        snapshot.steps = tracker.steps
        snapshot.updates = self.algorithm.updates
        snapshot.episodes = tracker.episodes
        snapshot.window = tracker.stats()
        snapshot.steps_per_s = self._rate.update(time.monotonic(), tracker.steps)
        left = max(self._settings.total_steps - tracker.steps, 0)
        snapshot.eta_s = left / snapshot.steps_per_s if snapshot.steps_per_s > 0 else math.nan
        snapshot.state = state
        self._refreshed_at = time.monotonic()


def _score_of(tracker: EpisodeTracker) -> dict[str, float]:
    """Return what says how good a checkpoint is; nothing before the window of episodes is full."""
    if len(tracker.recent) < WINDOW:
        return {}
    stats = tracker.stats()
    return {"success_rate": stats.success_rate, "mean_return": stats.mean_return}
