"""The terms of PPO's objective, as functions of tensors."""

from __future__ import annotations

from typing import Literal

import torch
from torch import Tensor
from torch.nn import functional

ValueLoss = Literal["mse", "clipped", "huber"]


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
