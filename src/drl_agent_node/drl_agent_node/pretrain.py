"""Train in one process, without simulator, bridge or gateway beside it: `python -m drl_agent_node.pretrain`.

Writes the folder of a run as the agent node does, so that `make train ARGS="run_name:=<name>"` goes on from it.
"""

from __future__ import annotations

import os

# As in agent_node: libraries read these once, when they are imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Final

import torch
from gymnasium.vector import VectorEnv

from carla_sensor_bridge.scenario import Scenario
from drl_agent_node.algorithm_names import algorithm_of
from drl_agent_node.algorithms import make_algorithm
from drl_agent_node.algorithms.base import Algorithm
from drl_agent_node.checkpoint import Checkpoint, check_fits
from drl_agent_node.config import find_config
from drl_agent_node.curriculum_session import CurriculumSession, InProcessLoader
from drl_agent_node.env.gateway_core import GatewaySettings
from drl_agent_node.env.in_process import InProcessVectorEnv
from drl_agent_node.episodes import Episode
from drl_agent_node.errors import ConfigurationError, DivergenceError, FleetError
from drl_agent_node.evaluation.plan import about_plain, about_training
from drl_agent_node.progress import ProgressPrinter
from drl_agent_node.run_folder import RunFolder
from drl_agent_node.run_setup import find_checkpoint, progress_of, read_configs, register_best, scalars_of
from drl_agent_node.safety.config import MODES as SAFETY_MODES
from drl_agent_node.stopping import StopRequest
from drl_agent_node.tracking.logs import WANDB_MODES, RunLogs
from drl_agent_node.tracking.tracker import OFF
from drl_agent_node.trainer import Hooks, Outcome, Snapshot, Trainer, TrainerSettings

EXIT_FAILED: Final = 1
EXIT_CONFIGURATION: Final = 78


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="python -m drl_agent_node.pretrain", description=__doc__)
    add_arguments(parser)
    return parser.parse_args(arguments)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add what every way to train without launch lets one choose."""
    add = parser.add_argument
    add("--scenario", default="town01_basic", help="name of a scenario, or path of its .yaml file")
    add("--algorithm", default="ppo", help="name of its configuration, or path of the .yaml file")
    add(
        "--observation",
        default="state",
        choices=("state", "raster", "both"),
        help="what the policy sees (default: state)",
    )
    add("--num-agents", type=int, default=64, help="ego vehicles in the world (default: 64)")
    add("--total-steps", type=int, default=200_000, help="agent steps, resumed runs included")
    add("--seed", type=int, default=0, help="of routes and learner")
    add("--town-seed", type=int, default=0, help="of the generated town, as the simulator's --seed")
    add("--run-dir", type=Path, default=Path("runs"), help="folder of runs (default: runs)")
    add("--run-name", default="", help="folder of this run; default: from scenario, seed and time")
    add("--resume", default="auto", help="auto, never, or path of a checkpoint")
    add("--checkpoint-interval-steps", type=int, default=50_000)
    add(
        "--curriculum",
        help="name of a curriculum, or path of its .yaml file; its stages take the scenario's place",
    )
    add("--neighbours", type=int, help="road users in the state (default: the gateway's)")
    add("--tracking-uri", default=OFF, help="as the node's parameter (default: off)")
    add("--wandb", choices=WANDB_MODES, default=OFF, help="as the node's parameter (default: off)")
    add("--safety", choices=SAFETY_MODES, default="off", help="as the node's parameter")


def train(options: argparse.Namespace) -> None:
    """Train as the options say.

    Raises:
        ConfigurationError: naming what cannot be used.
        DivergenceError: when learning went wrong.
    """
    scenario: Path | Scenario = find_config("scenarios", options.scenario)
    label = Path(options.curriculum or options.scenario).stem
    curriculum = None
    if options.curriculum:
        file = find_config("curricula", options.curriculum)
        curriculum = CurriculumSession(file, options.seed, lambda text: print(text, flush=True))
        scenario = curriculum.stages[0].scenario
    config_path = find_config("algorithms", options.algorithm)
    algorithm = algorithm_of(config_path.stem)
    configs = read_configs(algorithm, config_path)
    name = options.run_name or f"{label}-seed{options.seed}-{time.strftime('%Y%m%d-%H%M%S')}"
    folder = RunFolder(options.run_dir.expanduser().resolve() / name)
    found = find_checkpoint(folder, options.resume, print)
    config = {"parameters": vars(options), "name": algorithm} | configs.plain()
    folder.write_config(config)
    about = about_training("" if curriculum else str(scenario))
    env = InProcessVectorEnv(
        scenario,
        options.num_agents,
        seed=options.seed,
        town_seed=options.town_seed,
        reward_config=configs.reward,
        safety=options.safety,
        safety_config=configs.safety,
        observation=options.observation,
        gateway=GatewaySettings(neighbour_count=options.neighbours),
    )
    print(f"training run '{name}' in '{folder.path}' with {env.num_envs} agents", flush=True)
    logs, printer = open_logs(options, folder, config, about, found), ProgressPrinter()

    def make(env: VectorEnv[Any, Any, Any]) -> Algorithm:
        assert isinstance(env, InProcessVectorEnv)
        if found is not None:
            check_fits(found[0], found[1], algorithm, env.observation_names)
        if curriculum is not None:
            curriculum.begin(env, InProcessLoader(env), found[0].extras if found else {})
        return make_algorithm(algorithm, configs.algorithm, env, options.seed)

    def on_episodes(episodes: list[Episode]) -> None:
        if curriculum is not None:
            curriculum.on_episodes(episodes)

    def on_step(snapshot: Snapshot) -> None:
        if curriculum is not None:
            curriculum.on_step()
        if printer.due():
            printer.show(progress_of(snapshot, options.total_steps))

    def on_update(steps: int, losses: dict[str, float]) -> None:
        safety = None if env.safety is None else env.safety.take_stats()
        values = scalars_of(trainer.snapshot, losses, safety)
        logs.write(steps, values if curriculum is None else values | curriculum.scalars())

    trainer = Trainer(
        env,
        make,
        TrainerSettings(options.total_steps, options.seed, options.checkpoint_interval_steps),
        folder.checkpoints,
        config=configs.plain() | {"about": about},
        extras=curriculum.extras if curriculum is not None else dict,
        hooks=Hooks(on_episodes, on_update, on_step),
        should_stop=(stop := StopRequest()),
    )
    if found is not None:
        print(f"going on from '{found[1]}' at {found[0].steps} steps")
        trainer.resume_from(found[0])
    outcome = Outcome.STOPPED
    try:
        outcome = trainer.run()
        printer.show(progress_of(trainer.snapshot, options.total_steps))
        if logs.tracker is not None and outcome is not Outcome.STOPPED:
            register_best(folder, logs.tracker, f"{label}-{algorithm}", print)
    finally:
        printer.finish()
        logs.close(finished=outcome is not Outcome.STOPPED, hurry=stop())
        env.close()
    print(f"training ended: {outcome.value}; last checkpoint: {trainer.snapshot.checkpoint}")


def open_logs(
    options: argparse.Namespace,
    folder: RunFolder,
    config: dict[str, Any],
    about: dict[str, Any],
    found: tuple[Checkpoint, Path] | None,
) -> RunLogs:
    """Open the logs that the options ask for.

    Raises:
        ConfigurationError: when one of them cannot be used.
    """
    return RunLogs(
        folder,
        config,
        about_plain(about),
        resumed_at=found[0].steps if found else None,
        tracking_uri=options.tracking_uri,
        wandb=options.wandb,
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and return the exit code: 78 for configuration that cannot work, 1 for a failure."""
    options = parse(arguments)
    return guarded(lambda: train(options))


def guarded(work: Callable[[], None]) -> int:
    """Do `work` in one thread; errors that have an explanation become one line and an exit code."""
    torch.set_num_threads(1)
    torch.set_flush_denormal(True)
    try:
        work()
    except ConfigurationError as error:
        print(f"configuration error: {error}", file=sys.stderr)
        return EXIT_CONFIGURATION
    except (FleetError, DivergenceError, OSError) as error:
        print(error, file=sys.stderr)
        return EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
