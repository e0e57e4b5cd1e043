"""Means over episodes with confidence intervals, by bootstrap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.evaluation.scoring import PENALTIES, EpisodeRecord

Floats = NDArray[np.float64]

RESAMPLES: Final = 2000
_SEED: Final = 20
_CHUNK_CELLS: Final = 4_000_000

AVERAGED: Final = (
    "driving_score",
    "success",
    "route_completion",
    "penalty",
    "episode_return",
    "mean_speed_mps",
    "speeding_share",
    "outside_lanes_m",
    "pace",
    "collision_speed_mps",
    "jerk_rms_mps3",
    "jerk_p95_mps3",
    "lateral_acceleration_rms_mps2",
    "lateral_acceleration_p95_mps2",
)
"""Fields of `EpisodeRecord` whose means are reported; NaN counts as absent."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its confidence interval; all NaN where nothing was measured."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Summary:
    """Figures over some episodes: `AVERAGED` fields, and infractions per km by kind and in all (`total`)."""

    episodes: int
    distance_km: float
    means: Mapping[str, Estimate]
    infractions_per_km: Mapping[str, Estimate]
    end_reasons: Mapping[str, int]


def ratio_estimates(
    numerators: Floats, denominators: Floats, confidence: float, resamples: int = RESAMPLES
) -> list[Estimate]:
    """Return sum(numerator) / sum(denominator) for each column, with percentile bootstrap intervals over the rows.

    Args:
        numerators, denominators: [N, K], one row per episode; a mean has denominators 1.
        confidence: of the intervals, such as 0.95.
        resamples: how many bootstrap samples; the random numbers are always the same.
    """
    count = len(numerators)
    random = np.random.default_rng(_SEED)
    parts: list[Floats] = []
    left = resamples
    with np.errstate(invalid="ignore", divide="ignore"):
        value = numerators.sum(axis=0) / denominators.sum(axis=0)
        while left:
            size = min(left, max(1, _CHUNK_CELLS // count))
            weights = random.multinomial(count, np.full(count, 1.0 / count), size=size).astype(np.float64)
            parts.append((weights @ numerators) / (weights @ denominators))
            left -= size
    samples = np.concatenate(parts)
    tail = 50.0 * (1.0 - confidence)
    estimates = []
    for column in range(numerators.shape[1]):
        sound = samples[np.isfinite(samples[:, column]), column]
        low, high = np.percentile(sound, [tail, 100.0 - tail]) if len(sound) else (np.nan, np.nan)
        estimates.append(Estimate(float(value[column]), float(low), float(high)))
    return estimates


def summarize(records: Sequence[EpisodeRecord], confidence: float = 0.95) -> Summary:
    """Summarise at least one episode."""
    values = np.array([[float(getattr(record, name)) for name in AVERAGED] for record in records])
    present = np.isfinite(values)
    kinds = [*PENALTIES, "total"]
    counts = np.array([[record.infractions.get(kind, 0) for kind in PENALTIES] for record in records], float)
    counts = np.concatenate([counts, counts.sum(axis=1, keepdims=True)], axis=1)
    km = np.array([[record.distance_m / 1000.0] for record in records])
    estimates = ratio_estimates(
        np.concatenate([np.where(present, values, 0.0), counts], axis=1),
        np.concatenate([present.astype(float), np.repeat(km, len(kinds), axis=1)], axis=1),
        confidence,
    )
    reasons: dict[str, int] = {}
    for record in records:
        reasons[record.end_reason] = reasons.get(record.end_reason, 0) + 1
    return Summary(
        episodes=len(records),
        distance_km=float(km.sum()),
        means=dict(zip(AVERAGED, estimates, strict=False)),
        infractions_per_km=dict(zip(kinds, estimates[len(AVERAGED) :], strict=True)),
        end_reasons=dict(sorted(reasons.items(), key=lambda item: -item[1])),
    )
