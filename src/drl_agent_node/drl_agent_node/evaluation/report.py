"""The report of an evaluation as one HTML file that needs nothing else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from importlib import resources
from typing import Any, Final

from jinja2 import Environment
from markupsafe import Markup

from drl_agent_node.evaluation.plots import plot_cases, plot_distributions, plot_ends, plot_failures
from drl_agent_node.evaluation.scoring import PENALTIES, EpisodeRecord

# Field of the means, title, scale, digits.
_ROWS: Final = (
    ("driving_score", "Driving score", 100.0, 1),
    ("success", "Success rate, %", 100.0, 1),
    ("route_completion", "Route completion, %", 100.0, 1),
    ("penalty", "Infraction penalty", 1.0, 3),
    ("episode_return", "Return", 1.0, 1),
    ("mean_speed_mps", "Mean speed, m/s", 1.0, 2),
    ("speeding_share", "Time over 105 % of the limit, %", 100.0, 1),
    ("outside_lanes_m", "Driven outside the lanes, m per route", 1.0, 2),
    ("pace", "Speed over that of the traffic around, %", 100.0, 1),
    ("collision_speed_mps", "Speed at collisions, m/s", 1.0, 2),
    ("jerk_rms_mps3", "Jerk, rms, m/s³", 1.0, 2),
    ("jerk_p95_mps3", "Jerk, 95th percentile, m/s³", 1.0, 2),
    ("lateral_acceleration_rms_mps2", "Lateral acceleration, rms, m/s²", 1.0, 2),
    ("lateral_acceleration_p95_mps2", "Lateral acceleration, 95th percentile, m/s²", 1.0, 2),
)
_CASE_ROWS: Final = ("driving_score", "success", "route_completion", "penalty")


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None or not math.isfinite(value) else f"{value:.{digits}f}"


def _estimate(estimate: Mapping[str, float | None], scale: float, digits: int) -> tuple[str, str]:
    value, low, high = (
        _number(None if part is None else scale * part, digits)
        for part in (estimate["value"], estimate["low"], estimate["high"])
    )
    return value, "" if value == "–" else f"{low} to {high}"


def render(document: Mapping[str, Any], records: Sequence[EpisodeRecord]) -> str:
    """Return the HTML report of `document` (see `results.to_document`); `records` bring the traces for the plots."""
    summary = document["summary"]
    template = resources.files("drl_agent_node.evaluation").joinpath("report.html.j2")
    by_field = {row[0]: row for row in _ROWS}
    cases = [
        {
            "name": case["name"],
            "hash": case["scenario_hash"],
            "episodes": case["summary"]["episodes"],
            "figures": [
                _estimate(case["summary"]["means"][name], *by_field[name][2:]) for name in _CASE_ROWS
            ],
            "infractions": _number(case["summary"]["infractions_per_km"]["total"]["value"], 2),
        }
        for case in document["cases"]
    ]
    return (
        Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
        .from_string(template.read_text(encoding="utf-8"))
        .render(
            document=document,
            summary=summary,
            confidence=f"{100 * document['confidence']:g}",
            figures=[
                (title, *_estimate(summary["means"][name], scale, digits))
                for name, title, scale, digits in _ROWS
            ],
            infractions=[
                (name.replace("_", " "), PENALTIES.get(name), *_estimate(estimate, 1.0, 3))
                for name, estimate in summary["infractions_per_km"].items()
            ],
            latency={
                name: _number(value, 0) for name, value in (document["policy_latency_us"] or {}).items()
            },
            cases=cases,
            case_titles=[by_field[name][1] for name in _CASE_ROWS],
            case_plot=Markup(plot_cases(document["cases"])),
            end_plot=Markup(plot_ends(document["cases"])),
            distribution_plot=Markup(plot_distributions(records)),
            failure_plot=Markup(plot_failures(records)),
        )
    )
