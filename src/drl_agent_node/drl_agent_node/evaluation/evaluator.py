"""Evaluating on the agent node: once in the running loop, once on a suite, or as an action server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from rclpy.node import Node

from drl_agent_node.checkpoint import BEST
from drl_agent_node.env.fleet_link import make_link_node
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.gateway_core import GatewaySettings
from drl_agent_node.evaluation.plan import about_run, plan_of, plan_of_loop
from drl_agent_node.evaluation.policies import UNTRAINED, DrivingPolicy, find_policy, untrained
from drl_agent_node.evaluation.results import REPORT_FILE, headline, write_results
from drl_agent_node.evaluation.run import Plan, Progress, Results, drive_plan
from drl_agent_node.evaluation.server import EvaluationServer
from drl_agent_node.evaluation.worlds import AnyWorlds, GivenWorld, InProcessWorlds, LoopWorlds, Worlds
from drl_agent_node.networks.state_layout import count_neighbours
from drl_agent_node.parameters import AgentParameters
from drl_agent_node.progress import ProgressPrinter
from drl_agent_node.reporting import Reporter
from drl_agent_node.trainer import State


class Evaluator:
    """Evaluates with the parameters, the reporter and the nodes of the agent."""

    def __init__(
        self,
        node: Node,
        parameters: AgentParameters,
        reporter: Reporter,
        env_options: dict[str, Any],
        algorithm_config: Any,
        stop: Callable[[], bool],
    ) -> None:
        """`env_options` are keyword arguments of the environments; `algorithm_config` is of the untrained policy."""
        self._node = node
        self._log = node.get_logger()
        self._parameters = parameters
        self._reporter = reporter
        self._env_options = env_options
        self._algorithm_config = algorithm_config
        self._stop = stop
        self._printer = ProgressPrinter()

    def once(self, connect: Callable[[], FleetVectorEnv]) -> bool:
        """Evaluate the policy of the parameters; `connect` is called for the running loop, where there is no suite.

        Returns whether it was driven to its end; else there is no report.
        """
        parameters, policy = self._parameters, self._policy(self._parameters.policy)
        if parameters.suite:
            plan, worlds = plan_of(parameters.suite), self._worlds(policy, self._stop)
        else:
            plan = plan_of_loop(parameters.scenario, parameters.seed, parameters.eval_episodes)
            worlds = GivenWorld(connect())
        self._log.info(f"evaluating {policy.label}: {plan.text()}")

        def show(progress: Progress) -> None:
            if progress.episodes < progress.total_episodes and self._printer.due():
                self._printer.note(f"{progress.episodes} of {progress.total_episodes} episodes")

        try:
            results = self._drive(plan, policy, worlds, show, self._stop)
        finally:
            self._printer.finish()
        if not results.complete:
            self._log.warning("evaluation was stopped before its end; no result")
            return False
        target = _folder(plan, policy)
        print(headline(write_results(results, target)), flush=True)
        self._log.info(f"report written to '{target / REPORT_FILE}'")
        return True

    def serve(self) -> None:
        """Serve the action `/carla_drl/evaluate` until asked to stop."""
        server = EvaluationServer(self._node, self._evaluate_goal, REPORT_FILE)
        self._log.info("waiting for goals on /carla_drl/evaluate")
        try:
            server.serve(self._stop)
        finally:
            server.close()

    def _evaluate_goal(
        self, goal: Any, on_progress: Callable[[Progress], None], should_stop: Callable[[], bool]
    ) -> tuple[Path, dict[str, Any]]:
        policy = self._policy(goal.policy)
        plan = plan_of(goal.suite, goal.episodes, goal.num_agents)
        results = self._drive(plan, policy, self._worlds(policy, should_stop), on_progress, should_stop)
        target = Path(goal.output).expanduser() if goal.output else _folder(plan, policy)
        return target, write_results(results, target)

    def _drive(
        self,
        plan: Plan,
        policy: DrivingPolicy,
        worlds: Worlds,
        on_progress: Callable[[Progress], None],
        should_stop: Callable[[], bool],
    ) -> Results:
        def on_world(env: FleetVectorEnv) -> None:
            self._reporter.env = env
            self._reporter.snapshot.state = State.COLLECTING

        try:
            return drive_plan(
                plan,
                policy,
                worlds,
                about_run(policy) | {"safety": self._parameters.safety},
                on_progress=on_progress,
                on_episodes=self._reporter.publish_episodes,
                on_world=on_world,
                should_stop=should_stop,
            )
        finally:
            worlds.close()
            self._reporter.snapshot.state = State.DONE

    def _worlds(self, policy: DrivingPolicy, should_stop: Callable[[], bool]) -> Worlds:
        names = policy.state_names
        gateway = GatewaySettings(neighbour_count=None if names is None else count_neighbours(names))
        return AnyWorlds(
            InProcessWorlds(self._env_options, gateway),
            LoopWorlds(
                lambda: make_link_node(self._node),
                server=self._parameters.server,
                options=self._env_options,
                gateway=gateway,
                should_stop=should_stop,
                on_waiting=self._log.warning,
            ),
        )

    def _policy(self, source: str) -> DrivingPolicy:
        parameters = self._parameters
        run = parameters.run_folder
        if source == UNTRAINED:
            return untrained(parameters.algorithm, self._algorithm_config, run, parameters.seed)
        if source in {"latest", "best"}:
            return find_policy(
                str(run if source == "latest" else run / "checkpoints" / BEST), self._log.warning
            )
        named = parameters.run_dir / source
        return find_policy(str(named) if named.is_dir() else source, self._log.warning)


def _folder(plan: Plan, policy: DrivingPolicy) -> Path:
    return policy.folder / "evaluation" / f"{plan.suite}_{policy.short_name}"
