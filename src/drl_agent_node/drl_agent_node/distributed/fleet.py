"""Rollout workers as Ray actors: what they drove as one batch, and what becomes of those that die."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import ray
from numpy.typing import NDArray

from carla_sensor_bridge.scenario_change import parse_scenario
from drl_agent_node.algorithms.base import Bools
from drl_agent_node.distributed.worker import Fragment, Opening, Worker, WorkerSpec
from drl_agent_node.env import columns
from drl_agent_node.env.observations import Observations
from drl_agent_node.errors import ConfigurationError, FleetError, InterruptedWaitError
from drl_agent_node.scene_dispatch import Answer

OPEN_S: Final = 420.0
CLOSE_S: Final = 8.0
WAIT_SLICE_S: Final = 0.2
# A world that does not come up so often in a row never will.
MOST_FAILURES: Final = 5


@dataclass
class _Seat:
    """A worker's rows in the batch, and the actor that has them now."""

    spec: WorkerSpec
    rows: slice
    actor: Any
    opening: Any
    """Answer that is awaited; None when the world is open."""
    observations: Observations | None = None
    lost: bool = False
    failures: int = 0
    session: int = 0
    """Counts the worlds that the seat has had."""
    told: int | None = None
    """What the worker called the present one."""

    def note_session(self, told: int | None) -> None:
        """Count a world that is another one than before; None: there is none."""
        self.session += told != self.told
        self.told = told


class WorkerFleet:
    """W workers with N agents each, as an environment of W x N agents that is stepped by whole fragments.

    A worker that dies or is silent for `lost_after_s` is replaced. Until its successor's world is open, its rows stay
    as they are and are not valid, as those of a group that `FleetVectorEnv` masks.

    Attributes:
        before_driving: called whenever the workers that are there are about to drive on, all that they drove before
            having been returned.
    """

    def __init__(
        self,
        specs: Sequence[WorkerSpec],
        *,
        lost_after_s: float,
        should_stop: Callable[[], bool] = lambda: False,
        warn: Callable[[str], None] = lambda _message: None,
    ) -> None:
        """Start the workers; `reset` waits for them. Ray is initialised already."""
        self._lost_after_s = lost_after_s
        self._should_stop = should_stop
        self._warn = warn
        self._seats: list[_Seat] = []
        for index, spec in enumerate(specs):
            rows = slice(index * spec.num_agents, (index + 1) * spec.num_agents)
            self._seats.append(_Seat(spec, rows, *_start(spec)))
        self.before_driving: Callable[[], None] = lambda: None
        self.world_sizes = tuple(spec.num_agents for spec in specs)
        self.num_envs = sum(self.world_sizes)
        self.single_observation_space: Any = None
        self.single_action_space: Any = None
        self.state_names: tuple[str, ...] = ()
        self.observation_names: tuple[str, ...] = ()

    @property
    def masked(self) -> list[int]:
        """Numbers of the workers that the others go on without."""
        return [seat.spec.number for seat in self._seats if seat.opening is not None]

    @property
    def sessions(self) -> list[int | None]:
        """A number for each worker's world, another one for each new world; None where there is none now."""
        return [seat.session if seat.opening is None else None for seat in self._seats]

    def load(self, worker: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        """Ask a worker for another scenario; see `SceneLoader`. Its successors begin with what all its agents took.

        The answer raises `ConfigurationError` when the worker's world cannot be driven so.
        """
        seat = self._seats[worker]
        call = seat.actor.load.remote(scenario, list(agents))

        def answer() -> Answer | None:
            if not ray.wait([call], timeout=0.0)[0]:
                return None
            try:
                said: Answer = ray.get(call)
            except ray.exceptions.RayError as error:
                _raise_if_configuration(seat, error)
                return Answer(False, f"worker {seat.spec.number}: {_reason(error)}")
            if said.success and not agents:
                seat.spec = replace(seat.spec, scenario=parse_scenario(scenario))
            return said

        return answer

    def pids(self) -> list[int]:
        """Return the process ids of the workers that are there."""
        return [ray.get(seat.actor.pid.remote()) for seat in self._seats if seat.opening is None]

    def reset(self, *, seed: int | None = None) -> tuple[Observations, dict[str, Any]]:
        """Wait for every worker's world; returns the first observations and infos of all.

        Raises:
            ConfigurationError: when the worlds cannot be driven, or differ in what is observed.
            FleetError: when a world does not come up.
            InterruptedWaitError: when asked to stop.
        """
        end = time.monotonic() + OPEN_S
        openings: dict[int, Opening] = {}
        while len(openings) < len(self._seats):
            if self._should_stop():
                raise InterruptedWaitError("asked to stop while waiting for the workers")
            if time.monotonic() > end:
                raise FleetError(f"workers {self.masked} have no world after {OPEN_S:g} s")
            for index, seat in enumerate(self._seats):
                if index not in openings and (opening := self._opened(seat)) is not None:
                    openings[index] = opening
        first = openings[0]
        for index, opening in openings.items():
            if opening.observation_names != first.observation_names:
                raise ConfigurationError(f"worker {index} observes something else than worker 0")
        self.single_observation_space, self.single_action_space = first.observation_space, first.action_space
        self.state_names, self.observation_names = first.state_names, first.observation_names
        ordered = [openings[index] for index in range(len(self._seats))]
        infos = {name: np.concatenate([opening.infos[name] for opening in ordered]) for name in first.infos}
        return _joined([opening.observations for opening in ordered], 0), infos

    def collect(self, policy: dict[str, Any], steps: int) -> Fragment:
        """Let every worker that is there drive for some steps; returns what happened, masked rows included.

        Raises:
            ConfigurationError, FleetError: when a world does not come up again, or none is left for `OPEN_S`.
            InterruptedWaitError: when asked to stop.
        """
        stored = ray.put(policy)
        end = time.monotonic() + OPEN_S
        while True:
            for seat in self._seats:
                if seat.opening is not None and self._opened(seat) is not None:
                    self._warn(f"worker {seat.spec.number} is back")
            self.before_driving()
            calls = {
                seat.actor.collect.remote(stored, steps): seat for seat in self._seats if seat.opening is None
            }
            found = self._gather(calls)
            if found:
                break
            if time.monotonic() > end:
                raise FleetError(f"no worker has had a world for {OPEN_S:g} s")
        sample = next(iter(found.values()))
        parts = []
        for index, seat in enumerate(self._seats):
            fragment = found.get(index)
            if fragment is None:
                parts.append(_masked(seat, sample, steps))
                seat.lost = False
            else:
                seat.observations = _at(fragment.observations, steps)
                parts.append(fragment)
        return _merged(parts)

    def _gather(self, calls: dict[Any, _Seat]) -> dict[int, Fragment]:
        """Return the fragments that came, by the number of the seat; the others' workers are replaced."""
        found: dict[int, Fragment] = {}
        waiting = list(calls)
        end = time.monotonic() + self._lost_after_s
        while waiting and time.monotonic() < end:
            if self._should_stop():
                raise InterruptedWaitError("asked to stop while workers drive")
            done, waiting = ray.wait(waiting, num_returns=len(waiting), timeout=WAIT_SLICE_S)
            for call in done:
                seat = calls[call]
                try:
                    fragment = found[self._seats.index(seat)] = ray.get(call)
                    seat.note_session(fragment.session)
                    seat.failures = 0
                except ray.exceptions.RayError as error:
                    self._replace(seat, _reason(error))
        for call in waiting:
            self._replace(calls[call], f"it was silent for {self._lost_after_s:g} s")
        return found

    def _opened(self, seat: _Seat) -> Opening | None:
        """Return a world that has come up since; a worker that failed at it is replaced."""
        done, _ = ray.wait([seat.opening], timeout=WAIT_SLICE_S if seat.observations is None else 0.0)
        if not done:
            return None
        try:
            opening: Opening = ray.get(seat.opening)
        except ray.exceptions.RayError as error:
            _raise_if_configuration(seat, error)
            self._replace(seat, _reason(error))
            return None
        seat.opening, seat.observations = None, opening.observations
        seat.note_session(opening.session)
        return opening

    def _replace(self, seat: _Seat, reason: str) -> None:
        seat.failures += 1
        if seat.failures > MOST_FAILURES:
            raise FleetError(
                f"worker {seat.spec.number} failed {seat.failures} times in a row; the last time: {reason}"
            )
        self._warn(f"worker {seat.spec.number} is lost ({reason}); another one takes its place")
        ray.kill(seat.actor)
        seat.lost = seat.observations is not None
        seat.note_session(None)
        seat.actor, seat.opening = _start(seat.spec)

    def close(self) -> None:
        """End all worlds."""
        calls = [seat.actor.close.remote() for seat in self._seats if seat.opening is None]
        ray.wait(calls, num_returns=len(calls), timeout=CLOSE_S) if calls else None
        for seat in self._seats:
            ray.kill(seat.actor)


class _Actor(Worker):
    """A worker that tells its process id."""

    def pid(self) -> int:
        """Return the process id."""
        import os

        return os.getpid()


def _start(spec: WorkerSpec) -> tuple[Any, Any]:
    actor = ray.remote(num_cpus=0, max_restarts=0)(_Actor).remote(spec)  # type: ignore[call-overload]
    return actor, actor.open.remote()  # type: ignore[attr-defined]


def _raise_if_configuration(seat: _Seat, error: Exception) -> None:
    cause = getattr(error, "cause", None)
    if isinstance(cause, ConfigurationError):
        raise ConfigurationError(f"worker {seat.spec.number}: {cause}") from None


def _reason(error: Exception) -> str:
    cause = getattr(error, "cause", None)
    return " ".join(str(cause or error).split())[-400:]


def _at(observations: Observations, step: int) -> Observations:
    if isinstance(observations, dict):
        return {name: values[step] for name, values in observations.items()}
    result: Observations = observations[step]
    return result


def _joined(parts: Sequence[Observations], axis: int) -> Observations:
    first = parts[0]
    if isinstance(first, dict):
        return {name: np.concatenate([part[name] for part in parts], axis) for name in first}  # type: ignore[call-overload]
    return np.concatenate(parts, axis)  # type: ignore[arg-type]


def _masked(seat: _Seat, sample: Fragment, steps: int) -> Fragment:
    """Return steps in which nothing is known; the first one ends the episodes of a worker that was just lost."""
    agents = seat.spec.num_agents

    def blank(values: NDArray[Any]) -> NDArray[Any]:
        return np.zeros((steps, agents, *values.shape[2:]), values.dtype)

    observed: Any = seat.observations
    if isinstance(observed, dict):
        kept: Observations = {
            name: np.repeat(values[None], steps + 1, 0) for name, values in observed.items()
        }
    else:
        kept = np.repeat(observed[None], steps + 1, 0)
    truncated: Bools = blank(sample.truncated)
    infos = {name: blank(values) for name, values in sample.infos.items()}
    if seat.lost:
        truncated[0] = True
        infos["status"][0] = columns.TRUNCATED
        infos["end_reason"][0] = columns.END_EXTERNAL
    return Fragment(
        kept, blank(sample.actions), blank(sample.rewards), blank(sample.terminated), truncated, infos, 0
    )


def _merged(parts: Sequence[Fragment]) -> Fragment:
    """Return the fragments of several workers as one of more agents; what is of one world is left out."""

    def cat(name: str) -> Any:
        return np.concatenate([getattr(part, name) for part in parts], 1)

    infos = {name: np.concatenate([part.infos[name] for part in parts], 1) for name in parts[0].infos}
    return Fragment(
        _joined([part.observations for part in parts], 1),
        cat("actions"),
        cat("rewards"),
        cat("terminated"),
        cat("truncated"),
        infos,
        0,
    )
