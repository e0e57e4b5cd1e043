"""A rollout worker: owns a world in a ROS domain of its own, and drives in it with the policy that it is given.

A plain class; `fleet.py` makes a Ray actor of it.
"""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from gymnasium import Space
from numpy.typing import NDArray

from carla_sensor_bridge.scenario import Scenario
from drl_agent_node.algorithms import make_algorithm
from drl_agent_node.algorithms.base import Bools, Floats
from drl_agent_node.config import StrictConfig
from drl_agent_node.curriculum_session import InProcessLoader
from drl_agent_node.env import columns
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.gateway_core import GatewaySettings
from drl_agent_node.env.in_process import InProcessVectorEnv
from drl_agent_node.env.observations import Observations
from drl_agent_node.evaluation.suite import make_case
from drl_agent_node.evaluation.worlds import InProcessWorlds, LoopWorlds, Worlds
from drl_agent_node.scene_dispatch import ANSWER_TIMEOUT_S, Answer, SceneLoader

STARTS: Final = "memory_starts"
MEMORY: Final = "memory"
# Two waits of this length end before the learner stops waiting.
LOAD_S: Final = 0.4 * ANSWER_TIMEOUT_S


@dataclass(frozen=True)
class WorkerSpec:
    """What a worker needs to know.

    Attributes:
        number: of the worker; its routes and what it tries out follow `seed` + number.
        domain_id: ROS_DOMAIN_ID of its world.
        scenario, num_agents: of its world.
        algorithm, config: of the learner.
        options: keyword arguments of the environment: reward, safety layer, observation.
        gateway: parameters of the gateway that are not at their defaults.
        in_process: a world without ROS, in the worker's own process.
        logs: where the processes of its world log.
    """

    number: int
    domain_id: int
    scenario: Scenario
    num_agents: int
    seed: int
    algorithm: str
    config: StrictConfig
    options: dict[str, Any]
    gateway: GatewaySettings
    in_process: bool
    logs: Path


@dataclass(frozen=True)
class Opening:
    """A world as it is found: spaces, names, session, and the first observations with their infos."""

    observation_space: Space[Any]
    action_space: Space[Any]
    state_names: tuple[str, ...]
    observation_names: tuple[str, ...]
    observations: Observations
    infos: dict[str, NDArray[Any]]
    session: int


@dataclass
class Fragment:
    """T steps of N agents.

    Attributes:
        observations: [T + 1, N, ...], the last ones follow the last actions.
        actions: [T, N, A]; rewards, terminated and truncated: [T, N].
        infos: [T, N, ...] by name, as the environment gives them; of a policy with memory also what `Algorithm.follow`
            returned, `STARTS` and `MEMORY`.
        session: of the world after the last step.
    """

    observations: Observations
    actions: Floats
    rewards: Floats
    terminated: Bools
    truncated: Bools
    infos: dict[str, NDArray[Any]]
    session: int


class Worker:
    """Opens its world and collects what a policy does in it."""

    def __init__(self, spec: WorkerSpec) -> None:
        """Nothing is started yet."""
        os.environ["ROS_DOMAIN_ID"] = str(spec.domain_id)
        import torch

        torch.set_num_threads(1)
        torch.set_flush_denormal(True)
        self._spec = spec
        self._stack = contextlib.ExitStack()
        self._env: FleetVectorEnv
        self._parent: Any = None
        self._loader: SceneLoader | None = None
        self._observations: Observations

    def open(self) -> Opening:
        """Start the world and wait for its first observations.

        Raises:
            ConfigurationError: when it cannot be driven.
            FleetError: when it does not come up.
        """
        spec = self._spec
        worlds = self._worlds()
        self._stack.callback(worlds.close)
        seed = (spec.seed + spec.number) % 2**31
        case = make_case(spec.scenario, seed)
        env = self._stack.enter_context(worlds.open(case, spec.num_agents))
        assert isinstance(env, FleetVectorEnv)
        self._env = env
        self._observations, infos = env.reset(seed=seed)
        self._algorithm = make_algorithm(spec.algorithm, spec.config, env, seed)
        status = infos["status"]
        self._algorithm.begin((status & columns.DONE) != 0, (status & columns.RESET) != 0)
        return Opening(
            env.single_observation_space,
            env.single_action_space,
            getattr(env, "state_names", ()),
            getattr(env, "observation_names", ()),
            self._observations,
            infos,
            env.sessions[0],
        )

    def _worlds(self) -> Worlds:
        if self._spec.in_process:
            return InProcessWorlds(self._spec.options, self._spec.gateway)
        import rclpy
        from rclpy.signals import SignalHandlerOptions

        from drl_agent_node.env.fleet_link import make_link_node

        rclpy.init(signal_handler_options=SignalHandlerOptions.NO, domain_id=self._spec.domain_id)
        self._stack.callback(rclpy.try_shutdown)
        parent = self._parent = rclpy.create_node(f"drl_worker_{self._spec.number}")
        self._stack.callback(parent.destroy_node)
        return LoopWorlds(
            lambda: make_link_node(parent),
            options=self._spec.options,
            gateway=self._spec.gateway,
            folder=self._spec.logs,
        )

    def collect(self, policy: dict[str, Any], steps: int) -> Fragment:
        """Drive for some steps with a learner's `policy_state`.

        Raises:
            FleetError: when the world is lost.
        """
        algorithm, env = self._algorithm, self._env
        algorithm.load_policy_state(policy)
        seen, acted = [self._observations], []
        outcomes: list[tuple[Any, ...]] = []
        for _ in range(steps):
            actions = algorithm.act(self._observations)
            self._observations, reward, over, cut, infos = env.step(actions)
            remembered = algorithm.follow(over | cut)
            if remembered is not None:
                infos = infos | dict(zip((STARTS, MEMORY), remembered, strict=True))
            seen.append(self._observations)
            acted.append(actions)
            outcomes.append((reward, over, cut, infos))
        rewards, terminated, truncated, told = zip(*outcomes, strict=True)
        return Fragment(
            stacked(seen),
            np.stack(acted),
            np.stack(rewards),
            np.stack(terminated),
            np.stack(truncated),
            {name: np.stack([infos[name] for infos in told]) for name in told[0]},
            env.sessions[0],
        )

    def load(self, scenario: str, agents: Sequence[int]) -> Answer:
        """Give agents (all: none named) another scenario, YAML text, between two fragments.

        Raises:
            ConfigurationError: when a world in this process cannot be driven so.
        """
        loader = self._loader = self._loader or self._make_loader()
        answer = loader.load(0, scenario, agents)
        end = time.monotonic() + LOAD_S
        while (said := answer()) is None:
            if time.monotonic() > end:
                return Answer(False, "the bridge does not answer")
            self._spin(LOAD_S)
        return said

    def _make_loader(self) -> SceneLoader:
        if isinstance(self._env, InProcessVectorEnv):
            return InProcessLoader(self._env)
        from drl_agent_node.curriculum_services import BridgeLoader

        loader = BridgeLoader(self._parent, [self._env.links[0].simulator])
        loader.wait(LOAD_S)
        return loader

    def _spin(self, timeout_s: float) -> None:
        import rclpy

        rclpy.spin_once(self._parent, timeout_sec=timeout_s)

    def close(self) -> None:
        """End the world."""
        self._stack.close()


def stacked(observations: list[Observations]) -> Observations:
    """Return observations of several moments as one, [T, N, ...]."""
    first = observations[0]
    if isinstance(first, dict):
        return {name: np.stack([one[name] for one in observations]) for name in first}  # type: ignore[call-overload]
    return np.stack(observations)  # type: ignore[arg-type]
