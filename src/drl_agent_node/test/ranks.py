"""A learner among others, as `torchrun` starts it: learns from its part of the same data and saves what came of it.

torchrun --standalone --nproc-per-node 2 ranks.py <folder>
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import distributed

from drl_agent_node.algorithms.base import Algorithm, Transition
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.ppo_lagrangian import PPOLagrangian, PPOLagrangianConfig
from drl_agent_node.algorithms.ranks import Ranks, TorchRanks
from drl_agent_node.algorithms.sac import SAC, SACConfig

ENVS, STEPS, COLUMNS = 8, 24, 5


def learn(algorithm: Algorithm, rows: slice, updates: int) -> dict[str, float]:
    """Let an algorithm learn from some of the environments; returns the scalars of the last update."""
    random = np.random.default_rng(0)
    shape = (updates * STEPS + 1, ENVS)
    observations = random.standard_normal((*shape, COLUMNS), np.float32)
    actions = 0.5 * random.standard_normal((*shape, 2)).astype(np.float32)
    # The first half meets more ends than the second: parts of the same size hold different numbers of transitions.
    done = random.random(shape) < np.where(np.arange(ENVS) < ENVS // 2, 0.3, 0.02)
    scalars: dict[str, float] = {}
    no = np.zeros(ENVS, np.bool_)[rows]
    algorithm.begin(no, ~no)
    for step in range(updates * STEPS):
        rewards = observations[step, :, 0] - np.square(actions[step]).sum(-1)
        algorithm.record(
            observations[step, rows],
            actions[step, rows],
            Transition(
                observations[step + 1, rows], rewards[rows], done[step, rows], no, ~no, -rewards[rows]
            ),
        )
        if (step + 1) % STEPS == 0:
            scalars = algorithm.update(0.5)
    return scalars


PPO_FIELDS: dict[str, Any] = {
    "rollout_steps": STEPS,
    "minibatch_size": 2 * ENVS * STEPS,
    "epochs": 3,
    "hidden_sizes": (16,),
    "target_kl": 0.0,
}


def make_ppo(envs: int) -> PPO:
    return PPO(PPOConfig(**PPO_FIELDS), envs, COLUMNS, 2, seed=1)


def make_lagrangian(envs: int) -> PPOLagrangian:
    return PPOLagrangian(PPOLagrangianConfig(**PPO_FIELDS), envs, COLUMNS, 2, seed=1)


def make_sac(envs: int) -> SAC:
    config = SACConfig(
        learning_starts=20, batch_size=32, update_to_data=0.1, hidden_sizes=(16,), buffer_capacity=1000
    )
    return SAC(config, envs, COLUMNS, 2, seed=1)


def parameters(algorithm: Algorithm) -> torch.Tensor:
    """Return all weights in one row."""
    states = list(algorithm.policy_state()["networks"].values())
    if isinstance(algorithm, PPOLagrangian):
        states.append(algorithm.cost_critic.network.state_dict())
    return torch.cat([value.reshape(-1).float() for state in states for value in state.values()])


def main() -> None:
    torch.set_num_threads(1)
    distributed.init_process_group("gloo")
    rank, count = distributed.get_rank(), distributed.get_world_size()
    part = ENVS // count
    rows = slice(rank * part, (rank + 1) * part)
    results = {}
    for make in (make_ppo, make_lagrangian, make_sac):
        algorithm = make(part)
        algorithm.join(TorchRanks() if count > 1 else Ranks())
        scalars = learn(algorithm, rows, updates=3)
        results[algorithm.name] = {"parameters": parameters(algorithm), "scalars": scalars}
    torch.save(results, Path(sys.argv[1]) / f"rank{rank}of{count}.pt")
    distributed.destroy_process_group()


if __name__ == "__main__":
    main()
