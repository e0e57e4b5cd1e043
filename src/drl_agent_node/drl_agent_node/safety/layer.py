"""The safety layer as the environment uses it: mode, costs, penalties, and what is told about interventions."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.env import columns
from drl_agent_node.safety.config import SafetyConfig
from drl_agent_node.safety.shield import KINDS, Kind, Shield, Verdict

_STOP_LINES: Final = [columns.RED_LIGHT_DISTANCE_M, columns.STOP_SIGN_DISTANCE_M]
_BITS: Final = np.array([int(kind) for kind in KINDS], np.uint8)


@dataclass(frozen=True)
class Span:
    """A lock-step group's rows in the batch, and the session and frame that its actions answered."""

    rows: slice
    session: int
    frame: int


@dataclass(frozen=True)
class Intervention:
    """Interventions of one kind in one group since the last look, as in `SafetyEvent`."""

    group: int
    session: int
    kind: Kind
    first_frame: int
    last_frame: int
    count: int
    agents: list[int]


@dataclass(frozen=True)
class SafetyStats:
    """Means per agent step since the last look; NaN without a step."""

    steps: int
    cost: float
    intervention_rate: float
    rates: dict[str, float]


class SafetyLayer:
    """Judges every action of a fleet and overrides it in mode `shield`; `monitor` only counts.

    Used by the environment's thread; `take_interventions` and `totals` may be called from another.
    """

    def __init__(self, mode: str, config: SafetyConfig, state_names: Sequence[str]) -> None:
        """`mode` is `monitor` or `shield`.

        Raises:
            ConfigurationError: when the state lacks columns that the shield needs.
        """
        self.mode = mode
        self.totals = dict.fromkeys((kind.name or "" for kind in KINDS), 0)
        self._config = config
        self._overrides = mode == "shield"
        self._shield = Shield(state_names, config)
        self._costs = np.zeros(len(columns.END_NAMES), np.float32)
        self._costs[columns.END_COLLISION] = config.collision_cost
        self._costs[[columns.END_OFF_ROAD, columns.END_ROUTE_DEVIATION]] = config.off_road_cost
        self._lock = threading.Lock()
        # (group, session) -> first frame, last frame, counts [agents, kinds] of each kind.
        self._open: dict[tuple[int, int], tuple[NDArray[np.int64], NDArray[np.int64]]] = {}
        self._steps = 0
        self._cost = 0.0
        self._intervened = 0
        self._counts = np.zeros(len(KINDS), np.int64)

    def judge(
        self, state: NDArray[np.float32], metrics: NDArray[np.float32], actions: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], Verdict]:
        """Return the actions to carry out, float32 [N, 2], and the verdict on those that were proposed.

        `state` [N, S] and `metrics` [N, NUM_METRICS] are of the frame that `actions` [N, 2] answer.
        """
        verdict = self._shield.assess(state, metrics[:, _STOP_LINES], actions)
        return (verdict.actions if self._overrides else actions), verdict

    def record(
        self,
        verdict: Verdict,
        metrics: NDArray[np.float32],
        status: NDArray[np.uint8],
        valid: NDArray[np.bool_],
        spans: Sequence[Span],
    ) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Take in what a step led to; returns its costs and the penalties on its rewards, float32 [N] each.

        Actions that were ignored, before the first observation of an episode, cost nothing.
        """
        counts = valid & ((status & columns.RESET) == 0)
        intervened = (verdict.kinds != 0) & counts
        cost = self._costs[metrics[:, columns.END_REASON].astype(np.intp)] * counts
        cost += np.float32(self._config.red_light_cost) * (metrics[:, columns.RED_LIGHT] * counts)
        cost += np.float32(self._config.intervention_cost) * intervened
        self._steps += int(counts.sum())
        self._cost += float(cost.sum())
        if intervened.any():
            found = ((verdict.kinds[:, None] & _BITS) != 0) & intervened[:, None]
            self._intervened += int(intervened.sum())
            self._keep(found, spans)
        return cost, np.float32(self._config.penalty) * intervened

    def _keep(self, found: NDArray[np.bool_], spans: Sequence[Span]) -> None:
        kinds = found.sum(axis=0)
        self._counts += kinds
        with self._lock:
            for kind, count in zip(KINDS, kinds.tolist(), strict=True):
                self.totals[kind.name or ""] += count
            for group, span in enumerate(spans):
                here = found[span.rows]
                happened = here.any(axis=0)
                if not happened.any():
                    continue
                frames, agents = self._open.setdefault(
                    (group, span.session), (np.full((2, len(KINDS)), -1), np.zeros(here.shape, np.int64))
                )
                frames[0, happened & (frames[0] < 0)] = span.frame
                frames[1, happened] = span.frame
                agents += here

    def take_interventions(self) -> list[Intervention]:
        """Return what happened since the last call, summed up by group and kind."""
        with self._lock:
            taken, self._open = self._open, {}
        return [
            Intervention(
                group,
                session,
                kind,
                int(frames[0, column]),
                int(frames[1, column]),
                int(agents[:, column].sum()),
                np.flatnonzero(agents[:, column]).tolist(),
            )
            for (group, session), (frames, agents) in taken.items()
            for column, kind in enumerate(KINDS)
            if agents[:, column].any()
        ]

    def take_stats(self) -> SafetyStats:
        """Return means since the last call; for the environment's thread."""
        steps = max(self._steps, 1)
        nothing = float("nan") if not self._steps else 0.0
        stats = SafetyStats(
            self._steps,
            self._cost / steps + nothing,
            self._intervened / steps + nothing,
            {
                (kind.name or "").lower(): int(count) / steps + nothing
                for kind, count in zip(KINDS, self._counts, strict=True)
            },
        )
        self._steps, self._cost, self._intervened = 0, 0.0, 0
        self._counts = np.zeros(len(KINDS), np.int64)
        return stats
