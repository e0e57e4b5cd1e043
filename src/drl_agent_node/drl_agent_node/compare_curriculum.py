"""What a curriculum is worth: trains with and without it, drives its last stage with both, prints them side by side.

    ros2 run drl_agent_node compare_curriculum --curriculum town01_to_town02 --total-steps 300000

Without the curriculum all steps are spent on the last stage. Everything runs in this process; see `pretrain`.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from drl_agent_node import pretrain
from drl_agent_node.config import find_config
from drl_agent_node.curriculum import Stage, load_stages
from drl_agent_node.errors import ConfigurationError, DivergenceError, FleetError
from drl_agent_node.evaluation.compare import compare, table
from drl_agent_node.evaluation.plan import about_run
from drl_agent_node.evaluation.policies import find_policy
from drl_agent_node.evaluation.results import write_results
from drl_agent_node.evaluation.run import Plan, drive_plan
from drl_agent_node.evaluation.suite import make_case
from drl_agent_node.evaluation.worlds import InProcessWorlds

# Routes that no training seed of these experiments draws.
EVALUATION_SEED = 90_000


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="ros2 run drl_agent_node compare_curriculum", description=__doc__)
    add = parser.add_argument
    add("--curriculum", default="town01_to_town02", help="name of a curriculum, or path of its .yaml file")
    add("--algorithm", default="ppo", help="name of the learner's configuration, or path of its .yaml file")
    add("--total-steps", type=int, default=300_000, help="agent steps of each run")
    add("--num-agents", type=int, default=32)
    add("--seed", type=int, default=0)
    add("--episodes", type=int, default=128, help="routes that each policy is judged on")
    add("--run-dir", type=Path, default=Path("runs"))
    return parser.parse_args(arguments)


def train(options: argparse.Namespace, name: str, world: Sequence[str]) -> Path:
    """Train one run and return its folder; `world` are the arguments that say what it drives."""
    arguments = ["--algorithm", options.algorithm, "--num-agents", str(options.num_agents)]
    arguments += ["--total-steps", str(options.total_steps), "--seed", str(options.seed)]
    pretrain.train(
        pretrain.parse([*arguments, "--run-dir", str(options.run_dir), "--run-name", name, *world])
    )
    return Path(options.run_dir) / name


def judge(options: argparse.Namespace, folder: Path, stage: Stage) -> dict[str, Any]:
    """Drive a stage with the newest policy of a run; returns its results, which are written beside it."""
    policy = find_policy(str(folder))
    case = make_case(stage.scenario, EVALUATION_SEED)
    plan = Plan(stage.scenario.name, [case], options.episodes, options.num_agents)
    results = drive_plan(plan, policy, InProcessWorlds(), about_run(policy))
    return write_results(results, folder / f"evaluation_{stage.scenario.name}")


def run(options: argparse.Namespace) -> str:
    """Run the experiment; returns the table."""
    file = find_config("curricula", options.curriculum)
    _, stages = load_stages(file)
    last = stages[-1]
    stem = f"{file.stem}-seed{options.seed}"
    with_it = train(options, f"{stem}-curriculum", ["--curriculum", str(file)])
    scenario = with_it / f"{last.name}.yaml"
    scenario.write_text(last.text, encoding="utf-8")
    without = train(options, f"{stem}-plain", ["--scenario", str(scenario)])
    a, b = judge(options, without, last), judge(options, with_it, last)
    names = {"policy": "without a curriculum"}, {"policy": f"with {file.stem}"}
    return table(a | names[0], b | names[1], compare(a, b))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the experiment and return the exit code: 78 for configuration that cannot work, 1 for a failure."""
    options = parse(arguments)
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        print(run(options))
    except ConfigurationError as error:
        print(f"configuration error: {error}", file=sys.stderr)
        return pretrain.EXIT_CONFIGURATION
    except (FleetError, DivergenceError, OSError) as error:
        print(error, file=sys.stderr)
        return pretrain.EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
