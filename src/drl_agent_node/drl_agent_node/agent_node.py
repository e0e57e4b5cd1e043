"""The node `drl_agent`: parameters in, a trained policy or an evaluation out. Glue between ROS and the pure parts."""

from __future__ import annotations

import os

# One thread per process: a second one on a busy machine made learning 2 to 6 times slower. Libraries read these
# once, when they are imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

import rclpy
import torch
from gymnasium.vector import VectorEnv
from rclpy.node import Node
from rclpy.signals import SignalHandlerOptions

from drl_agent_node.algorithms import make_algorithm
from drl_agent_node.algorithms.base import Algorithm
from drl_agent_node.background import BackgroundSpin
from drl_agent_node.checkpoint import check_fits
from drl_agent_node.curriculum_services import BridgeLoader, serve_set_stage
from drl_agent_node.curriculum_session import CurriculumSession
from drl_agent_node.env.fleet_link import FleetLink, make_link_node
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.episodes import Episode
from drl_agent_node.errors import ConfigurationError, DivergenceError, FleetError, InterruptedWaitError
from drl_agent_node.evaluation.plan import about_plain, about_training
from drl_agent_node.parameters import AgentParameters, check_parameters, declare_parameters
from drl_agent_node.progress import ProgressPrinter
from drl_agent_node.reporting import Reporter
from drl_agent_node.run_folder import RunFolder
from drl_agent_node.run_setup import find_checkpoint, progress_of, read_configs, register_best, scalars_of
from drl_agent_node.stopping import StopRequest
from drl_agent_node.tracking.logs import RunLogs
from drl_agent_node.trainer import Hooks, Outcome, Snapshot, State, Trainer, TrainerSettings

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
# sysexits.h EX_CONFIG: starting again would not help.
EXIT_CONFIGURATION: Final = 78


class Agent:
    """Owns what one run needs: node, link, environment, reporter, folders."""

    def __init__(self, node: Node, link_node: Node, parameters: AgentParameters, stop: StopRequest) -> None:
        self.parameters = parameters
        self.stop = stop
        self._node = node
        self._log = node.get_logger()
        self._configs = read_configs(parameters.algorithm, parameters.algorithm_config)
        self._folder = RunFolder(parameters.run_folder, parameters.keep_checkpoints)
        self._reporter = Reporter(node, parameters.run_name, parameters.algorithm, parameters.total_steps)
        self._link_node = link_node
        self._printer = ProgressPrinter()
        self._curriculum = self._read_curriculum()

    def _read_curriculum(self) -> CurriculumSession | None:
        parameters = self.parameters
        if parameters.curriculum is None or parameters.mode != "train":
            return None
        session = CurriculumSession(parameters.curriculum, parameters.seed, self._log.info)
        serve_set_stage(self._node, session)
        self._reporter.curriculum = session
        return session

    def run(self) -> int:
        """Train or evaluate; returns the exit code."""
        return self._train() if self.parameters.mode == "train" else self._evaluate()

    def _env_options(self) -> dict[str, Any]:
        configs = self._configs
        return {
            "reward_config": configs.reward,
            "observation": self.parameters.observation,
            "safety": self.parameters.safety,
            "safety_config": configs.safety,
        }

    def _connect(self) -> FleetVectorEnv:
        parameters = self.parameters
        link = FleetLink(
            self._link_node,
            parameters.simulators,
            retry_s=parameters.retry_s,
            expected_agents=parameters.expected_agents,
        )
        env = FleetVectorEnv(
            link,
            **self._env_options(),
            observation_timeout_s=parameters.observation_timeout_s,
            lost_after_s=parameters.lost_after_s,
            should_stop=self.stop,
            on_waiting=self._log.warning,
        )
        self._reporter.env = env
        return env

    # Training

    def _train(self) -> int:
        parameters = self.parameters
        found = find_checkpoint(self._folder, parameters.resume, self._log.warning)
        config = {"parameters": asdict(parameters), "name": parameters.algorithm} | self._configs.plain()
        self._folder.write_config(config)
        about = about_training(parameters.scenario)
        if found is not None:
            checkpoint, path = found
            self._log.info(f"going on from '{path}' at {checkpoint.steps} steps")
            for change in self._configs.changes_since(checkpoint):
                self._log.info(change)
            if checkpoint.steps >= parameters.total_steps:
                self._log.info(f"all {parameters.total_steps} steps are done already")
                self._reporter.snapshot.state = State.DONE
                return EXIT_OK
        self._log.info(f"training run '{parameters.run_name}' in '{self._folder.path}'")
        env = self._connect()
        logs = RunLogs(
            self._folder,
            config,
            about_plain(about),
            resumed_at=found[0].steps if found else None,
            tracking_uri=parameters.tracking_uri,
            wandb=parameters.wandb,
            warn=self._log.warning,
        )
        self._reporter.more_diagnostics = logs.diagnose

        def make(env: VectorEnv[Any, Any, Any]) -> Algorithm:
            assert isinstance(env, FleetVectorEnv)
            if found is not None:
                check_fits(found[0], found[1], parameters.algorithm, env.observation_names)
            self._log.info(
                f"driving {env.num_envs} agents with {len(env.observation_names)} observation columns and channels"
            )
            if self._curriculum is not None:
                loader = BridgeLoader(self._node, parameters.simulators)
                self._curriculum.begin(env, loader, found[0].extras if found else {})
            return make_algorithm(parameters.algorithm, self._configs.algorithm, env, parameters.seed)

        trainer = Trainer(
            env,
            make,
            TrainerSettings(
                parameters.total_steps,
                parameters.seed,
                parameters.checkpoint_interval_steps,
                parameters.target_success_rate,
            ),
            self._folder.checkpoints,
            config=self._configs.plain() | {"about": about},
            extras=self._curriculum.extras if self._curriculum is not None else dict,
            hooks=self._hooks(env, logs),
            should_stop=self.stop,
        )
        if found is not None:
            trainer.resume_from(found[0])
        self._reporter.snapshot = trainer.snapshot
        outcome = Outcome.STOPPED
        try:
            outcome = trainer.run()
            if logs.tracker is not None and outcome is not Outcome.STOPPED:
                model = f"{about['scenario'].get('name', 'loop')}-{parameters.algorithm}"
                register_best(self._folder, logs.tracker, model, self._log.info)
        finally:
            self._printer.finish()
            logs.close(finished=outcome is not Outcome.STOPPED, hurry=self.stop())
        if trainer.snapshot.steps:
            self._printer.show(progress_of(trainer.snapshot, parameters.total_steps))
            self._printer.finish()
        self._log.info(
            f"training ended: {outcome.value}; last checkpoint: {trainer.snapshot.checkpoint or 'none'}"
        )
        if outcome is not Outcome.STOPPED:
            self._reporter.finish()
        return EXIT_OK

    def _hooks(self, env: FleetVectorEnv, logs: RunLogs) -> Hooks:
        reporter, printer, total = self._reporter, self._printer, self.parameters.total_steps
        curriculum = self._curriculum

        def on_episodes(episodes: list[Episode]) -> None:
            reporter.publish_episodes(episodes)
            if curriculum is not None:
                curriculum.on_episodes(episodes)

        def on_step(snapshot: Snapshot) -> None:
            if curriculum is not None:
                curriculum.on_step()
            if printer.due():
                printer.show(progress_of(snapshot, total))

        def on_update(steps: int, losses: dict[str, float]) -> None:
            env.restart_policy_clock()
            safety = None if env.safety is None else env.safety.take_stats()
            values = scalars_of(reporter.snapshot, losses, safety)
            logs.write(steps, values if curriculum is None else values | curriculum.scalars())

        def on_checkpoint(path: Path) -> None:
            self._log.debug(f"checkpoint '{path}'")

        return Hooks(on_episodes, on_update, on_step, on_checkpoint)

    # Evaluation

    def _evaluate(self) -> int:
        # plots and statistics take a second to import, which training should not wait for.
        from drl_agent_node.evaluation.evaluator import Evaluator

        evaluator = Evaluator(
            self._node,
            self.parameters,
            self._reporter,
            self._env_options(),
            self._configs.algorithm,
            self.stop,
        )
        if self.parameters.mode == "serve":
            evaluator.serve()
        elif evaluator.once(self._connect):
            self._reporter.finish()
        return EXIT_OK


def _guarded(work: Callable[[], int], log: Callable[[str], None]) -> int:
    """Run `work`; errors that have an explanation become one line and an exit code."""
    try:
        return work()
    except ConfigurationError as error:
        log(f"configuration error: {error}")
        return EXIT_CONFIGURATION
    except InterruptedWaitError:
        return EXIT_OK
    except (FleetError, DivergenceError, OSError) as error:
        log(str(error))
        return EXIT_FAILED


def main(args: list[str] | None = None) -> None:
    """Run the node and leave with `SystemExit`."""
    torch.set_num_threads(1)
    # Numbers too small to matter cost a hundred times as much as others.
    torch.set_flush_denormal(True)
    rclpy.init(args=args, signal_handler_options=SignalHandlerOptions.NO)
    stop = StopRequest()
    node = Node("drl_agent")
    link_node = make_link_node(node)
    spin = BackgroundSpin(node)
    try:
        code = _guarded(
            lambda: Agent(node, link_node, check_parameters(declare_parameters(node)), stop).run(),
            node.get_logger().error,
        )
    finally:
        spin.stop()
        link_node.destroy_node()
        node.destroy_node()
        rclpy.try_shutdown()
    sys.exit(code)


def run() -> None:
    """`main`, without taking the interpreter apart at the end.

    Everything is closed by then, and taking torch apart takes seconds, which whoever asked to stop does not have.
    """
    code: int | str | None = EXIT_OK
    try:
        main()
    except SystemExit as ended:
        code = ended.code
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code if isinstance(code, int) else EXIT_FAILED)
