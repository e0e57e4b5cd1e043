"""Learning algorithms: one readable file each, found here by name."""

from __future__ import annotations

from typing import Any, Final

from gymnasium import Space
from gymnasium.spaces import Dict
from gymnasium.vector import VectorEnv

from drl_agent_node.algorithms.base import Algorithm
from drl_agent_node.algorithms.observing import ObservationSize
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.ppo_lagrangian import PPOLagrangian, PPOLagrangianConfig
from drl_agent_node.algorithms.sac import SAC, SACConfig
from drl_agent_node.config import StrictConfig

ALGORITHMS: Final[dict[str, tuple[Any, type[StrictConfig]]]] = {
    PPO.name: (PPO, PPOConfig),
    PPOLagrangian.name: (PPOLagrangian, PPOLagrangianConfig),
    SAC.name: (SAC, SACConfig),
}


def make_algorithm(name: str, config: StrictConfig, env: VectorEnv[Any, Any, Any], seed: int) -> Algorithm:
    """Build the algorithm `name` for the spaces of `env`, which are known after its first `reset`.

    Raises:
        ConfigurationError: when `config` does not fit them.
    """
    action_shape = env.single_action_space.shape
    assert action_shape is not None
    observation = observation_size(env.single_observation_space)
    kind = ALGORITHMS[name][0]
    worlds = {"world_sizes": getattr(env, "world_sizes", ())} if issubclass(kind, PPO) else {}
    algorithm: Algorithm = kind(
        config, env.num_envs, observation, action_shape[0], seed, getattr(env, "state_names", ()), **worlds
    )
    return algorithm


def observation_size(space: Space[Any]) -> ObservationSize:
    """Return what an algorithm has to know about an observation space: a Box of one dimension, or a Dict of Boxes."""
    if isinstance(space, Dict):
        return {name: part.shape for name, part in space.spaces.items() if part.shape is not None}
    assert space.shape is not None
    return space.shape[0]
