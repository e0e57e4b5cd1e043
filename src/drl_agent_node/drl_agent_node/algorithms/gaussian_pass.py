"""PPO's gradient where policy and value are two MLPs that see the same: forth, the objective and back, without autograd.

Autograd takes as long as the layers for handing on ten gradients, and for the memory that they are put into.
"""

from __future__ import annotations

import torch
from torch import Tensor

from drl_agent_node.algorithms.flat_adam import FlatAdam
from drl_agent_node.algorithms.gaussian_objective import fill
from drl_agent_node.algorithms.losses import Outcomes, Weights
from drl_agent_node.networks.actor_critic import ActorCritic
from drl_agent_node.networks.distributions import Gaussian
from drl_agent_node.networks.mlp import MLP
from drl_agent_node.networks.numpy_mlp import Pass


class GaussianPass:
    """Gives an optimiser the gradient of its minibatches."""

    def __init__(self, network: ActorCritic, actor: Pass, critic: Pass, optimizer: FlatAdam) -> None:
        self._actor, self._critic = actor, critic
        self._log_std = network.log_std.detach()
        self._of_log_std = optimizer.gradients_of([network.log_std])[0]

    def __call__(self, features: Tensor, told: Outcomes, weights: Weights) -> Tensor:
        """Set the optimiser's gradient for `features` [B, F]; returns what `losses.MEANS` names."""
        outputs, values = self._actor.forth(features), self._critic.forth(features)
        of_outputs, of_values = torch.empty_like(outputs), torch.empty_like(values)
        gradients = (of_outputs, self._of_log_std, of_values[:, 0])
        _, means = fill(outputs, self._log_std, values[:, 0], told, weights, gradients)
        self._actor.back(of_outputs)
        self._critic.back(of_values)
        return means


def gaussian_pass(network: ActorCritic, optimizer: FlatAdam) -> GaussianPass | None:
    """Return the pass through `network`; None where its policy, its critic or its activation is another."""
    if network.policy is not Gaussian or not isinstance(network.critic, MLP):
        return None
    actor, critic = (
        layers.without_autograd(optimizer.gradients_of(layers.parameters()))
        for layers in (network.actor, network.critic)
    )
    return None if actor is None or critic is None else GaussianPass(network, actor, critic, optimizer)
