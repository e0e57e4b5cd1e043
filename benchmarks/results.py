"""One figure of a benchmark: printed, and appended to bench/results.jsonl."""

from __future__ import annotations

import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

RESULTS = Path(__file__).resolve().parent.parent / "bench" / "results.jsonl"


@dataclass(frozen=True)
class Figure:
    """A measured value beside a baseline measured in the same run.

    `ratio` is value / baseline_value; `runs` are the single measurements whose median is `value`.
    """

    name: str
    value: float
    unit: str
    baseline: str
    baseline_value: float
    ratio: float
    runs: list[float]


def _rounded(value: float) -> float:
    """Keep four significant digits: more would be noise."""
    if value == 0 or not math.isfinite(value):
        return value
    return round(value, 3 - math.floor(math.log10(abs(value))))


def report(name: str, runs: Sequence[float], unit: str, baseline: str, baseline_value: float) -> Figure:
    """Print the median of `runs` as one JSON object and append it to `bench/results.jsonl`."""
    value = statistics.median(runs)
    figure = Figure(
        name=name,
        value=_rounded(value),
        unit=unit,
        baseline=baseline,
        baseline_value=_rounded(baseline_value),
        ratio=_rounded(value / baseline_value) if baseline_value else math.nan,
        runs=[_rounded(run) for run in runs],
    )
    line = json.dumps(asdict(figure))
    print(line, flush=True)
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as file:
        file.write(line + "\n")
    return figure
