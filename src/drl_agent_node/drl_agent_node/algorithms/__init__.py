"""Learning algorithms: one readable file each, found here by name."""

from __future__ import annotations

from typing import Final

from drl_agent_node.algorithms.ppo import PPO, PPOConfig

ALGORITHMS: Final[dict[str, tuple[type[PPO], type[PPOConfig]]]] = {PPO.name: (PPO, PPOConfig)}
