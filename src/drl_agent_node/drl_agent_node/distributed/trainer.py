"""The training loop where workers drive and learners learn: fragments in, policies out."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np

from drl_agent_node.algorithms.base import Transition
from drl_agent_node.algorithms.ranks import Ranks
from drl_agent_node.distributed.fleet import WorkerFleet
from drl_agent_node.distributed.worker import MEMORY, STARTS, Fragment
from drl_agent_node.errors import InterruptedWaitError
from drl_agent_node.trainer import Outcome, Trainer

FRAGMENT_STEPS: Final = 64


class DistributedTrainer(Trainer):
    """A `Trainer` on a `WorkerFleet`, and maybe one of several that learn together.

    All of them count the steps of all and decide alike; the first one writes the checkpoints.
    """

    def __init__(
        self,
        *args: Any,
        ranks: Ranks,
        first: bool,
        after_fragment: Callable[[], None] = lambda: None,
        **more: Any,
    ) -> None:
        """`first` says whether this learner is the one that writes; the rest is as of `Trainer`.

        `after_fragment` is called whenever a fragment was booked, by all learners as often.
        """
        super().__init__(*args, **more)
        self._ranks = ranks
        self._first = first
        self._after_fragment = after_fragment

    def save(self) -> Path | None:
        """Write a checkpoint now, where this is the first learner."""
        if self._first:
            return super().save()
        self._saved_at = self.tracker.steps
        self.snapshot.checkpoint = "written by the first learner"
        return None

    def _loop(self, observations: Any) -> Outcome:
        fleet, tracker, ranks = self._env, self.tracker, self._ranks
        assert isinstance(fleet, WorkerFleet)
        self.algorithm.join(ranks)
        self._begin_clock()
        # A rollout is a fragment; what learns step by step takes any length.
        steps = getattr(self.algorithm.config, "rollout_steps", FRAGMENT_STEPS)
        while True:
            if tracker.steps >= self._settings.total_steps:
                return Outcome.TOTAL_STEPS
            if ranks.any(self._should_stop()):
                return Outcome.STOPPED
            if ranks.any(self._target_reached):
                return Outcome.TARGET_REACHED
            try:
                fragment = fleet.collect(self.algorithm.policy_state(), steps)
                stopped = False
            except InterruptedWaitError:
                stopped = True
            if ranks.any(stopped):
                return Outcome.STOPPED
            before = tracker.steps
            self._take(fragment)
            driven = np.array([tracker.steps - before], np.float64)
            tracker.steps = before + int(ranks.total(driven)[0])
            self._after_fragment()
            if ranks.least(int(self.algorithm.ready)):
                self._learn()

    def _take(self, fragment: Fragment) -> None:
        """Book a fragment step by step."""
        observed, infos = fragment.observations, fragment.infos
        for step in range(len(fragment.actions)):
            seen, following = (
                {name: values[row] for name, values in observed.items()}
                if isinstance(observed, dict)
                else observed[row]
                for row in (step, step + 1)
            )
            told = {name: values[step] for name, values in infos.items()}
            outcome = Transition(
                following,
                fragment.rewards[step],
                fragment.terminated[step],
                fragment.truncated[step],
                told["valid"],
                told.get("cost"),
                (told[STARTS], told[MEMORY]) if MEMORY in told else None,
            )
            self._book(seen, fragment.actions[step], outcome, told)
