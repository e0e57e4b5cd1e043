"""Samples of a Gaussian squashed by tanh with their densities and gradients, in one compiled pass.

The same as `distributions.squash` on an actor's outputs; its twenty operations on a few numbers per row take longer there
than the actor's layers.
"""

from __future__ import annotations

import math
from typing import Any, Final, NamedTuple

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_HALF_LOG_2PI: Final = 0.5 * math.log(2.0 * math.pi)
_LOG_2: Final = math.log(2.0)


class Drawn(NamedTuple):
    """Actions [B, A], their log-densities [B], std * noise, and 1 where a std is free to move, else 0; both [B, A]."""

    actions: Tensor
    log_probs: Tensor
    spread: Tensor
    free: Tensor

    def back(self, of_actions: Tensor, of_log_probs: Tensor) -> Tensor:
        """Return the gradient [B, 2 A] of the outputs; samples move with mean and std."""
        found = torch.empty(len(self.actions), 2 * self.actions.shape[1])
        given = (self.actions, self.spread, self.free, of_actions.contiguous(), of_log_probs.contiguous())
        _back(*(part.numpy() for part in (*given, found)))
        return found


def draw(outputs: Tensor, noise: Tensor, lowest: float, highest: float) -> Drawn:
    """Return a sample for `outputs` [B, 2 A], means and log stds, the latter kept between the bounds; `noise` is [B, A]."""
    drawn = Drawn(*(torch.empty(shape) for shape in (noise.shape, noise.shape[:1], noise.shape, noise.shape)))
    _sample(outputs.contiguous().numpy(), noise.numpy(), lowest, highest, *(part.numpy() for part in drawn))
    return drawn


class SquashedSample(torch.autograd.Function):
    """`apply(outputs [B, 2 A], noise [B, A], lowest, highest)`: see `draw`."""

    @staticmethod
    def forward(
        ctx: Any, outputs: Tensor, noise: Tensor, lowest: float, highest: float
    ) -> tuple[Tensor, Tensor]:
        """Return actions [B, A] and their log-densities [B]."""
        drawn = draw(outputs, noise, lowest, highest)
        # Of the actions without the history that autograd gives to what is returned.
        ctx.drawn = drawn._replace(actions=drawn.actions.detach())
        return drawn.actions, drawn.log_probs

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, of_actions: Tensor, of_log_probs: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradient of the outputs."""
        return ctx.drawn.back(of_actions, of_log_probs), None, None, None


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sample(outputs, noise, lowest, highest, actions, log_probs, spread, free):  # type: ignore[no-untyped-def]
    """Fill in the actions, their densities, std * noise, and 1 where the std is free to move, else 0."""
    size = noise.shape[1]
    for row in range(len(noise)):
        density = 0.0
        for k in range(size):
            told = np.float64(outputs[row, size + k])
            log_std = min(max(told, lowest), highest)
            drawn = np.float64(noise[row, k])
            moved = np.exp(log_std) * drawn
            before = outputs[row, k] + moved
            # log(1 + exp(x)) of x = -2 before, without overflow.
            x = -2.0 * before
            softplus = max(x, 0.0) + np.log1p(np.exp(-abs(x)))
            density -= 0.5 * drawn * drawn + log_std + _HALF_LOG_2PI
            density -= 2.0 * (_LOG_2 - before - softplus)
            actions[row, k] = np.tanh(before)
            spread[row, k] = moved
            free[row, k] = 1.0 if lowest <= told <= highest else 0.0
        log_probs[row] = density


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _back(actions, spread, free, of_actions, of_log_probs, found):  # type: ignore[no-untyped-def]
    size = actions.shape[1]
    for row in range(len(actions)):
        for k in range(size):
            action = np.float64(actions[row, k])
            of_before = of_actions[row, k] * (1.0 - action * action) + of_log_probs[row] * 2.0 * action
            found[row, k] = of_before
            found[row, size + k] = free[row, k] * (of_before * spread[row, k] - of_log_probs[row])
