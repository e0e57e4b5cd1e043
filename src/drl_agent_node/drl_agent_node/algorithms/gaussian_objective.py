"""PPO's objective for the Gaussian policy with its gradient, in one compiled pass over a minibatch.

The same as `losses.objective` with `distributions.Gaussian`, whose hundred small operations take longer than the layers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from drl_agent_node.algorithms.losses import MEANS, VALUE_LOSSES, Outcomes, Weights
from drl_agent_node.networks.distributions import MAX_LOG_STD, MIN_LOG_STD

_MSE, _CLIPPED, _HUBER = range(len(VALUE_LOSSES))
_ENTROPY_OF_UNIT_GAUSSIAN: Final = 0.5 * np.log(2.0 * np.pi * np.e)
_HALF_LOG_2PI: Final = 0.5 * np.log(2.0 * np.pi)


def objective(
    outputs: Tensor, log_std: Tensor, values: Tensor, told: Outcomes, weights: Weights
) -> tuple[Tensor, Tensor]:
    """See `losses.objective`."""
    total, means = _Objective.apply(outputs, log_std, values, told, weights)  # type: ignore[no-untyped-call]
    return total, means


def fill(
    outputs: Tensor,
    log_std: Tensor,
    values: Tensor,
    told: Outcomes,
    weights: Weights,
    gradients: Sequence[Tensor],
) -> tuple[float, Tensor]:
    """Return what `losses.objective` does; its gradients by the first three arguments, [B, A], [A], [B], go to `gradients`."""
    means = torch.empty(len(MEANS))
    total: float = _pass(
        *(part.detach().contiguous().numpy() for part in (outputs, log_std, values, *told)),
        weights.clip_range,
        VALUE_LOSSES.index(weights.value_loss),
        weights.value_limit,
        weights.value_coefficient,
        weights.entropy_coefficient,
        *(part.numpy() for part in (*gradients, means)),
    )
    return total, means


class _Objective(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, outputs: Tensor, log_std: Tensor, values: Tensor, told: Outcomes, weights: Weights
    ) -> tuple[Tensor, Tensor]:
        gradients = tuple(torch.empty_like(part) for part in (outputs, log_std, values))
        total, means = fill(outputs, log_std, values, told, weights, gradients)
        ctx.gradients = gradients
        return torch.tensor(total, dtype=torch.float32), means

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, of_total: Tensor, _of_means: Tensor) -> tuple[Tensor | None, ...]:
        scale = of_total.item()
        found = [part if scale == 1.0 else part * scale for part in ctx.gradients]
        return (*found, None, None)


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _pass(  # type: ignore[no-untyped-def]
    outputs, log_std, values, actions, old_log_probs, advantages, returns, old_values,
    clip_range, kind, limit, value_weight, entropy_weight, of_outputs, of_log_std, of_values, means,
):  # fmt: skip
    """Return the total; fills in its gradients and what `MEANS` names."""
    count, size = outputs.shape
    inverse = np.empty(size)
    slopes = np.zeros(size)
    normaliser, entropy = size * _HALF_LOG_2PI, size * _ENTROPY_OF_UNIT_GAUSSIAN
    for k in range(size):
        bounded = min(max(np.float64(log_std[k]), MIN_LOG_STD), MAX_LOG_STD)
        inverse[k] = np.exp(-bounded)
        normaliser += bounded
        entropy += bounded
    loss = error = kl = clipped = 0.0
    for row in range(count):
        density = -normaliser
        for k in range(size):
            z = (actions[row, k] - outputs[row, k]) * inverse[k]
            density -= 0.5 * z * z
        log_ratio = density - old_log_probs[row]
        ratio = np.exp(log_ratio)
        advantage = np.float64(advantages[row])
        inside = abs(ratio - 1.0) <= clip_range
        kept = min(max(ratio, 1.0 - clip_range), 1.0 + clip_range)
        loss -= min(advantage * ratio, advantage * kept)
        kl += ratio - 1.0 - log_ratio
        clipped += 0.0 if inside else 1.0
        flows = inside or advantage * ratio < advantage * kept
        of_density = -advantage * ratio / count if flows else 0.0
        for k in range(size):
            z = (actions[row, k] - outputs[row, k]) * inverse[k]
            of_outputs[row, k] = of_density * z * inverse[k]
            slopes[k] += of_density * (z * z - 1.0)
        value = np.float64(values[row])
        off = value - returns[row]
        slope = off
        part = 0.5 * off * off
        if kind == _CLIPPED:
            moved = value - old_values[row]
            if abs(moved) > limit:
                near = old_values[row] + min(max(moved, -limit), limit) - returns[row]
                if near * near > off * off:
                    part, slope = 0.5 * near * near, 0.0
        elif kind == _HUBER and abs(off) > limit:
            part, slope = limit * (abs(off) - 0.5 * limit), limit * np.sign(off)
        error += part
        of_values[row] = value_weight * slope / count
    for k in range(size):
        free = MIN_LOG_STD <= log_std[k] <= MAX_LOG_STD
        of_log_std[k] = slopes[k] - entropy_weight if free else 0.0
    loss, error, kl, clipped = loss / count, error / count, kl / count, clipped / count
    means[0], means[1], means[2], means[3], means[4] = loss, error, entropy, kl, clipped
    return loss + value_weight * error - entropy_weight * entropy
