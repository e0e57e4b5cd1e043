"""The terms of PPO's objective, as functions of tensors."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple, get_args

import torch
from torch import Tensor
from torch.nn import functional

from drl_agent_node.networks.distributions import PolicyDistribution

ValueLoss = Literal["mse", "clipped", "huber"]
VALUE_LOSSES: Final[tuple[ValueLoss, ...]] = get_args(ValueLoss)
MEANS: Final = ("policy_loss", "value_loss", "entropy", "approx_kl", "clip_fraction")
"""What an objective tells beside its value."""


class Outcomes(NamedTuple):
    """What was recorded of B transitions: actions [B, A], all else [B]."""

    actions: Tensor
    log_probs: Tensor
    advantages: Tensor
    returns: Tensor
    values: Tensor


class Weights(NamedTuple):
    """The objective's settings, as of `PPOConfig`."""

    clip_range: float
    value_loss: ValueLoss
    value_limit: float
    value_coefficient: float
    entropy_coefficient: float


def objective(
    policy: type[PolicyDistribution],
    outputs: Tensor,
    log_std: Tensor,
    values: Tensor,
    told: Outcomes,
    weights: Weights,
) -> tuple[Tensor, Tensor]:
    """Return what is to become small, a scalar, and its parts, see `MEANS`, without gradients.

    `outputs` [B, K A], `log_std` [A] and `values` [B] are what the networks say now; advantages are at the scale that they
    are to have.
    """
    log_probs = policy.log_prob(outputs, log_std, told.actions)
    entropy = policy.entropy(outputs, log_std).mean()
    loss, kl, clip_fraction = policy_loss(log_probs, told.log_probs, told.advantages, weights.clip_range)
    error = value_loss(values, told.returns, told.values, weights.value_loss, weights.value_limit)
    total = loss + weights.value_coefficient * error - weights.entropy_coefficient * entropy
    return total, torch.stack((loss, error, entropy, kl, clip_fraction)).detach()


def policy_loss(
    log_probs: Tensor, old_log_probs: Tensor, advantages: Tensor, clip_range: float
) -> tuple[Tensor, Tensor, Tensor]:
    """Clipped surrogate (Schulman et al. 2017, eq. 7), negated; all arguments [B].

    Returns the loss, the KL divergence from the old policy, and the share of ratios beyond `clip_range`; scalars. The
    KL is the estimator k3 of Schulman's "Approximating KL Divergence" (2020): never negative, low variance.
    """
    log_ratio = log_probs - old_log_probs
    ratio = log_ratio.exp()
    clipped = ratio.clamp(1.0 - clip_range, 1.0 + clip_range)
    loss = -torch.minimum(advantages * ratio, advantages * clipped).mean()
    with torch.no_grad():
        kl = (ratio - 1.0 - log_ratio).mean()
        clip_fraction = ((ratio - 1.0).abs() > clip_range).float().mean()
    return loss, kl, clip_fraction


def value_loss(values: Tensor, returns: Tensor, old_values: Tensor, kind: ValueLoss, limit: float) -> Tensor:
    """Return the mean loss of `values` against `returns`; both [B], like `old_values`.

    `mse`: half the squared error. `clipped`: that, or the error of the value kept within `limit` of the old one, where
    larger. `huber`: linear beyond errors of `limit`.
    """
    if kind == "huber":
        return functional.huber_loss(values, returns, delta=limit)
    errors = (values - returns).square()
    if kind == "clipped":
        near = old_values + (values - old_values).clamp(-limit, limit)
        errors = torch.maximum(errors, (near - returns).square())
    return 0.5 * errors.mean()
