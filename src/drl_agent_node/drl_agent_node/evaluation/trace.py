"""What one episode looked like, frame by frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env import columns

Floats = NDArray[np.float32]

_MOTION: Final = ("speed_mps", "lateral_speed_mps", "yaw_rate_radps")
_FIRST_CAPACITY: Final = 256


@dataclass(frozen=True)
class Trace:
    """The frames of one episode, from the one that says RESET to the one that says how it ended.

    Attributes:
        step_s: simulated time between frames, s.
        metrics: float32 [T, NUM_METRICS].
        motion: float32 [T, 3]: speed and lateral speed in m/s, yaw rate in rad/s; zeros where not observed.
        route: float32 [T, P, 2]: points of the route ahead in the ego's frame, m; P may be 0.
    """

    step_s: float
    metrics: Floats
    motion: Floats
    route: Floats

    def path(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the way that was driven and the route, both [., 2] in m, in the frame of the start (x ahead, y left).

        Dead reckoning: speeds and yaw rates are integrated with the trapezoidal rule. The route is what was seen of
        it from the start and, beyond that, from along the way.
        """
        speed, lateral, rate = self.motion.astype(np.float64).T
        turned = np.concatenate([[0.0], np.cumsum(0.5 * (rate[1:] + rate[:-1]) * self.step_s)])
        velocity = np.stack(
            [
                speed * np.cos(turned) - lateral * np.sin(turned),
                speed * np.sin(turned) + lateral * np.cos(turned),
            ],
            axis=1,
        )
        steps = 0.5 * (velocity[1:] + velocity[:-1]) * self.step_s
        driven = np.concatenate([np.zeros((1, 2)), np.cumsum(steps, axis=0)])
        return driven, self._route_seen_from(driven, turned)

    def _route_seen_from(
        self, driven: NDArray[np.float64], turned: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        pieces: list[NDArray[np.float64]] = []
        reach = 0.0
        travelled = np.cumsum(self.metrics[:, columns.PROGRESS_M].astype(np.float64))
        for frame in range(len(driven)):
            # What lies ahead was seen before, until the last point seen is reached.
            if frame and travelled[frame] < reach:
                continue
            points = self.route[frame].astype(np.float64)
            points = points[np.abs(points).sum(axis=1) > 0.0]
            if not len(points):
                continue
            cos, sin = np.cos(turned[frame]), np.sin(turned[frame])
            pieces.append(points @ np.array([[cos, sin], [-sin, cos]]) + driven[frame])
            ahead = float(np.linalg.norm(np.diff(points, axis=0), axis=1).sum() + np.linalg.norm(points[0]))
            reach = travelled[frame] + ahead
        return np.concatenate(pieces) if pieces else np.zeros((0, 2))


class TraceRecorder:
    """Follows E environments and hands out the trace of an episode when it ends."""

    def __init__(self, num_envs: int, state_names: Sequence[str], step_s: float) -> None:
        self._step_s = step_s
        self._rows = np.arange(num_envs)
        self._lengths = np.zeros(num_envs, np.int64)
        position = {name: index for index, name in enumerate(state_names)}
        self._motion = [position[name] for name in _MOTION if name in position]
        points = sum(f"route_{index}_x_m" in position for index in range(len(position)))
        self._route = [position[f"route_{index}_{axis}_m"] for index in range(points) for axis in ("x", "y")]
        width = columns.NUM_METRICS + len(self._motion) + len(self._route)
        self._table: Floats = np.zeros((_FIRST_CAPACITY, num_envs, width), np.float32)

    def add(self, observations: Any, infos: Mapping[str, Any]) -> None:
        """Take in a frame of every environment; RESET begins a new trace."""
        state = observations["state"] if isinstance(observations, Mapping) else observations
        self._lengths[(infos["status"] & columns.RESET) != 0] = 0
        if self._lengths.max() == len(self._table):
            self._table = np.concatenate([self._table, np.zeros_like(self._table)])
        row = np.concatenate([infos["metrics"], state[:, self._motion], state[:, self._route]], axis=1)
        self._table[self._lengths, self._rows] = row
        self._lengths += 1

    def take(self, env: int) -> Trace:
        """Return the trace of the episode that has just ended in environment `env`."""
        frames = self._table[: self._lengths[env], env].copy()
        metrics, seen = np.split(frames, [columns.NUM_METRICS], axis=1)
        motion = np.zeros((len(frames), len(_MOTION)), np.float32)
        if len(self._motion) == len(_MOTION):
            motion[:] = seen[:, : len(_MOTION)]
        else:
            motion[:, 0] = metrics[:, columns.SPEED_MPS]
        route = seen[:, len(self._motion) :].reshape(len(frames), -1, 2)
        return Trace(self._step_s, metrics, motion, route)
