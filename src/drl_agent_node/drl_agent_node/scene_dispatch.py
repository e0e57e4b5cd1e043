"""Brings the curriculum's assignments to the simulators, also to those that come back from a crash. No ROS."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final, Protocol

import numpy as np

from drl_agent_node.curriculum import Assignment, Curriculum

ANSWER_TIMEOUT_S: Final = 10.0
TRY_AGAIN_S: Final = 1.0


@dataclass(frozen=True)
class Answer:
    """What a simulator's bridge said to a scenario; see `LoadScenario`."""

    success: bool
    message: str = ""
    new_world: bool = False


class SceneLoader(Protocol):
    """Who takes scenarios to the simulators."""

    def load(self, group: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        """Ask a simulator to give agents (all: none named) a scenario; the result tells the answer once it is there."""


@dataclass(frozen=True)
class _Order:
    stage: int
    agents: tuple[int, ...]


@dataclass
class _Group:
    assignment: Assignment | None = None
    session: int = -1
    orders: deque[_Order] = field(default_factory=deque)
    asked: _Order | None = None
    answer: Callable[[], Answer | None] | None = None
    asked_at: float = 0.0
    wait_until: float = 0.0


class SceneDispatcher:
    """Keeps every simulator at what the curriculum assigns to it.

    `poll` is called by the training thread at every step and costs little as long as nothing changes. An order that is
    refused or not answered is given again. Whenever a simulator's session changes, all its orders are given again: a
    bridge that is there already takes them for what it has.
    """

    def __init__(
        self,
        curriculum: Curriculum,
        loader: SceneLoader,
        sessions: Callable[[], Sequence[int | None]],
        warn: Callable[[str], None],
    ) -> None:
        """`sessions` gives the session of each simulator, None of one that takes no orders now.

        `warn` is told about refused orders.
        """
        self.curriculum = curriculum
        self._loader = loader
        self._sessions = sessions
        self._warn = warn
        self._groups = [_Group() for _ in sessions()]
        self._requests: deque[tuple[int, bool]] = deque()

    @property
    def waiting(self) -> bool:
        """Whether an order has no answer yet."""
        return any(group.answer is not None for group in self._groups)

    def request(self, stage: str, *, hold: bool) -> int:
        """Move to a stage at the next `poll`; any thread may call it. Returns its index.

        Raises:
            ConfigurationError: when there is no such stage.
        """
        index = self.curriculum.index_of(stage)
        self._requests.append((index, hold))
        return index

    def poll(self) -> None:
        """Hand out what is due, take in what was answered."""
        while self._requests:
            stage, hold = self._requests.popleft()
            self.curriculum.move_to(stage, hold=hold)
        for number, session in enumerate(self._sessions()):
            if session is None:
                self._groups[number] = _Group()
                continue
            group = self._groups[number]
            assignment = self.curriculum.assignment(number)
            if assignment is not group.assignment or session != group.session:
                group.assignment, group.session = assignment, session
                group.orders = deque(_orders(assignment))
            if group.answer is not None:
                self._take_answer(number, group)
            if group.answer is None and group.orders and time.monotonic() >= group.wait_until:
                order = group.orders[0]
                group.asked_at = time.monotonic()
                group.answer = self._loader.load(
                    number, self.curriculum.stages[order.stage].text, order.agents
                )
                group.asked = order
                self._take_answer(number, group)

    def _take_answer(self, number: int, group: _Group) -> None:
        assert group.answer is not None
        answer = group.answer()
        now = time.monotonic()
        if answer is None and now - group.asked_at < ANSWER_TIMEOUT_S:
            return
        group.answer = None
        asked = group.asked
        assert asked is not None
        if answer is None or not answer.success:
            reason = "no answer" if answer is None else answer.message
            self._warn(f"stage {self.curriculum.stages[asked.stage].name}: {reason}; asking again")
            group.wait_until = now + TRY_AGAIN_S
            return
        self.curriculum.taken(number, asked.agents, asked.stage)
        if not group.orders or group.orders[0] is not asked:
            return  # the assignment changed meanwhile
        if answer.new_world:
            group.orders.clear()  # the new session brings them all again
        else:
            group.orders.popleft()


def _orders(assignment: Assignment) -> list[_Order]:
    """Return the world's stage for all, then other stages for the agents that have them."""
    others = sorted(set(assignment.stages.tolist()) - {assignment.world})
    return [
        _Order(assignment.world, ()),
        *(_Order(stage, tuple(np.flatnonzero(assignment.stages == stage).tolist())) for stage in others),
    ]
