"""Attention: of the ego to the road users around it, and of the state to places in an image.

Both leave out what is masked and give the same result in whatever order the tokens come (Vaswani et al. 2017; for sets,
Lee et al. 2019).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from drl_agent_node.networks.mlp import must_be_torch
from drl_agent_node.networks.numpy_attention import NeighbourPass, NumpyAttention, without_gradients
from drl_agent_node.networks.state_layout import StateLayout


class Attention(nn.Module):
    """Multi-head attention of queries to tokens."""

    def __init__(self, query_dim: int, token_dim: int, size: int, heads: int) -> None:
        """`size` is split over `heads`.

        Raises:
            ValueError: when `size` is not a multiple of `heads`.
        """
        super().__init__()
        if size % heads:
            raise ValueError(f"attention of size {size} cannot be split over {heads} heads")
        self.heads = heads
        self.query = nn.Linear(query_dim, size)
        self.key_value = nn.Linear(token_dim, 2 * size)
        self.output = nn.Linear(size, size)

    def forward(
        self, queries: Tensor, tokens: Tensor, present: Tensor | None = None
    ) -> tuple[Tensor, Tensor]:
        """Attend.

        Args:
            queries: [B, Q, query_dim].
            tokens: [B, T, token_dim].
            present: bool [B, T], or [B, Q, T] where queries differ in it, False where there is no token; all absent: the
                weights are 0, not NaN.

        Returns:
            [B, Q, size], and the weights [B, heads, Q, T], which sum to 1 over the tokens that are present.
        """
        batch, count = queries.shape[0], queries.shape[1]
        query = self.query(queries).view(batch, count, self.heads, -1).transpose(1, 2)
        key, value = self.key_value(tokens).chunk(2, -1)
        key = key.view(batch, tokens.shape[1], self.heads, -1).transpose(1, 2)
        value = value.view(batch, tokens.shape[1], self.heads, -1).transpose(1, 2)
        scores = query @ key.transpose(-1, -2) / math.sqrt(self.query.out_features // self.heads)
        if present is None:
            weights = scores.softmax(-1)
        else:
            absent = ~(present[:, None, None, :] if present.dim() == 2 else present[:, None])
            weights = scores.masked_fill(absent, torch.finfo(scores.dtype).min).softmax(-1)
            weights = weights.masked_fill(absent, 0.0)
        attended = (weights @ value).transpose(1, 2).reshape(batch, count, -1)
        return self.output(attended), weights


class NeighbourEncoder(nn.Module):
    """Features of a state in which road users attend to each other and the ego to all of them.

    A block of self-attention over the set of the ego and its neighbours; the ego's token comes out of it. The order of
    the neighbours does not matter, and absent ones do not count. In numpy where that can be: see `numpy_attention`.
    """

    def __init__(self, layout: StateLayout, size: int = 64, heads: int = 4) -> None:
        super().__init__()
        features = len(layout.neighbours[0])
        self.register_buffer("_ego", torch.tensor(layout.ego), persistent=False)
        self.register_buffer("_neighbours", torch.tensor(layout.neighbours), persistent=False)
        self._ego: Tensor
        self._neighbours: Tensor
        self.embed_ego = nn.Sequential(nn.Linear(len(layout.ego), size), nn.ReLU())
        self.embed_neighbour = nn.Sequential(
            nn.Linear(features, size), nn.ReLU(), nn.Linear(size, size), nn.ReLU()
        )
        self.attention = Attention(size, size, size, heads)
        self.norm = nn.LayerNorm(size)
        self.output_dim: int = len(layout.ego) + size
        self._pass = NeighbourPass(layout, size, heads, self.norm.eps)
        # Asking for them anew costs a tenth of a small pass.
        self._all = tuple(self.parameters())

    def forward(self, states: Tensor) -> Tensor:
        """Return the features [..., output_dim] of `states` [..., D], whose neighbours are scaled, not centred."""
        flat = states.reshape(-1, states.shape[-1])
        features, _ = self.attend(flat)
        return features.view(*states.shape[:-1], -1)

    def attend(self, states: Tensor) -> tuple[Tensor, Tensor]:
        """Return features [B, output_dim] and the ego's attention [B, heads, 1 + K]: to itself and each neighbour.

        No gradient flows back through the attention that is returned.
        """
        if must_be_torch(states) or (states.requires_grad and torch.is_grad_enabled()):
            return self._attend_in_torch(states)
        if torch.is_grad_enabled():
            features, weights = NumpyAttention.apply(self._pass, states, *self._all)  # type: ignore[no-untyped-call]
            return features, weights
        return without_gradients(self._pass, states, self._all)

    def _attend_in_torch(self, states: Tensor) -> tuple[Tensor, Tensor]:
        ego = states[:, self._ego]
        neighbours = states[:, self._neighbours]
        tokens = torch.cat((self.embed_ego(ego).unsqueeze(1), self.embed_neighbour(neighbours)), 1)
        others = neighbours[..., 0] > 0.5
        present = torch.cat((torch.ones_like(others[:, :1]), others), 1)
        attended, weights = self.attention(tokens[:, :1], tokens, present)
        token = self.norm(tokens[:, 0] + attended[:, 0])
        return torch.cat((ego, token), -1), weights[:, :, 0].detach()


class CrossAttentionFusion(nn.Module):
    """Fuses a state with the places of feature maps: the state asks, the places answer."""

    def __init__(self, state_dim: int, token_dim: int, size: int = 64, heads: int = 4) -> None:
        super().__init__()
        self.attention = Attention(state_dim, token_dim, size, heads)
        self.output_dim: int = state_dim + size

    def forward(self, states: Tensor, tokens: Tensor) -> Tensor:
        """Return the features alone, see `attend`."""
        return self.attend(states, tokens)[0]

    def attend(self, states: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        """Return [B, state_dim + size] for `states` [B, state_dim] and `tokens` [B, T, token_dim], and the weights
        [B, heads, T].
        """
        attended, weights = self.attention(states.unsqueeze(1), tokens)
        return torch.cat((states, attended[:, 0]), -1), weights[:, :, 0]
