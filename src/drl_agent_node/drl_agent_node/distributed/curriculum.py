"""A curriculum whose stages are driven by workers, and whose state each learner keeps, all of them the same."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from itertools import chain
from typing import Any, Final, Protocol

from drl_agent_node.algorithms.ranks import Ranks
from drl_agent_node.curriculum import End
from drl_agent_node.curriculum_session import CurriculumSession
from drl_agent_node.episodes import Episode
from drl_agent_node.scene_dispatch import Answer

LOOK_EVERY_S: Final = 0.002


class Scenes(Protocol):
    """What a learner's workers drive; a `WorkerFleet` has it."""

    world_sizes: tuple[int, ...]

    @property
    def sessions(self) -> list[int | None]:
        """Session of each worker's world."""

    def load(self, worker: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        """Ask a worker for another scenario; see `SceneLoader`."""


class WorkersCurriculum:
    """The curriculum of a learner with workers, and maybe of others with as many: all judge by what all drove.

    Orders are given and answered while the workers wait, so that what was taken is known before they drive on. The
    groups of the curriculum are the workers of all learners; a learner gives orders to its own.
    """

    def __init__(
        self,
        session: CurriculumSession,
        scenes: Scenes,
        ranks: Ranks,
        rank: int,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        """`rank` is the learner's number."""
        self.session = session
        self._scenes = scenes
        self._ranks = ranks
        self._should_stop = should_stop
        self._first = rank * len(scenes.world_sizes)
        self._ends: list[End] = []
        self._asked: deque[tuple[str, bool]] = deque()

    @property
    def world_sizes(self) -> tuple[int, ...]:
        """Agents of each worker of all learners."""
        return self._scenes.world_sizes * self._ranks.count

    @property
    def sessions(self) -> list[int | None]:
        """Session of each worker's world; None of those that are not there and of other learners'."""
        sessions: list[int | None] = [None] * len(self.world_sizes)
        own = self._scenes.sessions
        sessions[self._first : self._first + len(own)] = own
        return sessions

    def load(self, group: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        """Ask one of this learner's workers; see `SceneLoader`."""
        return self._scenes.load(group - self._first, scenario, agents)

    def begin(self, extras: Mapping[str, Any]) -> None:
        """Start when the workers' worlds are there; see `CurriculumSession`."""
        self.session.begin(self, self, extras)

    def on_episodes(self, episodes: Sequence[Episode]) -> None:
        """Note episodes of this learner's workers, and what was driven in them."""
        dispatcher = self.session.dispatcher
        assert dispatcher is not None
        self._ends += dispatcher.curriculum.ends(episodes, self._first)

    def request(self, stage: str, *, hold: bool) -> int:
        """Move all learners to a stage at their next `exchange`; any thread may call it. Returns its index.

        Raises:
            ConfigurationError: when there is no such stage, or training has not begun.
        """
        index = self.session.index_of(stage)
        self._asked.append((stage, hold))
        return index

    def exchange(self) -> None:
        """Judge by what the workers of all learners ended since the last time; each learner calls it as often."""
        ends, self._ends = self._ends, []
        asked = [self._asked.popleft() for _ in range(len(self._asked))]
        all_ends, all_asked = zip(*self._ranks.gather([(ends, asked)]), strict=True)
        self.session.count([End(*end) for end in chain.from_iterable(all_ends)])
        for stage, hold in chain.from_iterable(all_asked):
            self.session.request(stage, hold=hold)
        # Worlds are made while the learner learns.
        self.session.on_step()

    def settle(self) -> None:
        """Give this learner's workers the orders that are due, and wait for the answers."""
        dispatcher = self.session.dispatcher
        assert dispatcher is not None
        dispatcher.poll()
        while dispatcher.waiting and not self._should_stop():
            time.sleep(LOOK_EVERY_S)
            dispatcher.poll()
