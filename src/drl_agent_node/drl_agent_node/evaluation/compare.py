"""Say whether two policies drive differently: `ros2 run drl_agent_node compare A B`.

A and B are folders of evaluation results, or their `results.json`. Where both drove the same routes, episodes are
compared in pairs: the difference's interval is a paired bootstrap, its p-value a permutation test within pairs.
Otherwise both are taken as independent samples. p-values are adjusted for the number of figures (Holm 1979).
"""

from __future__ import annotations

import argparse
import json
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.results import read_results

Floats = NDArray[np.float64]

RESAMPLES: Final = 9999
_SEED: Final = 20
_KEY: Final = ("case", "agent", "ordinal")
# Field of an episode, title, scale, whether more is better.
FIGURES: Final = (
    ("driving_score", "driving score", 100.0, True),
    ("success", "success rate, %", 100.0, True),
    ("route_completion", "route completion, %", 100.0, True),
    ("penalty", "infraction penalty", 1.0, True),
    ("mean_speed_mps", "mean speed, m/s", 1.0, True),
    ("speeding_share", "time over the limit, %", 100.0, False),
    ("jerk_rms_mps3", "jerk rms, m/s3", 1.0, False),
    ("lateral_acceleration_p95_mps2", "lateral acceleration p95, m/s2", 1.0, False),
)


@dataclass(frozen=True)
class Difference:
    """B minus A in one figure. `p` is two-sided and adjusted; `better` is None where that cannot be told."""

    figure: str
    a: float
    b: float
    difference: float
    low: float
    high: float
    p: float
    significant: bool
    better: bool | None


@dataclass(frozen=True)
class Comparison:
    """What two evaluations differ in. `pairs` is 0 where episodes were taken as independent samples, for `reason`."""

    pairs: int
    reason: str
    warnings: tuple[str, ...]
    differences: tuple[Difference, ...]


def compare(
    a: Mapping[str, Any], b: Mapping[str, Any], *, alpha: float = 0.05, resamples: int = RESAMPLES
) -> Comparison:
    """Compare two results documents; intervals cover 1 - alpha, by `resamples` resamples.

    Raises:
        ConfigurationError: when one of them has less than two episodes.
    """
    for document in (a, b):
        if len(document["episodes"]) < 2:
            raise ConfigurationError(f"'{document['policy']}' has less than two episodes: nothing to compare")
    columns = [_columns(document["episodes"]) for document in (a, b)]
    pairs, reason = _pair(a["episodes"], b["episodes"])
    rows = []
    for name, _, scale, _ in FIGURES:
        left, right = scale * columns[0][name], scale * columns[1][name]
        if pairs is not None:
            left, right = left[pairs[:, 0]], right[pairs[:, 1]]
        rows.append(
            (left, right, *_test(left, right, paired=pairs is not None, alpha=alpha, resamples=resamples))
        )
    adjusted = holm([row[4] for row in rows])
    differences = []
    for (_, title, _, more_is_better), (left, right, low, high, _), p in zip(
        FIGURES, rows, adjusted, strict=True
    ):
        difference = float(right.mean() - left.mean())
        significant = p < alpha
        differences.append(
            Difference(
                title,
                float(left.mean()),
                float(right.mean()),
                difference,
                low,
                high,
                p,
                significant,
                (difference > 0) == more_is_better if significant else None,
            )
        )
    count = 0 if pairs is None else len(pairs)
    return Comparison(count, reason, tuple(_warnings(a, b)), tuple(differences))


def holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values for their number, step down (Holm 1979)."""
    order = np.argsort(p_values)
    adjusted = [1.0] * len(p_values)
    highest = 0.0
    for rank, index in enumerate(order):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[index]))
        adjusted[index] = highest
    return adjusted


def _columns(episodes: Sequence[Mapping[str, Any]]) -> dict[str, Floats]:
    return {name: np.array([float(episode[name]) for episode in episodes]) for name, *_ in FIGURES}


def _pair(
    a: Sequence[Mapping[str, Any]], b: Sequence[Mapping[str, Any]]
) -> tuple[NDArray[np.int64] | None, str]:
    """Return the rows of episodes on the same routes [P, 2], or None and why not."""
    left = {tuple(episode[name] for name in _KEY): index for index, episode in enumerate(a)}
    right = {tuple(episode[name] for name in _KEY): index for index, episode in enumerate(b)}
    common = [key for key in left if key in right]
    if len(common) < 2:
        return None, "they have no cases in common"
    pairs = np.array([(left[key], right[key]) for key in common])
    # Starts must keep clear of other egos, so that a few routes depend on how all of them drive.
    same = np.array(
        [math.isclose(a[i]["route_length_m"], b[j]["route_length_m"], abs_tol=0.5) for i, j in pairs]
    )
    if same.mean() < 0.5:
        return None, f"only {same.sum()} of {len(same)} episodes in common were on the same route"
    return pairs[same], ""


def _test(
    left: Floats, right: Floats, *, paired: bool, alpha: float, resamples: int
) -> tuple[float, float, float]:
    """Return the interval of the difference of means, right minus left, and its two-sided p-value."""
    # A second to import, for those who compare only.
    from scipy import stats

    if (len(left) == len(right) and np.array_equal(left, right)) or np.ptp(
        np.concatenate([left, right])
    ) == 0.0:
        return 0.0, 0.0, 1.0

    def statistic(x: Floats, y: Floats, axis: int = -1) -> Floats:
        return np.asarray(np.mean(y, axis=axis) - np.mean(x, axis=axis))

    test = stats.permutation_test(
        (left, right),
        statistic,
        permutation_type="samples" if paired else "independent",
        vectorized=True,
        n_resamples=resamples,
        batch=1000,
        rng=np.random.default_rng(_SEED),
    )
    interval = stats.bootstrap(
        (left, right),
        statistic,
        paired=paired,
        vectorized=True,
        n_resamples=resamples,
        batch=1000,
        confidence_level=1.0 - alpha,
        method="percentile",
        rng=np.random.default_rng(_SEED),
    ).confidence_interval
    return float(interval.low), float(interval.high), float(test.pvalue)


def _warnings(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    found = [f"{name} was stopped before its end" for name, d in (("A", a), ("B", b)) if not d["complete"]]
    hashes = [{case["name"]: case["scenario_hash"] for case in document["cases"]} for document in (a, b)]
    changed = [name for name in hashes[0] if name in hashes[1] and hashes[0][name] != hashes[1][name]]
    if changed:
        found.append(f"the scenario of {', '.join(changed)} is not the same in A and B")
    only = sorted(set(hashes[0]) ^ set(hashes[1]))
    if only:
        found.append(f"only one of them drove {', '.join(only)}")
    return found


def table(a: Mapping[str, Any], b: Mapping[str, Any], comparison: Comparison) -> str:
    """Return a comparison for people."""
    how = (
        f"{comparison.pairs} pairs of episodes on the same routes"
        if comparison.pairs
        else f"independent samples, since {comparison.reason}"
    )
    lines = [
        f"A  {a['policy']} ({a['suite']}, {len(a['episodes'])} episodes)",
        f"B  {b['policy']} ({b['suite']}, {len(b['episodes'])} episodes)",
        how,
        *(f"note: {warning}" for warning in comparison.warnings),
        "",
        f"{'':<32}{'A':>9}{'B':>9}{'B - A':>9}   {'interval':<20}{'p':>7}",
    ]
    for row in comparison.differences:
        verdict = {None: "", True: "  B is better", False: "  A is better"}[row.better]
        lines.append(
            f"{row.figure:<32}{row.a:>9.2f}{row.b:>9.2f}{row.difference:>+9.2f}   "
            f"{f'{row.low:+.2f} to {row.high:+.2f}':<20}{row.p:>7.4f}{verdict}"
        )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare, and return the exit code: 78 for results that cannot be used."""
    parser = argparse.ArgumentParser(prog="ros2 run drl_agent_node compare", description=__doc__)
    parser.add_argument("a", type=Path, help="folder of the first results")
    parser.add_argument("b", type=Path, help="folder of the second results")
    parser.add_argument("--alpha", type=float, default=0.05, help="level of significance (default: 0.05)")
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    try:
        if not 0.0 < options.alpha < 0.5:
            raise ConfigurationError(f"--alpha is {options.alpha:g}; allowed: above 0 and below 0.5")
        a, b = read_results(options.a), read_results(options.b)
        comparison = compare(a, b, alpha=options.alpha)
    except ConfigurationError as error:
        print(error, file=sys.stderr)
        return 78
    print(json.dumps(asdict(comparison), indent=1) if options.json else table(a, b, comparison))
    return 0


if __name__ == "__main__":
    sys.exit(main())
