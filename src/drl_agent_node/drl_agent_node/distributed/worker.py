"""A rollout worker: owns a world in a ROS domain of its own, and drives in it with the policy that it is given.

A plain class; `fleet.py` makes a Ray actor of it.
"""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from gymnasium import Space
from numpy.typing import NDArray

from carla_sensor_bridge.scenario import Scenario
from drl_agent_node.algorithms import make_algorithm
from drl_agent_node.algorithms.base import Bools, Floats
from drl_agent_node.config import StrictConfig
from drl_agent_node.env import columns
from drl_agent_node.env.gateway_core import GatewaySettings
from drl_agent_node.env.observations import Observations
from drl_agent_node.evaluation.suite import make_case
from drl_agent_node.evaluation.worlds import Env, InProcessWorlds, LoopWorlds, Worlds

STARTS: Final = "memory_starts"
MEMORY: Final = "memory"


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


@dataclass(frozen=True)
class Opening:
    """A world as it is found: spaces, names, and the first observations with their infos."""

    observation_space: Space[Any]
    action_space: Space[Any]
    state_names: tuple[str, ...]
    observation_names: tuple[str, ...]
    observations: Observations
    infos: dict[str, NDArray[Any]]


@dataclass
class Fragment:
    """T steps of N agents.

    Attributes:
        observations: [T + 1, N, ...], the last ones follow the last actions.
        actions: [T, N, A]; rewards, terminated and truncated: [T, N].
        infos: [T, N, ...] by name, as the environment gives them; of a policy with memory also what `Algorithm.follow`
            returned, `STARTS` and `MEMORY`.
    """

    observations: Observations
    actions: Floats
    rewards: Floats
    terminated: Bools
    truncated: Bools
    infos: dict[str, NDArray[Any]]


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
        self._env: Env
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
        env = self._env = self._stack.enter_context(worlds.open(case, spec.num_agents))
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
        )

    def _worlds(self) -> Worlds:
        if self._spec.in_process:
            return InProcessWorlds(self._spec.options, self._spec.gateway)
        import rclpy
        from rclpy.signals import SignalHandlerOptions

        from drl_agent_node.env.fleet_link import make_link_node

        rclpy.init(signal_handler_options=SignalHandlerOptions.NO, domain_id=self._spec.domain_id)
        self._stack.callback(rclpy.try_shutdown)
        parent = rclpy.create_node(f"drl_worker_{self._spec.number}")
        self._stack.callback(parent.destroy_node)
        return LoopWorlds(
            lambda: make_link_node(parent), options=self._spec.options, gateway=self._spec.gateway
        )

    def collect(self, policy: dict[str, Any], steps: int) -> Fragment:
        """Drive for some steps with a learner's `policy_state`.

        Raises:
            FleetError: when the world is lost.
        """
        algorithm, env = self._algorithm, self._env
        algorithm.load_policy_state(policy)
        seen, acted, outcomes = [self._observations], [], []
        for _ in range(steps):
            actions = algorithm.act(self._observations)
            self._observations, rewards, terminated, truncated, infos = env.step(actions)
            remembered = algorithm.follow(terminated | truncated)
            if remembered is not None:
                infos = infos | dict(zip((STARTS, MEMORY), remembered, strict=True))
            seen.append(self._observations)
            acted.append(actions)
            outcomes.append((rewards, terminated, truncated, infos))
        rewards, terminated, truncated, told = zip(*outcomes, strict=True)
        return Fragment(
            stacked(seen),
            np.stack(acted),
            np.stack(rewards),
            np.stack(terminated),
            np.stack(truncated),
            {name: np.stack([infos[name] for infos in told]) for name in told[0]},
        )

    def close(self) -> None:
        """End the world."""
        self._stack.close()


def stacked(observations: list[Observations]) -> Observations:
    """Return observations of several moments as one, [T, N, ...]."""
    first = observations[0]
    if isinstance(first, dict):
        return {name: np.stack([one[name] for one in observations]) for name in first}  # type: ignore[call-overload]
    return np.stack(observations)  # type: ignore[arg-type]
