"""Scores of an episode after the CARLA Leaderboard 2.0, and figures of comfort.

Driving score = route completion x product of the penalty factors of all infractions (Leaderboard, "Metrics"). What is
left out of it here, since nothing in an episode can cause it: yielding to emergency vehicles. The time limit of a route
counts as the Leaderboard's scenario time-out.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final

import numpy as np

from drl_agent_node.env import columns
from drl_agent_node.episodes import Episode
from drl_agent_node.evaluation.trace import Trace

PENALTIES: Final[Mapping[str, float]] = {
    "collision_pedestrian": 0.5,
    "collision_vehicle": 0.6,
    "collision_static": 0.65,
    "red_light": 0.7,
    "stop_sign": 0.8,
    "time_limit": 0.7,
    "off_road": 1.0,
    "route_deviation": 1.0,
    "blocked": 1.0,
}
"""Factor per infraction. Those with 1 cost what is left of the route: they end the episode."""

MIN_SPEED_FACTOR: Final = 0.7
"""Factor for not moving while traffic does; in between it rises in a straight line to 1 at the traffic's mean speed."""

_COLLISIONS: Final = {
    columns.COLLISION_WALKER: "collision_pedestrian",
    columns.COLLISION_VEHICLE: "collision_vehicle",
    columns.COLLISION_STATIC: "collision_static",
}
_ENDS: Final = {
    columns.END_OFF_ROAD: "off_road",
    columns.END_ROUTE_DEVIATION: "route_deviation",
    columns.END_BLOCKED: "blocked",
    columns.END_TIME_LIMIT: "time_limit",
}


@dataclass(frozen=True)
class EpisodeRecord:
    """One episode of an evaluation.

    Attributes:
        case: name of the case; with `agent` and `ordinal` it names the route, the same for every policy.
        agent, ordinal: row of the ego and number of the episode among its own.
        driving_score, route_completion, penalty: in [0, 1].
        infractions: how many of each kind in `PENALTIES`, those that happened.
        outside_lanes_m: distance driven off the driving lanes or on oncoming ones.
        pace: mean speed over that of the traffic around, at most 1; NaN without traffic.
        collision_speed_mps: speed when the episode ended in a collision, else NaN.
        jerk_*, lateral_acceleration_*: root mean square and 95th percentile of the absolute value.
    """

    case: str
    scenario: str
    weather: str
    seed: int
    agent: int
    ordinal: int
    success: bool
    end_reason: str
    driving_score: float
    route_completion: float
    penalty: float
    infractions: Mapping[str, int]
    episode_return: float
    route_length_m: float
    distance_m: float
    duration_s: float
    mean_speed_mps: float
    speeding_share: float
    outside_lanes_m: float
    pace: float
    collision_speed_mps: float
    jerk_rms_mps3: float
    jerk_p95_mps3: float
    lateral_acceleration_rms_mps2: float
    lateral_acceleration_p95_mps2: float
    trace: Trace | None = field(default=None, compare=False, repr=False)

    def plain(self) -> dict[str, Any]:
        """Return the record without its trace, as plain data."""
        values = {name: value for name, value in vars(self).items() if name != "trace"}
        return values | {"infractions": dict(self.infractions)}


@dataclass(frozen=True)
class Route:
    """Which route an episode drove."""

    case: str
    scenario: str
    weather: str
    seed: int
    agent: int
    ordinal: int


def infractions_of(trace: Trace, end_reason: int) -> dict[str, int]:
    """Count the infractions of an episode, by names of `PENALTIES`.

    A collision that lasts over several frames is one.
    """
    metrics = trace.metrics
    kinds = metrics[:, columns.COLLISION_KIND].astype(int)
    began = kinds[1:][(kinds[1:] != columns.COLLISION_NONE) & (kinds[:-1] == columns.COLLISION_NONE)]
    counts = {name: int((began == kind).sum()) for kind, name in _COLLISIONS.items()}
    counts["red_light"] = int(metrics[1:, columns.RED_LIGHT].sum())
    counts["stop_sign"] = int(metrics[1:, columns.STOP_SIGN].sum())
    if end_reason in _ENDS:
        counts[_ENDS[end_reason]] = 1
    return {name: count for name, count in counts.items() if count}


def pace_of(trace: Trace) -> float:
    """Return the ego's mean speed over that of the traffic around it, at most 1; NaN without traffic that moves."""
    metrics = trace.metrics[1:].astype(np.float64)
    metrics = metrics[metrics[:, columns.TRAFFIC_SPEED_MPS] >= 0.0]
    traffic = metrics[:, columns.TRAFFIC_SPEED_MPS].sum()
    if traffic <= 0.0:
        return float("nan")
    return float(min(np.abs(metrics[:, columns.SPEED_MPS]).sum() / traffic, 1.0))


def penalty_of(infractions: Mapping[str, int]) -> float:
    """Return the product of the factors of all infractions."""
    return float(np.prod([PENALTIES[kind] ** count for kind, count in infractions.items()]))


def pace_penalty(pace: float) -> float:
    """Return the factor for driving at `pace`, see `pace_of`."""
    return 1.0 - (1.0 - MIN_SPEED_FACTOR) * (1.0 - pace)


def score(route: Route, episode: Episode, trace: Trace) -> EpisodeRecord:
    """Score an episode.

    Ground that was covered off the driving lanes or on oncoming ones does not count as completed (Leaderboard,
    "Off-road driving").
    """
    metrics = trace.metrics.astype(np.float64)
    speed = np.abs(metrics[:, columns.SPEED_MPS])
    driven = metrics[1:]
    infractions = infractions_of(trace, episode.end_reason)
    outside_m = float(driven[:, columns.OUTSIDE_LANES_M].sum())
    completion = 1.0 if episode.success else episode.route_completion
    completion = float(np.clip(completion - outside_m / max(episode.route_length_m, 1.0), 0.0, 1.0))
    pace = pace_of(trace)
    penalty = penalty_of(infractions) * (1.0 if np.isnan(pace) else pace_penalty(pace))
    jerk = _comfort(driven[:, columns.JERK_MPS3])
    lateral = _comfort(driven[:, columns.LATERAL_ACCELERATION_MPS2])
    limit = np.maximum(metrics[:, columns.SPEED_LIMIT_MPS], 1.0)
    return EpisodeRecord(
        **asdict(route),
        success=episode.success,
        end_reason=columns.END_NAMES[episode.end_reason],
        driving_score=completion * penalty,
        route_completion=completion,
        penalty=penalty,
        infractions=infractions,
        episode_return=episode.episode_return,
        route_length_m=episode.route_length_m,
        distance_m=float(speed[1:].sum() * trace.step_s),
        duration_s=(len(metrics) - 1) * trace.step_s,
        mean_speed_mps=episode.mean_speed_mps,
        speeding_share=float(np.mean(speed > 1.05 * limit)),
        outside_lanes_m=outside_m,
        pace=pace,
        collision_speed_mps=_collision_speed(speed, episode.end_reason),
        jerk_rms_mps3=jerk[0],
        jerk_p95_mps3=jerk[1],
        lateral_acceleration_rms_mps2=lateral[0],
        lateral_acceleration_p95_mps2=lateral[1],
        trace=trace,
    )


def _collision_speed(speed: np.ndarray[Any, np.dtype[np.float64]], end_reason: int) -> float:
    # The frame that reports the collision shows the speed that it left.
    return float(speed[-2:].max()) if end_reason == columns.END_COLLISION else float("nan")


def _comfort(values: np.ndarray[Any, np.dtype[np.float64]]) -> tuple[float, float]:
    """Return root mean square and 95th percentile of the absolute value."""
    if not len(values):
        return 0.0, 0.0
    return float(np.sqrt(np.mean(values**2))), float(np.percentile(np.abs(values), 95))
