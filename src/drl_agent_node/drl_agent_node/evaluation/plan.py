"""What an evaluation is going to drive, and what is written down about it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

from drl_agent_node.evaluation.policies import DrivingPolicy
from drl_agent_node.evaluation.run import Plan
from drl_agent_node.evaluation.suite import (
    cases,
    make_case,
    read_scenario,
    read_suite,
    scenario_hash,
    unknown_case,
)
from drl_agent_node.provenance import code_revision, now


def plan_of(suite: str, episodes: int = 0, num_agents: int = 0) -> Plan:
    """Return the plan of a suite, by its name or path; 0 takes the suite's own numbers.

    Raises:
        ConfigurationError: when the suite or one of its scenarios cannot be read.
    """
    config = read_suite(suite)
    return Plan(
        Path(suite).stem,
        cases(config),
        episodes or config.episodes,
        num_agents or config.num_agents,
        config.confidence,
    )


def plan_of_loop(scenario: str, seed: int, episodes: int) -> Plan:
    """Return the plan to drive in the loop that runs already; `scenario` is the file it was started with, if known.

    Raises:
        ConfigurationError: when the scenario cannot be read.
    """
    case = make_case(read_scenario(Path(scenario)), seed) if scenario else unknown_case(seed)
    return Plan(case.scenario_name, [replace(case, scenario=None)], episodes, 0)


def about_training(scenario: str) -> dict[str, Any]:
    """Return what a model should say about where it comes from; `scenario` is the loop's file, if known.

    Raises:
        ConfigurationError: when the scenario cannot be read.
    """
    known = read_scenario(Path(scenario)) if scenario else None
    return {
        "code_revision": code_revision(),
        "scenario": {"name": known.name, "hash": scenario_hash(known)} if known else {},
    }


def about_plain(about: dict[str, Any]) -> dict[str, str]:
    """Return `about_training` as tags."""
    return {
        "code_revision": about["code_revision"],
        **{f"scenario.{name}": value for name, value in about["scenario"].items()},
    }


def about_run(policy: DrivingPolicy) -> dict[str, Any]:
    """Return what the results should say about where they come from."""
    return {
        "created": now(),
        "algorithm": policy.algorithm,
        "trained_steps": policy.steps,
        "code_revision": code_revision(),
    }
