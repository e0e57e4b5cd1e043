"""Results on disk: `results.json`, `episodes.csv` and `report.html`, each whole or not at all."""

from __future__ import annotations

import csv
import io
import json
import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.run import Results
from drl_agent_node.evaluation.scoring import PENALTIES, EpisodeRecord
from drl_agent_node.evaluation.statistics import Estimate, Summary, summarize

FORMAT: Final = 1
RESULTS_FILE: Final = "results.json"
EPISODES_FILE: Final = "episodes.csv"
REPORT_FILE: Final = "report.html"


def write_results(results: Results, folder: Path) -> dict[str, Any]:
    """Write everything to `folder`; returns the content of `results.json`.

    Raises:
        ValueError: when there is no episode.
        OSError: when the disk refuses.
    """
    # matplotlib takes a second to import, which only those who write a report should wait for.
    from drl_agent_node.evaluation.report import render

    document = to_document(results)
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / RESULTS_FILE, json.dumps(document, indent=1, allow_nan=False) + "\n")
    write_whole(folder / EPISODES_FILE, to_csv(results.records))
    write_whole(folder / REPORT_FILE, render(document, results.records))
    return document


def to_document(results: Results) -> dict[str, Any]:
    """Return results as plain data that JSON can hold; what was not measured is None.

    Raises:
        ValueError: when there is no episode.
    """
    if not results.records:
        raise ValueError("no episode was driven to its end: there is nothing to report")
    total = summarize(results.records, results.confidence)
    by_case = {
        case.name: [record for record in results.records if record.case == case.name]
        for case in results.cases
    }
    document = {
        "format": FORMAT,
        "suite": results.suite,
        "policy": results.policy,
        "about": results.about,
        "complete": results.complete,
        "confidence": results.confidence,
        "cases": [
            {
                "name": case.name,
                "scenario": case.scenario_name,
                "scenario_hash": case.scenario_hash,
                "town": case.town,
                "weather": case.weather,
                "seed": case.seed,
                "summary": plain_summary(summarize(by_case[case.name], results.confidence)),
            }
            for case in results.cases
            if by_case[case.name]
        ],
        "summary": plain_summary(total),
        "policy_latency_us": latency(results.latencies_s),
        "episodes": [record.plain() for record in results.records],
    }
    plain: dict[str, Any] = _without_nan(document)
    return plain


def plain_summary(summary: Summary) -> dict[str, Any]:
    """Return a summary as plain data."""
    return {
        "episodes": summary.episodes,
        "distance_km": summary.distance_km,
        "means": {name: vars(estimate) for name, estimate in summary.means.items()},
        "infractions_per_km": {name: vars(estimate) for name, estimate in summary.infractions_per_km.items()},
        "end_reasons": dict(summary.end_reasons),
    }


def latency(latencies_s: Iterable[float]) -> dict[str, float]:
    """Return median, 99th percentile and maximum in microseconds; empty without calls."""
    values = 1e6 * np.asarray(list(latencies_s))
    if not len(values):
        return {}
    return {
        "calls": float(len(values)),
        "p50": float(np.percentile(values, 50)),
        "p99": float(np.percentile(values, 99)),
        "max": float(values.max()),
    }


def to_csv(records: list[EpisodeRecord]) -> str:
    """Return one line per episode; infractions have a column per kind."""
    text = io.StringIO()
    rows = []
    for record in records:
        row = record.plain()
        counts = row.pop("infractions")
        rows.append(row | {kind: counts.get(kind, 0) for kind in PENALTIES})
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def headline(document: Mapping[str, Any]) -> str:
    """Return results in one line for people."""
    means = document["summary"]["means"]
    reasons = document["summary"]["end_reasons"]

    def shown(name: str, scale: float, digits: int, unit: str = "") -> str:
        estimate = Estimate(**{key: math.nan if v is None else v for key, v in means[name].items()})
        return (
            f"{scale * estimate.value:.{digits}f}{unit} "
            f"({scale * estimate.low:.{digits}f} to {scale * estimate.high:.{digits}f})"
        )

    return (
        f"{document['summary']['episodes']} episodes: driving score {shown('driving_score', 100, 1)}, "
        f"success {shown('success', 100, 0, '%')}, route completion {shown('route_completion', 100, 0, '%')}, "
        f"return {shown('episode_return', 1, 1)}; "
        f"ends: {', '.join(f'{name} {count}' for name, count in reasons.items())}"
    )


def evaluation_figures(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model should say about the results of an evaluation."""
    means = document["summary"]["means"]
    return {
        "suite": document["suite"],
        "episodes": document["summary"]["episodes"],
        "created": document["about"].get("created", ""),
        **{name: means[name] for name in ("driving_score", "success", "route_completion", "penalty")},
    }


def read_results(path: Path) -> dict[str, Any]:
    """Read `results.json`, given its path or its folder.

    Raises:
        ConfigurationError: when it is absent, no results, or of another format.
    """
    file = path / RESULTS_FILE if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"cannot read '{file}': {error.strerror}") from None
    except ValueError as error:
        raise ConfigurationError(f"'{file}' is not JSON: {error}") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT or "episodes" not in document:
        raise ConfigurationError(f"'{file}' does not hold evaluation results of format {FORMAT}")
    return document


def write_whole(path: Path, text: str) -> None:
    """Write a file, whole or not at all."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
