"""Plots of a report as SVG text."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure

from drl_agent_node.evaluation.scoring import EpisodeRecord

MAX_FAILURES: Final = 12
_COLORS: Final = {
    "route_done": "#2f8f4e", "collision": "#c0392b", "off_road": "#d68910", "route_deviation": "#8e44ad",
    "blocked": "#566573", "time_limit": "#2e86c1",
    "red_light": "#e74c3c",
}  # fmt: skip
_OTHER: Final = "#7f8c8d"


def to_svg(figure: Figure) -> str:
    """Return a figure as an SVG element; the same figure gives the same text."""
    text = io.StringIO()
    with rc_context({"svg.hashsalt": "carla_drl", "svg.fonttype": "path"}):
        figure.savefig(text, format="svg", bbox_inches="tight", metadata={"Date": None})
    svg = text.getvalue()
    return svg[svg.index("<svg") :]


def plot_cases(cases: Sequence[Mapping[str, Any]]) -> str:
    """Plot driving score and success rate of each case with their intervals."""
    figure = Figure(figsize=(9.0, 1.2 + 0.32 * len(cases)))
    axes = figure.subplots(1, 2, sharey=True)
    rows = np.arange(len(cases))
    for axis, name, title in zip(
        axes, ("driving_score", "success"), ("driving score", "success rate, %"), strict=True
    ):
        estimates = [case["summary"]["means"][name] for case in cases]
        values = 100.0 * np.array([estimate["value"] for estimate in estimates])
        low = 100.0 * np.array([estimate["low"] for estimate in estimates])
        high = 100.0 * np.array([estimate["high"] for estimate in estimates])
        axis.barh(rows, values, xerr=[values - low, high - values], color="#5b8db8", ecolor="#1c2833")
        axis.set(xlim=(0, 103), title=title)
        axis.grid(axis="x", alpha=0.3)
    axes[0].set_yticks(rows, [case["name"] for case in cases], fontsize=8)
    axes[0].invert_yaxis()
    return to_svg(figure)


def plot_ends(cases: Sequence[Mapping[str, Any]]) -> str:
    """Plot how the episodes of each case ended, as shares."""
    figure = Figure(figsize=(9.0, 1.2 + 0.32 * len(cases)))
    axis = figure.subplots()
    rows = np.arange(len(cases))
    left = np.zeros(len(cases))
    reasons = dict.fromkeys(reason for case in cases for reason in case["summary"]["end_reasons"])
    for reason in reasons:
        share = np.array(
            [
                case["summary"]["end_reasons"].get(reason, 0) / max(case["summary"]["episodes"], 1)
                for case in cases
            ]
        )
        axis.barh(rows, 100.0 * share, left=100.0 * left, color=_COLORS.get(reason, _OTHER), label=reason)
        left += share
    axis.set_yticks(rows, [case["name"] for case in cases], fontsize=8)
    axis.invert_yaxis()
    axis.set(xlim=(0, 100), xlabel="share of episodes, %")
    axis.legend(ncols=len(reasons), loc="lower center", bbox_to_anchor=(0.5, 1.0), fontsize=8, frameon=False)
    return to_svg(figure)


def plot_distributions(records: Sequence[EpisodeRecord]) -> str:
    """Plot the distributions of score, comfort and collision speed over all episodes."""
    figure = Figure(figsize=(9.0, 4.6), layout="constrained")
    for axis, (name, scale, title) in zip(
        figure.subplots(2, 3).flat,
        (
            ("driving_score", 100.0, "driving score"),
            ("route_completion", 100.0, "route completion, %"),
            ("mean_speed_mps", 1.0, "mean speed, m/s"),
            ("jerk_rms_mps3", 1.0, "jerk, rms, m/s³"),
            ("lateral_acceleration_p95_mps2", 1.0, "lateral acceleration, 95th percentile, m/s²"),
            ("collision_speed_mps", 1.0, "collision speed, m/s"),
        ),
        strict=True,
    ):
        values = scale * np.array([getattr(record, name) for record in records])
        values = values[np.isfinite(values)]
        axis.set_title(title, fontsize=8)
        axis.tick_params(labelsize=7)
        if len(values):
            axis.hist(values, bins=24, color="#5b8db8")
        else:
            axis.text(0.5, 0.5, "none", ha="center", transform=axis.transAxes)
    return to_svg(figure)


def failures(records: Sequence[EpisodeRecord]) -> list[EpisodeRecord]:
    """Return the failed episodes to show: of every end reason in turn, those with the lowest score first."""
    queues: dict[str, list[EpisodeRecord]] = {}
    for record in sorted(records, key=lambda record: record.driving_score):
        if not record.success and record.trace is not None and len(record.trace.metrics) > 1:
            queues.setdefault(record.end_reason, []).append(record)
    found: list[EpisodeRecord] = []
    while len(found) < MAX_FAILURES and any(queues.values()):
        found.extend(queue.pop(0) for queue in queues.values() if queue)
    return found[:MAX_FAILURES]


def plot_failures(records: Sequence[EpisodeRecord]) -> str:
    """Plot the ways of failed episodes from above, over their routes; empty without failures."""
    shown = failures(records)
    if not shown:
        return ""
    width = min(len(shown), 3)
    height = -(-len(shown) // width)
    figure = Figure(figsize=(3.1 * width, 3.1 * height), layout="constrained")
    axes = figure.subplots(height, width, squeeze=False).flat
    for axis, record in zip(axes, shown, strict=False):
        assert record.trace is not None
        driven, route = record.trace.path()
        axis.plot(route[:, 0], route[:, 1], ".", color="#b3b6b7", markersize=3)
        axis.plot(driven[:, 0], driven[:, 1], color="#1f618d", linewidth=1.4)
        axis.plot(0.0, 0.0, "o", color="#1f618d", markersize=4)
        axis.plot(*driven[-1], "X", color=_COLORS.get(record.end_reason, _OTHER), markersize=8)
        axis.set_aspect("equal", adjustable="datalim")
        axis.tick_params(labelsize=6)
        axis.grid(alpha=0.25)
        axis.set_title(
            f"{record.end_reason}, {100 * record.route_completion:.0f}% of {record.route_length_m:.0f} m\n"
            f"{record.case}, ego {record.agent}, episode {record.ordinal}",
            fontsize=7,
        )
    for axis in list(axes)[len(shown) :]:
        axis.set_axis_off()
    return to_svg(figure)
