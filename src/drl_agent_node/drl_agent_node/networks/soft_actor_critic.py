"""The networks of SAC: a squashed Gaussian policy and two action-value functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from drl_agent_node.networks.distributions import SquashedGaussian, squash
from drl_agent_node.networks.mlp import Activation, FastMLP, mlp
from drl_agent_node.networks.squashed_sample import SquashedSample

MIN_LOG_STD: Final = -5.0
MAX_LOG_STD: Final = 2.0


class SoftActor(nn.Module):
    """A squashed Gaussian whose mean and std depend on the features; at first they hardly do."""

    def __init__(
        self,
        feature_dim: int,
        hidden_sizes: Sequence[int],
        activation: Activation,
        initial_mean: Sequence[float],
        initial_log_std: Sequence[float],
    ) -> None:
        super().__init__()
        self.activation: Activation = activation
        self.layers = mlp([feature_dim, *hidden_sizes, 2 * len(initial_mean)], activation, 0.01)
        head = self.layers[-1]
        assert isinstance(head, nn.Linear)
        bias = SquashedGaussian.initial_bias(initial_mean, initial_log_std) + list(initial_log_std)
        with torch.no_grad():
            head.bias.copy_(torch.tensor(bias))

    def forward(self, features: Tensor) -> tuple[Tensor, Tensor]:
        """Return sampled actions [B, A] and their log-densities [B] for `features` [B, F]."""
        outputs = self.layers(features).float()
        noise = noise_for(outputs)
        if torch.compiler.is_compiling():
            mean, log_std = outputs.chunk(2, -1)
            return squash(mean, log_std.clamp(MIN_LOG_STD, MAX_LOG_STD), noise)
        sampled: tuple[Tensor, Tensor] = SquashedSample.apply(outputs, noise, MIN_LOG_STD, MAX_LOG_STD)  # type: ignore[no-untyped-call]
        return sampled


def noise_for(outputs: Tensor) -> Tensor:
    """Return the noise [B, A] of a sample for the `outputs` [B, 2 A] of the actor's layers."""
    return torch.randn(len(outputs), outputs.shape[-1] // 2)


def act_with(outputs: NDArray[np.float32], random: np.random.Generator | None) -> NDArray[np.float32]:
    """Return actions [B, A] for the `outputs` [B, 2 A] of the actor's layers; the mode where `random` is None."""
    half = outputs.shape[-1] // 2
    before: NDArray[np.float32] = outputs[..., :half]
    if random is not None:
        std: NDArray[np.float32] = np.exp(np.clip(outputs[..., half:], MIN_LOG_STD, MAX_LOG_STD))
        std *= random.standard_normal(std.shape, np.float32)
        before = before + std
    result: NDArray[np.float32] = np.tanh(before)
    return result


def fast_actor(actor: SoftActor) -> FastMLP:
    """Return the actor's layers in numpy."""
    return FastMLP(actor.layers, actor.activation)


class TwinCritic(nn.Module):
    """Two independent Q(features, action) of the same shape."""

    def __init__(
        self, feature_dim: int, action_dim: int, hidden_sizes: Sequence[int], activation: Activation
    ) -> None:
        super().__init__()
        sizes = [feature_dim + action_dim, *hidden_sizes, 1]
        self.first = mlp(sizes, activation, 1.0)
        self.second = mlp(sizes, activation, 1.0)

    def forward(self, features: Tensor, actions: Tensor) -> Tensor:
        """Return both values, [2, B], of `actions` [B, A] at `features` [B, F]."""
        inputs = torch.cat((features, actions), -1)
        return torch.cat((self.first(inputs), self.second(inputs)), -1).T
