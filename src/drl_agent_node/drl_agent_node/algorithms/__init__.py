"""Learning algorithms: one readable file each, found here by name."""

from __future__ import annotations

from typing import Any, Final

from gymnasium.vector import VectorEnv

from drl_agent_node.algorithms.base import Algorithm
from drl_agent_node.algorithms.ppo import PPO, PPOConfig
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
    observation_shape, action_shape = env.single_observation_space.shape, env.single_action_space.shape
    assert observation_shape is not None
    assert action_shape is not None
    algorithm: Algorithm = ALGORITHMS[name][0](
        config, env.num_envs, observation_shape[0], action_shape[0], seed
    )
    return algorithm
