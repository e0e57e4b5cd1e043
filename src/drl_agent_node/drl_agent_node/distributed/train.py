"""Train with workers in processes of their own, each with its own simulator and ROS domain.

    ros2 run drl_agent_node train_distributed --workers 2 --scenario town01_basic --num-agents 16

One learner takes what all workers drove. Several that share the work are started by `torchrun`, each with its workers:

    torchrun --standalone --nproc-per-node 2 -m drl_agent_node.distributed.train --workers 1

Needs the package ray. The folder of a run is that of the agent node.
"""

from __future__ import annotations

import os

# As in agent_node: libraries read these once, when they are imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import importlib.util
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from gymnasium.vector import VectorEnv
from torch import distributed

from drl_agent_node.algorithm_names import algorithm_of
from drl_agent_node.algorithms import make_algorithm
from drl_agent_node.algorithms.base import Algorithm
from drl_agent_node.algorithms.ranks import Ranks, TorchRanks
from drl_agent_node.checkpoint import check_fits
from drl_agent_node.config import find_config
from drl_agent_node.curriculum_session import CurriculumSession
from drl_agent_node.env.gateway_core import GatewaySettings
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.plan import about_training
from drl_agent_node.evaluation.suite import read_scenario
from drl_agent_node.pretrain import add_arguments, guarded, open_logs
from drl_agent_node.progress import ProgressPrinter
from drl_agent_node.run_folder import RunFolder
from drl_agent_node.run_setup import find_checkpoint, progress_of, read_configs, register_best, scalars_of
from drl_agent_node.stopping import StopRequest
from drl_agent_node.trainer import Hooks, Outcome, Snapshot, TrainerSettings

# Workers keep their worlds' shared memory elsewhere; what passes through Ray's are fragments and policies.
OBJECT_STORE_BYTES: Final = 512 * 2**20


def parse(arguments: Sequence[str] | None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        prog="ros2 run drl_agent_node train_distributed",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_arguments(parser)
    add = parser.add_argument
    add("--workers", type=int, default=2, help="per learner, each with num_agents egos (default: 2)")
    add(
        "--first-domain-id",
        type=int,
        default=int(os.environ.get("ROS_DOMAIN_ID", "0")) + 1,
        help="ROS_DOMAIN_ID of the first worker, whose successors follow (default: the shell's and 1)",
    )
    add("--lost-after-s", type=float, default=30.0, help="silence after which a worker is replaced, s")
    add("--in-process", action="store_true", help="worlds in the workers' own processes, without ROS")
    return parser.parse_args(arguments)


@contextmanager
def learners() -> Iterator[tuple[Ranks, int]]:
    """Join the other processes of `torchrun`, where there are any; yields them and this one's number."""
    if int(os.environ.get("WORLD_SIZE", "1")) == 1:
        yield Ranks(), 0
        return
    distributed.init_process_group("gloo")
    try:
        yield TorchRanks(), distributed.get_rank()
    finally:
        distributed.destroy_process_group()


@contextmanager
def cluster() -> Iterator[None]:
    """Use the Ray cluster of RAY_ADDRESS, else one of this process's own on this machine.

    Raises:
        ConfigurationError: when ray is not installed.
    """
    if importlib.util.find_spec("ray") is None:
        raise ConfigurationError(
            "training with workers needs the package ray: pip install -r requirements/distributed.txt"
        )
    import ray

    known = os.environ.get("RAY_ADDRESS")
    own: dict[str, Any] = {} if known else {"object_store_memory": OBJECT_STORE_BYTES}
    ray.init(
        address=known or "local",
        include_dashboard=False,
        log_to_driver=False,
        logging_level=logging.WARNING,
        **own,
    )
    try:
        yield
    finally:
        ray.shutdown()


def train(options: argparse.Namespace) -> None:
    """Train as the options say.

    Raises:
        ConfigurationError: naming what cannot be used.
        DivergenceError: when learning went wrong.
        FleetError: when the workers' worlds do not come up.
    """
    if options.workers < 1:
        raise ConfigurationError(f"--workers is {options.workers}; at least 1 is needed")
    with learners() as (ranks, rank), cluster():
        _train(options, ranks, rank)


def _train(options: argparse.Namespace, ranks: Ranks, rank: int) -> None:
    from drl_agent_node.distributed.curriculum import WorkersCurriculum
    from drl_agent_node.distributed.fleet import WorkerFleet
    from drl_agent_node.distributed.trainer import DistributedTrainer
    from drl_agent_node.distributed.worker import WorkerSpec

    first = rank == 0

    def say(text: str) -> None:
        print(text if ranks.count == 1 else f"learner {rank}: {text}", flush=True)

    path = find_config("scenarios", options.scenario)
    label = Path(options.curriculum or path).stem
    session = None
    if options.curriculum:
        session = CurriculumSession(find_config("curricula", options.curriculum), options.seed, say)
    scenario = session.stages[0].scenario if session is not None else read_scenario(path)
    config_path = find_config("algorithms", options.algorithm)
    algorithm = algorithm_of(config_path.stem)
    configs = read_configs(algorithm, config_path)
    name = [options.run_name or f"{label}-seed{options.seed}-{time.strftime('%Y%m%d-%H%M%S')}"]
    if ranks.count > 1:
        distributed.broadcast_object_list(name)
    folder = RunFolder(options.run_dir.expanduser().resolve() / name[0])
    found = find_checkpoint(folder, options.resume, say) if first else None
    if ranks.count > 1:
        distributed.barrier()
    if not first:
        found = find_checkpoint(folder, options.resume, say)
    stop = StopRequest()
    fleet = WorkerFleet(
        [
            WorkerSpec(
                number=number,
                domain_id=options.first_domain_id + number,
                scenario=scenario,
                num_agents=options.num_agents,
                seed=options.seed,
                algorithm=algorithm,
                config=configs.algorithm,
                options={
                    "reward_config": configs.reward,
                    "safety": options.safety,
                    "safety_config": configs.safety,
                    "observation": options.observation,
                },
                gateway=GatewaySettings(neighbour_count=options.neighbours),
                in_process=options.in_process,
                logs=folder.path / "workers",
            )
            for number in range(rank * options.workers, (rank + 1) * options.workers)
        ],
        lost_after_s=options.lost_after_s,
        should_stop=stop,
        warn=say,
    )
    curriculum = None
    service: AbstractContextManager[None] = nullcontext()
    if session is not None:
        curriculum = WorkersCurriculum(session, fleet, ranks, rank, stop)
        fleet.before_driving = curriculum.settle
        if first and not options.in_process:
            from drl_agent_node.curriculum_services import set_stage_service

            service = set_stage_service("drl_learner", curriculum)
    logs = None
    about = about_training("" if session is not None else str(path))
    if first:
        config = {"parameters": vars(options), "name": algorithm} | configs.plain()
        folder.write_config(config)
        logs = open_logs(options, folder, config, about, found)
    printer = ProgressPrinter()

    def make(env: VectorEnv[Any, Any, Any]) -> Algorithm:
        say(f"driving {env.num_envs} agents in {options.workers} worlds")
        if found is not None:
            check_fits(found[0], found[1], algorithm, getattr(env, "observation_names", ()))
        if curriculum is not None:
            curriculum.begin(found[0].extras if found is not None else {})
        return make_algorithm(algorithm, configs.algorithm, env, options.seed)

    def on_step(snapshot: Snapshot) -> None:
        if first and printer.due():
            printer.show(progress_of(snapshot, options.total_steps))

    def on_update(steps: int, losses: dict[str, float]) -> None:
        if logs is not None:
            values = scalars_of(trainer.snapshot, losses)
            logs.write(steps, values if session is None else values | session.scalars())

    hooks = Hooks(on_update=on_update, on_step=on_step)
    if curriculum is not None:
        hooks = replace(hooks, on_episodes=curriculum.on_episodes)
    trainer = DistributedTrainer(
        fleet,
        make,
        TrainerSettings(options.total_steps, options.seed, options.checkpoint_interval_steps),
        folder.checkpoints,
        ranks=ranks,
        first=first,
        config=configs.plain() | {"about": about},
        extras=session.extras if session is not None else dict,
        hooks=hooks,
        after_fragment=curriculum.exchange if curriculum is not None else lambda: None,
        should_stop=stop,
    )
    if found is not None:
        say(f"going on from '{found[1]}' at {found[0].steps} steps")
        trainer.resume_from(found[0])
    outcome = Outcome.STOPPED
    try:
        with service:
            outcome = trainer.run()
        if logs is not None and logs.tracker is not None and outcome is not Outcome.STOPPED:
            register_best(folder, logs.tracker, f"{label}-{algorithm}", say)
    finally:
        printer.finish()
        fleet.close()
        if logs is not None:
            logs.close(finished=outcome is not Outcome.STOPPED, hurry=stop())
    say(f"training ended: {outcome.value}; last checkpoint: {trainer.snapshot.checkpoint}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Train, and return the exit code: 78 for configuration that cannot work, 1 for a failure."""
    options = parse(arguments)
    return guarded(lambda: train(options))


if __name__ == "__main__":
    sys.exit(main())
