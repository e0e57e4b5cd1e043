"""Whole fleets as one Gymnasium vector environment: K lock-step groups, N agents each, batched from end to end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import gymnasium as gym
import numpy as np
from gymnasium.vector import AutoresetMode, VectorEnv
from numpy.typing import NDArray

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_link import Transport
from drl_agent_node.env.groups import Group, seated
from drl_agent_node.env.lock_step import LockStep
from drl_agent_node.env.observations import Observations, ObservationView, parse_observed
from drl_agent_node.env.reward import RewardConfig, RewardFunction
from drl_agent_node.errors import InterruptedWaitError, ObservationTimeoutError
from drl_agent_node.safety.config import SafetyConfig
from drl_agent_node.safety.layer import SafetyLayer, Span
from drl_agent_node.safety.shield import Verdict

# A wait ends this often to look for signals, repeat answers and report silence.
WAIT_SLICE_S: Final = 0.1
REPORT_EVERY_S: Final = 5.0
WAITING_AFTER_S: Final = 1.0

# rewards, terminated, truncated, infos
Outcome = tuple[NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]
StepResult = tuple[Observations, NDArray[np.float32], NDArray[np.bool_], NDArray[np.bool_], dict[str, Any]]


@dataclass
class Timings:
    """Sums since the last `take_timings`, s, over `steps` steps."""

    steps: int = 0
    policy_s: float = 0.0
    wait_s: float = 0.0


class FleetVectorEnv(VectorEnv[Any, NDArray[np.float32], NDArray[Any]]):
    """K simulators x N agents; agent i of group k is row `offset_k + i` of every array.

    Observations are the state, float32 [E, S], or a dictionary of images, uint8 [E, C, H, W], by name (`raster`,
    `camera`, `lidar`), and maybe `state`.

    Autoreset is next-step: the action after a done step is ignored. When a group's world is made anew, its agents are
    truncated with the observation they had (`infos["valid"]` is False for that step: nobody saw where the action
    led), and the next step returns the new world's first frame.

    A group that is silent for `lost_after_s` while others answer is masked: its agents are truncated, keep their last
    observation, and count as not valid until it answers again. The last group that answers is never masked.

    `infos`: `metrics` float32 [E, NUM_METRICS], `status` uint8 [E], `end_reason` uint8 [E], `valid` bool [E],
    `stamp` float64 [E] simulation time in s. With a safety layer also `intervention` uint8 [E], bits of
    `safety.shield.Kind`, and `cost` float32 [E].

    Attributes:
        on_waiting: called with a message every 5 s while a group is silent.
        should_stop: asked about every 0.1 s while waiting; True ends the wait with `InterruptedWaitError`.
        waiting: True while nothing has arrived for 1 s.
        safety: the safety layer, None when `safety` is `off`, and before the first `reset`.
        state_names: names of the state's columns.
        observation_names: names of all that is observed.
    """

    metadata: dict[str, Any] = {"autoreset_mode": AutoresetMode.NEXT_STEP}  # noqa: RUF012 (Gymnasium's interface)

    def __init__(
        self,
        transport: Transport,
        reward_config: RewardConfig | None = None,
        *,
        safety: str = "off",
        safety_config: SafetyConfig | None = None,
        observation: str = "state",
        observation_timeout_s: float = 60.0,
        lost_after_s: float = math.inf,
        should_stop: Callable[[], bool] = lambda: False,
        on_waiting: Callable[[str], None] = lambda _message: None,
    ) -> None:
        """Spaces and `num_envs` are known after `reset`, which waits for the first observations.

        `safety` is one of `safety.config.MODES`; `observation` is what is observed, see
        `observations.parse_observed`;
        `lost_after_s` is how long the other groups wait for one, s.
        """
        self._transport = transport
        self._reward = RewardFunction(reward_config or RewardConfig())
        self._observation_timeout_s = observation_timeout_s
        self._lost_after_s = lost_after_s
        self.should_stop = should_stop
        self.on_waiting = on_waiting
        self.waiting = False
        self.num_envs = 0
        self.state_names: tuple[str, ...] = ()
        self.observation_names: tuple[str, ...] = ()
        self._observed = parse_observed(observation)
        self._view: ObservationView
        self.timings = Timings()
        self._groups: list[Group] = []
        self._lost: list[Group] = []
        self._absent: list[Group] = []
        self._safety_mode = safety
        self._safety_config = safety_config or SafetyConfig()
        self.safety: SafetyLayer | None = None
        self._sent: tuple[Verdict, list[Span]] | None = None
        self._judged: tuple[Verdict, list[Span]] | None = None
        self._shown_at = 0.0
        self._sent_at = 0.0

    @property
    def links(self) -> list[LockStep]:
        """The lock-step groups, in order of their rows."""
        return list(self._transport.groups)

    @property
    def world_sizes(self) -> tuple[int, ...]:
        """Agents of each group, in order of their rows; known after `reset`."""
        return tuple(group.rows.stop - group.rows.start for group in self._groups)

    @property
    def sessions(self) -> list[int]:
        """Session of each group, the newest that was heard of; known after `reset`."""
        return [link.current.session for link in self._transport.groups if link.current is not None]

    @property
    def step_s(self) -> float:
        """Simulated time per step, s; known after `reset`."""
        return self._groups[0].shown.step_s

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Wait for the first observation of every group and return the observations.

        The simulator owns the episodes and their seed; `seed` only seeds `np_random`. Episodes that are under way go
        on.

        Raises:
            ObservationTimeoutError: naming the topics on which nothing arrived in time.
            FleetError: when the groups do not fit together, or a message breaks its contract.
            ConfigurationError: when images are to be observed and there are none.
            InterruptedWaitError: when `should_stop` says so.
        """
        super().reset(seed=seed)
        if not self._groups:
            self._connect()
        for group in self._groups:
            group.show()
        self._shown_at = time.perf_counter()
        frames = [group.shown for group in self._groups]
        status = np.concatenate([frame.status for frame in frames])
        metrics = np.concatenate([frame.metrics for frame in frames])
        return self._view.of(frames), self._infos(metrics, status, np.ones(self.num_envs, np.bool_))

    def step(self, actions: NDArray[np.float32]) -> StepResult:
        """Answer every group's frame with its rows of `actions` [E, NUM_ACTIONS], and wait for the next frames.

        Actions are clipped to [-1, 1]. The same as `send`, `receive` and `outcome` one after the other.

        Raises:
            FleetError: when a message breaks its contract.
            InterruptedWaitError: when `should_stop` says so.
        """
        self.send(actions)
        observations = self.receive()
        return (observations, *self.outcome())

    def send(self, actions: NDArray[np.float32]) -> None:
        """Publish `actions` [E, NUM_ACTIONS], clipped to [-1, 1], and return while the simulators work on them."""
        clipped = np.minimum(np.maximum(actions.astype(np.float32, copy=False), -1.0), 1.0)
        if clipped.shape != (self.num_envs, columns.NUM_ACTIONS):
            raise ValueError(
                f"actions have shape {clipped.shape}, not {(self.num_envs, columns.NUM_ACTIONS)}"
            )
        if self.safety is not None:
            clipped, verdict = self.safety.judge(*self._before(), clipped)
            self._sent = verdict, self._spans()
        self._sent_at = time.monotonic()
        for group in self._groups:
            if not group.world_lost and not group.masked:
                group.link.answer(clipped[group.rows], self._sent_at)
        self.timings.policy_s += time.perf_counter() - self._shown_at

    def receive(self) -> Observations:
        """Wait for the frames that follow what was sent; returns the observations.

        Raises:
            FleetError: when a message breaks its contract.
            InterruptedWaitError: when `should_stop` says so. The answers stand.
        """
        waits_from = time.perf_counter()
        self._wait_for_next(self._sent_at)
        self._shown_at = time.perf_counter()
        self.timings.steps += 1
        self.timings.wait_s += self._shown_at - waits_from
        self._lost, self._absent = [], []
        for group in self._groups:
            if group.masked or group.behind:
                self._receive_late(group)
            elif group.link.world != group.world and not group.world_lost:
                group.world_lost = True
                self._lost.append(group)
            else:
                group.show()
        self._judged = self._sent
        return self._view.of([group.shown for group in self._groups])

    def outcome(self) -> Outcome:
        """Return rewards, terminated, truncated and infos of the last `receive`.

        May be called after the next `send`: what this costs then passes while the simulators work.
        """
        frames = [group.shown for group in self._groups]
        metrics = np.concatenate([frame.metrics for frame in frames])
        status = np.concatenate([frame.status for frame in frames])
        valid = np.ones(self.num_envs, np.bool_)
        rewards = self._reward(metrics, status)
        for group in self._lost:
            rows = group.rows
            valid[rows] = False
            rewards[rows] = 0.0
            status[rows] = columns.TRUNCATED
            metrics[rows, columns.END_REASON] = columns.END_EXTERNAL
        for group in self._absent:
            valid[group.rows] = False
            rewards[group.rows] = 0.0
            if group.masked:
                status[group.rows] = 0
                metrics[group.rows, columns.END_REASON] = columns.END_NONE
        infos = self._infos(metrics, status, valid)
        if self.safety is not None and self._judged is not None:
            verdict, spans = self._judged
            infos["intervention"] = verdict.kinds
            infos["cost"], penalties = self.safety.record(verdict, metrics, status, valid, spans)
            rewards -= penalties
        return rewards, (status & columns.TERMINATED) != 0, (status & columns.TRUNCATED) != 0, infos

    @property
    def masked(self) -> list[str]:
        """Simulators that the others go on without."""
        return [group.link.simulator for group in self._groups if group.masked]

    def locate(self, row: int) -> tuple[str, int, int]:
        """Return simulator, session and agent number of row `row` of the batch."""
        for group in self._groups:
            if group.rows.start <= row < group.rows.stop:
                return group.link.simulator, group.shown.session, row - group.rows.start
        raise IndexError(f"row {row} of {self.num_envs}")

    def restart_policy_clock(self) -> None:
        """Say that what went before was learning and does not count as time to act."""
        self._shown_at = time.perf_counter()

    def take_timings(self) -> Timings:
        """Return the timings since the last call and start new ones."""
        taken, self.timings = self.timings, Timings()
        return taken

    def close_extras(self, **kwargs: Any) -> None:
        """Release the transport; called by `close`."""
        self._transport.close()

    def _receive_late(self, group: Group) -> None:
        """Mask a group that did not answer in time, or welcome one back."""
        name = group.link.simulator
        if not group.masked:
            group.masked = True
            self._lost.append(group)
            self.on_waiting(f"{name} is lost: silent for {self._lost_after_s:g} s; going on without it")
            return
        self._absent.append(group)
        if not group.silent:
            group.show()
            self.on_waiting(f"{name} answers again")

    def _before(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Return states and metrics that are to be answered, [E, ...]."""
        frames = [group.shown for group in self._groups]
        return (
            np.concatenate([frame.state for frame in frames]),
            np.concatenate([frame.metrics for frame in frames]),
        )

    def _spans(self) -> list[Span]:
        return [Span(group.rows, group.shown.session, group.shown.frame) for group in self._groups]

    def _connect(self) -> None:
        links = self._transport.groups
        deadline = time.monotonic() + self._observation_timeout_s
        report_at = time.monotonic() + REPORT_EVERY_S
        self.waiting = True
        while not all(link.ready for link in links):
            now = time.monotonic()
            missing = [topic for link in links for topic in link.missing()]
            if now >= deadline:
                peers = "; ".join(self._transport.describe_peers(link) for link in links if not link.ready)
                raise ObservationTimeoutError(
                    f"nothing arrived on {', '.join(missing)} within {self._observation_timeout_s:g} s; {peers}. "
                    "Are the gateway, the bridge and the simulator running, with the same ROS_DOMAIN_ID?"
                )
            if now >= report_at:
                self.on_waiting(f"waiting for the first message on {', '.join(missing)}")
                report_at = now + REPORT_EVERY_S
            self._wait_slice()
        self.waiting = False
        self._build_spaces()

    def _build_spaces(self) -> None:
        self._groups = seated(self._transport.groups)
        first = self._groups[0].layout
        offset = self.num_envs = self._groups[-1].rows.stop
        self.state_names = first.state_names
        self._view = ObservationView(self._observed, first, self._groups[0].shown)
        self.observation_names = self._view.names
        self.single_observation_space = self._view.single_space
        self.single_action_space = gym.spaces.Box(-1.0, 1.0, (columns.NUM_ACTIONS,), np.float32)
        self.observation_space = gym.vector.utils.batch_space(self.single_observation_space, offset)
        self.action_space = gym.vector.utils.batch_space(self.single_action_space, offset)
        if self._safety_mode != "off":
            self.safety = SafetyLayer(self._safety_mode, self._safety_config, self.state_names)

    def _wait_slice(self) -> None:
        if self.should_stop():
            raise InterruptedWaitError("asked to stop while waiting for an observation")
        self._transport.wait(WAIT_SLICE_S)

    def _wait_for_next(self, started: float) -> None:
        report_at = started + REPORT_EVERY_S
        while True:
            behind = [group for group in self._groups if group.behind]
            masked = [group for group in self._groups if group.masked]
            now = time.monotonic()
            late = now - started > self._lost_after_s and not all(group.silent for group in self._groups)
            if not behind or late:
                self.waiting = False
                for group in masked:
                    group.link.retry(now)
                return
            self._wait_slice()
            now = time.monotonic()
            self.waiting = now - started > WAITING_AFTER_S
            for group in behind + masked:
                group.link.retry(now)
            if now >= report_at:
                names = ", ".join(group.link.simulator for group in behind)
                self.on_waiting(
                    f"no new observation from {names} for {now - started:.0f} s; "
                    + "; ".join(self._transport.describe_peers(group.link) for group in behind)
                )
                report_at = now + REPORT_EVERY_S

    def _infos(
        self, metrics: NDArray[np.float32], status: NDArray[np.uint8], valid: NDArray[np.bool_]
    ) -> dict[str, Any]:
        stamps = np.empty(self.num_envs, np.float64)
        for group in self._groups:
            stamps[group.rows] = group.shown.stamp
        return {
            "metrics": metrics,
            "status": status,
            "end_reason": metrics[:, columns.END_REASON].astype(np.uint8),
            "valid": valid,
            "stamp": stamps,
        }
