"""An evaluation from its suite to its results."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from drl_agent_node.episodes import Episode
from drl_agent_node.errors import InterruptedWaitError
from drl_agent_node.evaluation.driving import CaseDrive
from drl_agent_node.evaluation.policies import DrivingPolicy
from drl_agent_node.evaluation.scoring import EpisodeRecord
from drl_agent_node.evaluation.suite import Case
from drl_agent_node.evaluation.worlds import Worlds


@dataclass(frozen=True)
class Progress:
    """Where an evaluation is."""

    case: str
    case_index: int
    num_cases: int
    episodes: int
    total_episodes: int
    driving_score: float
    success_rate: float


@dataclass
class Results:
    """What an evaluation found.

    Attributes:
        suite: its name.
        policy: label of the policy.
        about: whatever says where the results come from, as plain data.
        cases: those that were driven.
        records: all episodes, case by case.
        latencies_s: what each call of the policy took, for a whole fleet.
        complete: False when it was stopped before its end.
    """

    suite: str
    policy: str
    confidence: float
    about: dict[str, Any]
    cases: list[Case] = field(default_factory=list)
    records: list[EpisodeRecord] = field(default_factory=list)
    latencies_s: list[float] = field(default_factory=list)
    complete: bool = False


@dataclass
class Plan:
    """What an evaluation drives: `episodes` routes in each of `cases`, with `num_agents` egos (0: those there are)."""

    suite: str
    cases: list[Case]
    episodes: int
    num_agents: int
    confidence: float = 0.95

    def text(self) -> str:
        """Return the plan for people."""
        egos = f" with {self.num_agents} egos" if self.num_agents else ""
        return f"{self.episodes} episodes in each of {len(self.cases)} case(s) of {self.suite}{egos}"


def drive_plan(
    plan: Plan,
    policy: DrivingPolicy,
    worlds: Worlds,
    about: dict[str, Any],
    *,
    on_progress: Callable[[Progress], None] = lambda _progress: None,
    on_episodes: Callable[[list[Episode]], None] = lambda _episodes: None,
    on_world: Callable[[Any], None] = lambda _env: None,
    should_stop: Callable[[], bool] = lambda: False,
) -> Results:
    """Drive every case of a plan; stopped before its end, return what there is by then.

    Raises:
        ConfigurationError: when a case cannot be driven, or not by this policy.
        FleetError: when a world breaks.
    """
    results = Results(plan.suite, policy.label, plan.confidence, about)
    for index, case in enumerate(plan.cases):
        drive = CaseDrive(case, plan.episodes)

        def tell(new: list[Episode], index: int = index, drive: CaseDrive = drive) -> None:
            on_episodes(new)
            on_progress(_progress(plan, index, [*results.records, *drive.records]))

        on_progress(_progress(plan, index, results.records))
        try:
            with worlds.open(case, plan.num_agents) as env:
                on_world(env)
                drive.run(env, policy.bind, tell, should_stop)
        except InterruptedWaitError:
            return results
        finally:
            results.cases.append(case)
            results.records.extend(drive.records)
            results.latencies_s.extend(drive.latencies_s)
    results.complete = True
    return results


def _progress(plan: Plan, index: int, records: list[EpisodeRecord]) -> Progress:
    return Progress(
        plan.cases[index].name,
        index,
        len(plan.cases),
        len(records),
        plan.episodes * len(plan.cases),
        float(np.mean([record.driving_score for record in records])) if records else float("nan"),
        float(np.mean([record.success for record in records])) if records else float("nan"),
    )
