"""Answers a fleet's observations with a policy, the newest first. No ROS in here."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_frame import FleetFrame
from drl_agent_node.env.fleet_link import Transport
from drl_agent_node.env.lock_step import LockStep
from drl_agent_node.env.observations import names_of, observe, observed_by
from drl_agent_node.errors import InterruptedWaitError, ObservationTimeoutError
from drl_agent_node.inference.latency import LatencyWindow
from drl_agent_node.inference.policy_file import ExportedPolicy
from drl_agent_node.safety.layer import SafetyLayer, Span

WAIT_SLICE_S: Final = 0.1
WARM_UP_CALLS: Final = 10


class _Memory:
    """What a policy remembers of each of a group's N egos while the episode lasts."""

    def __init__(self, agents: int, size: int) -> None:
        self.values: NDArray[np.float32] = np.zeros((agents, size), np.float32)
        self._session = -1
        self._time_s = np.zeros(agents, np.float32)

    def forget(self, frame: FleetFrame) -> None:
        """Forget where `frame` is of another episode than the one before; frames may have been skipped in between."""
        time_s = frame.metrics[:, columns.EPISODE_TIME_S]
        fresh = (
            (time_s < self._time_s) | ((frame.status & columns.RESET) != 0) | (frame.session != self._session)
        )
        self.values = self.values * ~fresh[:, None]
        self._session, self._time_s = frame.session, time_s


class Driver:
    """Drives every lock-step group of a transport with one policy.

    Attributes:
        latencies: of what comes between an observation taken and its action published.
        frames: answered so far.
        skipped: frames that nobody asked the policy about, since a newer one was there.
    """

    def __init__(
        self,
        transport: Transport,
        policy: ExportedPolicy,
        make_safety: Callable[[tuple[str, ...]], SafetyLayer | None] = lambda _names: None,
        should_stop: Callable[[], bool] = lambda: False,
    ) -> None:
        self.transport = transport
        self.latencies = LatencyWindow()
        self.frames = 0
        self.skipped = 0
        self.safety: SafetyLayer | None = None
        self._policy = policy
        self._make_safety = make_safety
        self._should_stop = should_stop
        self._answered: list[FleetFrame | None] = []
        self._observed = observed_by(policy.card.state_names)
        self._memories: list[_Memory] = []

    def connect(self, timeout_s: float) -> None:
        """Wait for every group and check its columns.

        Raises:
            ObservationTimeoutError: naming the topics on which nothing arrived.
            ConfigurationError: when the policy takes other columns.
            InterruptedWaitError: when asked to stop.
        """
        groups = self.transport.groups
        end = time.monotonic() + timeout_s
        while not all(group.ready for group in groups):
            if self._should_stop():
                raise InterruptedWaitError("asked to stop while waiting for an observation")
            if time.monotonic() >= end:
                missing = ", ".join(topic for group in groups for topic in group.missing())
                raise ObservationTimeoutError(f"nothing arrived on {missing} within {timeout_s:g} s")
            self.transport.wait(WAIT_SLICE_S)
        self._memories.clear()
        for group in groups:
            assert group.layout is not None
            assert group.current is not None
            names = names_of(self._observed, group.layout, group.current)
            self._policy.check_layout(names, group.layout.action_names)
            self._memories.append(_Memory(len(group.current.status), self._policy.card.memory_size))
            for _ in range(WARM_UP_CALLS):
                self._propose(
                    group.current, _Memory(len(group.current.status), self._policy.card.memory_size)
                )
        assert groups[0].layout is not None
        self.safety = self._make_safety(groups[0].layout.state_names)
        self._answered = [None] * len(groups)

    def run(self) -> None:
        """Drive until asked to stop.

        Raises:
            FleetError: when a message breaks its contract.
        """
        while not self._should_stop():
            if not self._answer_new():
                self.transport.wait(WAIT_SLICE_S)
                now = time.monotonic()
                for group, answered in zip(self.transport.groups, self._answered, strict=True):
                    if group.current is answered:
                        group.retry(now)

    def _answer_new(self) -> bool:
        found = False
        for index, group in enumerate(self.transport.groups):
            frame = group.current
            before = self._answered[index]
            if frame is None or frame is before:
                continue
            found = True
            started = time.perf_counter()
            group.answer(self._act(index, group, frame), time.monotonic())
            self.latencies.add(time.perf_counter() - started)
            self.frames += 1
            if before is not None and before.session == frame.session:
                self.skipped += max(frame.frame - before.frame - 1, 0)
            self._answered[index] = frame
        return found

    def _propose(self, frame: FleetFrame, memory: _Memory) -> NDArray[np.float32]:
        observations = observe(self._observed, [frame])
        if self._policy.step is None:
            return self._policy.act(observations)
        memory.forget(frame)
        actions, memory.values = self._policy.step(observations, memory.values)
        return actions

    def _act(self, index: int, group: LockStep, frame: FleetFrame) -> NDArray[np.float32]:
        actions = self._propose(frame, self._memories[index])
        if self.safety is None:
            return actions
        actions, verdict = self.safety.judge(frame.state, frame.metrics, actions)
        everybody = np.ones(len(frame.status), np.bool_)
        # Rows of other groups have no part in this verdict: spans that are empty keep the groups' numbers.
        spans = [Span(slice(0, 0), 0, 0)] * index + [Span(slice(None), frame.session, frame.frame)]
        self.safety.record(verdict, frame.metrics, frame.status, everybody, spans)
        return actions
