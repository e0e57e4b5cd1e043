"""Thin views of a fleet's vector environment for libraries that expect other interfaces.

The vector environment itself is a `gymnasium.vector.VectorEnv`. `FleetParallelEnv` shows it as a PettingZoo parallel
environment, `SingleAgentEnv` a fleet of one as a plain Gymnasium environment.
"""

from __future__ import annotations

from typing import Any

import gymnasium as gym
import numpy as np
from numpy.typing import NDArray
from pettingzoo import ParallelEnv

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.observations import Observations, row_of

Rows = dict[str, NDArray[np.float32]]
SeenRows = dict[str, Observations]


def _row(infos: dict[str, Any], row: int) -> dict[str, Any]:
    """Return what `infos` of a vector environment says about one row."""
    return {name: values[row] for name, values in infos.items()}


class FleetParallelEnv(ParallelEnv[str, Observations, NDArray[np.float32]]):  # type: ignore[misc]
    """A fleet as a PettingZoo parallel environment.

    Agents are called `<simulator>_ego<i>`. One that is done leaves; the vector environment places its vehicle on a new
    route, where it brakes until the next `reset`. Once all have left, `reset` is due.
    """

    metadata: dict[str, Any] = {"name": "carla_drl_fleet_v0", "render_modes": []}  # noqa: RUF012

    def __init__(self, env: FleetVectorEnv) -> None:
        """Waits for the fleet's first observations when `env` was not reset yet."""
        self._env = env
        if not env.num_envs:
            env.reset()
        located = (env.locate(row) for row in range(env.num_envs))
        self.possible_agents = [f"{simulator}_ego{agent}" for simulator, _, agent in located]
        self._rows = {name: row for row, name in enumerate(self.possible_agents)}
        self.agents: list[str] = []
        self.render_mode = None
        self.observation_spaces = dict.fromkeys(self.possible_agents, env.single_observation_space)
        self.action_spaces = dict.fromkeys(self.possible_agents, env.single_action_space)

    def observation_space(self, agent: str) -> gym.spaces.Space[Any]:
        """Return the space of an agent's observations."""
        return self.observation_spaces[agent]

    def action_space(self, agent: str) -> gym.spaces.Space[Any]:
        """Return the space of an agent's actions."""
        return self.action_spaces[agent]

    def reset(
        self, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[SeenRows, dict[str, dict[str, Any]]]:
        """Begin with the whole fleet; what becomes of running episodes is up to the vector environment's `reset`."""
        observations, infos = self._env.reset(seed=seed, options=options)
        self.agents = list(self.possible_agents)
        return (
            {name: row_of(observations, row) for name, row in self._rows.items()},
            {name: _row(infos, row) for name, row in self._rows.items()},
        )

    def step(
        self, actions: Rows
    ) -> tuple[SeenRows, dict[str, float], dict[str, bool], dict[str, bool], dict[str, dict[str, Any]]]:
        """Step with the actions of the agents that are there."""
        batch = np.zeros((self._env.num_envs, columns.NUM_ACTIONS), np.float32)
        batch[:, 0] = -1.0
        here = self.agents
        for name in here:
            batch[self._rows[name]] = actions[name]
        observations, rewards, terminated, truncated, infos = self._env.step(batch)
        rows = {name: self._rows[name] for name in here}
        self.agents = [name for name, row in rows.items() if not (terminated[row] or truncated[row])]
        return (
            {name: row_of(observations, row) for name, row in rows.items()},
            {name: float(rewards[row]) for name, row in rows.items()},
            {name: bool(terminated[row]) for name, row in rows.items()},
            {name: bool(truncated[row]) for name, row in rows.items()},
            {name: _row(infos, row) for name, row in rows.items()},
        )

    def close(self) -> None:
        """Close the vector environment."""
        self._env.close()


class SingleAgentEnv(gym.Env[Observations, NDArray[np.float32]]):
    """A fleet of one as a plain Gymnasium environment."""

    metadata: dict[str, Any] = {"render_modes": []}  # noqa: RUF012

    def __init__(self, env: FleetVectorEnv) -> None:
        """Waits for the first observation when `env` was not reset yet.

        Raises:
            ValueError: when the fleet has more than one vehicle.
        """
        if not env.num_envs:
            env.reset()
        if env.num_envs != 1:
            raise ValueError(f"the fleet has {env.num_envs} agents; allowed for SingleAgentEnv: 1")
        self._env = env
        self._done = False
        self.observation_space = env.single_observation_space
        self.action_space = env.single_action_space

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[Observations, dict[str, Any]]:
        """Begin the next episode; with a seed, as the vector environment's `reset` does."""
        super().reset(seed=seed)
        if self._done and seed is None:
            observations, _, _, _, infos = self._env.step(np.zeros((1, columns.NUM_ACTIONS), np.float32))
        else:
            observations, infos = self._env.reset(seed=seed, options=options)
        self._done = False
        return row_of(observations, 0), _row(infos, 0)

    def step(self, action: NDArray[np.float32]) -> tuple[Observations, float, bool, bool, dict[str, Any]]:
        """Step the fleet's one vehicle."""
        observations, rewards, terminated, truncated, infos = self._env.step(np.asarray(action)[None])
        self._done = bool(terminated[0] or truncated[0])
        return (
            row_of(observations, 0),
            float(rewards[0]),
            bool(terminated[0]),
            bool(truncated[0]),
            _row(infos, 0),
        )

    def close(self) -> None:
        """Close the vector environment."""
        self._env.close()
