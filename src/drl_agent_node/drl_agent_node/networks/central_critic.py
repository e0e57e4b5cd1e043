"""A value function that sees all agents of a world, for training alone: the policy goes on seeing its own agent."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from drl_agent_node.networks.attention import Attention
from drl_agent_node.networks.mlp import Activation, mlp


class CentralCritic(nn.Module):
    """V of an agent given its own features and, by attention, those of the others in its world.

    One network for all agents, as in MAPPO (Yu et al. 2022) with agent-specific observations; the attention is that of
    MAAC (Iqbal and Sha 2019). The order of the others does not matter, and those who are absent do not count.
    """

    def __init__(
        self, feature_dim: int, hidden_sizes: Sequence[int], activation: Activation, size: int, heads: int
    ) -> None:
        """`size` is the width of an agent's encoding and of the attention, which is split over `heads`."""
        super().__init__()
        self.encode = nn.Sequential(nn.Linear(feature_dim, size), nn.ReLU(inplace=True))
        self.attention = Attention(size, size, size, heads)
        self.head = mlp([feature_dim + size, *hidden_sizes, 1], activation, 1.0)

    def forward(self, features: Tensor, present: Tensor) -> Tensor:
        """Return the values [M, N] of N agents in M moments of a world.

        Args:
            features: [M, N, F].
            present: bool [M, N], who counts for the others; who does not has a value of its own nevertheless.
        """
        tokens = self.encode(features)
        others = present[:, None, :] & ~torch.eye(features.shape[1], dtype=torch.bool)
        attended, _ = self.attention(tokens, tokens, others)
        values: Tensor = self.head(torch.cat((features, attended), -1))
        return values.squeeze(-1)
