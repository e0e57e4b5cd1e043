"""A policy and a value function as two small MLPs, and a fast way to act with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from drl_agent_node.networks.distributions import POLICIES, PolicyName
from drl_agent_node.networks.mlp import Activation, FastMLP, mlp, numpy_view


class ActorCritic(nn.Module):
    """A policy whose std or width comes from `policy`, one of `distributions.POLICIES`, and a value V(obs)."""

    def __init__(
        self,
        observation_dim: int,
        action_dim: int,
        hidden_sizes: Sequence[int] = (64, 64),
        activation: Activation = "tanh",
        initial_mean: Sequence[float] | None = None,
        initial_log_std: Sequence[float] | None = None,
        policy: PolicyName = "gaussian",
        critic: nn.Module | None = None,
    ) -> None:
        """Initialise so that every first action is near `initial_mean` [action_dim], whatever is observed.

        `critic` stands in for a V(obs) of the actor's size.
        """
        super().__init__()
        self.activation: Activation = activation
        self.policy = POLICIES[policy]
        outputs = action_dim * self.policy.outputs_per_action
        self.actor = mlp([observation_dim, *hidden_sizes, outputs], activation, 0.01)
        self.critic = critic or mlp([observation_dim, *hidden_sizes, 1], activation, 1.0)
        mean = list(initial_mean) if initial_mean is not None else [0.0] * action_dim
        log_std = list(initial_log_std) if initial_log_std is not None else [-0.5] * action_dim
        for name, values in (("initial_mean", mean), ("initial_log_std", log_std)):
            if len(values) != action_dim:
                raise ValueError(f"{name} has {len(values)} values; the action has {action_dim}")
        head = self.actor[-1]
        assert isinstance(head, nn.Linear)
        with torch.no_grad():
            head.bias.copy_(torch.tensor(self.policy.initial_bias(mean, log_std)))
        self.log_std = nn.Parameter(
            torch.tensor(log_std, dtype=torch.float32), requires_grad=self.policy.has_log_std
        )

    def value(self, observations: Tensor) -> Tensor:
        """Return V [B] of `observations` [B, D], with a critic that sees no more than these."""
        values: Tensor = self.critic(observations)
        return values.squeeze(-1)

    def log_prob_entropy(self, observations: Tensor, actions: Tensor) -> tuple[Tensor, Tensor]:
        """Return log-probabilities [B] of `actions` [B, A] and the policy's mean entropy (a scalar)."""
        outputs = self.actor(observations).float()
        log_prob = self.policy.log_prob(outputs, self.log_std, actions)
        return log_prob, self.policy.entropy(outputs, self.log_std).mean()


class FastActor:
    """The actor of an `ActorCritic` in numpy, see `FastMLP`."""

    def __init__(self, network: ActorCritic) -> None:
        self._outputs = FastMLP(network.actor, network.activation)
        self._log_std = numpy_view(network.log_std)
        self._policy = network.policy

    def mean(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the policy's modes [B, A] for `observations` [B, D]."""
        return self._policy.mode(self._outputs(observations))

    def sample(
        self, observations: NDArray[np.float32], generator: np.random.Generator
    ) -> NDArray[np.float32]:
        """Return actions [B, A] drawn from the policy; the Gaussian's are not clipped."""
        return self._policy.sample(self._outputs(observations), self._log_std, generator)
