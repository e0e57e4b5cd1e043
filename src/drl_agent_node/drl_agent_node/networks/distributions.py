"""Policies over actions: a Gaussian that is not bounded, one squashed by tanh, and a Beta over [-1, 1].

A network's `outputs` [..., K A] parametrise the distribution; where K is 1, `log_std` [A] comes beside them. Everything
that the learner needs is in torch; what acting needs is in numpy, which is faster for small batches.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import ClassVar, Final, Literal, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

Floats = NDArray[np.float32]
PolicyName = Literal["gaussian", "squashed", "beta"]

MIN_LOG_STD: Final = -4.0
MAX_LOG_STD: Final = 1.0
_HALF_LOG_2PI: Final = 0.5 * math.log(2.0 * math.pi)
_ENTROPY_OF_UNIT_GAUSSIAN: Final = 0.5 * math.log(2.0 * math.pi * math.e)
_LOG_2: Final = math.log(2.0)
# Squashed actions and Beta's samples stay this far inside their bounds, where densities are finite in float32.
MARGIN: Final = 1e-6


class PolicyDistribution(Protocol):
    """What each of the distributions offers."""

    outputs_per_action: ClassVar[int]
    has_log_std: ClassVar[bool]

    @staticmethod
    def initial_bias(mean: Sequence[float], log_std: Sequence[float]) -> list[float]:
        """Return outputs at which the distribution has about this mode and std."""

    @staticmethod
    def log_prob(outputs: Tensor, log_std: Tensor, actions: Tensor) -> Tensor:
        """Return the log-density [...] of `actions` [..., A]."""

    @staticmethod
    def entropy(outputs: Tensor, log_std: Tensor) -> Tensor:
        """Return the entropy, [...] or a scalar where it is the same for all."""

    @staticmethod
    def mode(outputs: Floats) -> Floats:
        """Return the action [B, A] to take when nothing is to be tried out."""

    @staticmethod
    def sample(outputs: Floats, log_std: Floats, random: np.random.Generator) -> Floats:
        """Return actions [B, A]."""


class Gaussian:
    """N(mean, std): not bounded; whoever applies actions clips them. Densities are those before clipping."""

    outputs_per_action: ClassVar[int] = 1
    has_log_std: ClassVar[bool] = True

    @staticmethod
    def initial_bias(mean: Sequence[float], log_std: Sequence[float]) -> list[float]:
        """See `PolicyDistribution`."""
        return list(mean)

    @staticmethod
    def log_prob(outputs: Tensor, log_std: Tensor, actions: Tensor) -> Tensor:
        """See `PolicyDistribution`."""
        bounded = log_std.clamp(MIN_LOG_STD, MAX_LOG_STD)
        z = (actions - outputs) * torch.exp(-bounded)
        return -0.5 * (z * z).sum(-1) - (bounded.sum(-1) + actions.shape[-1] * _HALF_LOG_2PI)

    @staticmethod
    def entropy(outputs: Tensor, log_std: Tensor) -> Tensor:
        """See `PolicyDistribution`."""
        return log_std.clamp(MIN_LOG_STD, MAX_LOG_STD).sum(-1) + log_std.shape[-1] * _ENTROPY_OF_UNIT_GAUSSIAN

    @staticmethod
    def mode(outputs: Floats) -> Floats:
        """See `PolicyDistribution`."""
        return outputs

    @staticmethod
    def sample(outputs: Floats, log_std: Floats, random: np.random.Generator) -> Floats:
        """See `PolicyDistribution`."""
        std = np.exp(np.clip(log_std, MIN_LOG_STD, MAX_LOG_STD))
        actions: Floats = random.standard_normal(outputs.shape, np.float32) * std
        actions += outputs
        return actions


class SquashedGaussian:
    """tanh(N(mean, std)), inside (-1, 1) (Haarnoja et al. 2018, appendix C)."""

    outputs_per_action: ClassVar[int] = 1
    has_log_std: ClassVar[bool] = True

    @staticmethod
    def initial_bias(mean: Sequence[float], log_std: Sequence[float]) -> list[float]:
        """See `PolicyDistribution`."""
        return [math.atanh(min(max(value, -0.999), 0.999)) for value in mean]

    @staticmethod
    def log_prob(outputs: Tensor, log_std: Tensor, actions: Tensor) -> Tensor:
        """See `PolicyDistribution`."""
        before = torch.atanh(actions.clamp(-1.0 + MARGIN, 1.0 - MARGIN))
        return Gaussian.log_prob(outputs, log_std, before) - log_tanh_slope(before).sum(-1)

    @staticmethod
    def entropy(outputs: Tensor, log_std: Tensor) -> Tensor:
        """Return -log density of one sample each: there is no closed form; gradients pass through the sample."""
        bounded = log_std.clamp(MIN_LOG_STD, MAX_LOG_STD)
        before = outputs + bounded.exp() * torch.randn_like(outputs)
        return log_tanh_slope(before).sum(-1) - Gaussian.log_prob(outputs, log_std, before)

    @staticmethod
    def mode(outputs: Floats) -> Floats:
        """See `PolicyDistribution`."""
        return np.tanh(outputs)

    @staticmethod
    def sample(outputs: Floats, log_std: Floats, random: np.random.Generator) -> Floats:
        """See `PolicyDistribution`."""
        return np.tanh(Gaussian.sample(outputs, log_std, random))


class Beta:
    """Beta(alpha, beta) stretched from [0, 1] to [-1, 1], both above 1, so that it has one peak (Chou et al. 2017)."""

    outputs_per_action: ClassVar[int] = 2
    has_log_std: ClassVar[bool] = False

    @staticmethod
    def initial_bias(mean: Sequence[float], log_std: Sequence[float]) -> list[float]:
        """See `PolicyDistribution`."""
        alphas: list[float] = []
        betas: list[float] = []
        for center, log_width in zip(mean, log_std, strict=True):
            share = min(max(0.5 * (center + 1.0), 0.01), 0.99)
            variance = (0.5 * math.exp(log_width)) ** 2
            concentration = max(share * (1.0 - share) / variance - 1.0, 0.0)
            for values, part in ((alphas, share), (betas, 1.0 - share)):
                above_one = max(concentration * part - 1.0, 0.05)
                values.append(math.log(math.expm1(above_one)))
        return alphas + betas

    @staticmethod
    def _distribution(outputs: Tensor) -> torch.distributions.Beta:
        alpha, beta = (1.0 + functional.softplus(outputs)).chunk(2, -1)
        return torch.distributions.Beta(alpha, beta, validate_args=False)

    @staticmethod
    def log_prob(outputs: Tensor, log_std: Tensor, actions: Tensor) -> Tensor:
        """See `PolicyDistribution`."""
        shares = (0.5 * (actions + 1.0)).clamp(MARGIN, 1.0 - MARGIN)
        density: Tensor = Beta._distribution(outputs).log_prob(shares)  # type: ignore[no-untyped-call]
        return density.sum(-1) - actions.shape[-1] * _LOG_2

    @staticmethod
    def entropy(outputs: Tensor, log_std: Tensor) -> Tensor:
        """See `PolicyDistribution`."""
        entropy: Tensor = Beta._distribution(outputs).entropy()  # type: ignore[no-untyped-call]
        return entropy.sum(-1) + entropy.shape[-1] * _LOG_2

    @staticmethod
    def _parameters(outputs: Floats) -> tuple[Floats, Floats]:
        above_one: Floats = np.logaddexp(outputs, np.float32(0.0)) + np.float32(1.0)
        half = above_one.shape[-1] // 2
        return above_one[..., :half], above_one[..., half:]

    @staticmethod
    def mode(outputs: Floats) -> Floats:
        """See `PolicyDistribution`."""
        alpha, beta = Beta._parameters(outputs)
        mode: Floats = 2.0 * (alpha - 1.0) / np.maximum(alpha + beta - 2.0, MARGIN) - 1.0
        return mode

    @staticmethod
    def sample(outputs: Floats, log_std: Floats, random: np.random.Generator) -> Floats:
        """See `PolicyDistribution`."""
        shares = random.beta(*Beta._parameters(outputs))
        return (2.0 * np.clip(shares, MARGIN, 1.0 - MARGIN) - 1.0).astype(np.float32)


POLICIES: Final[dict[str, type[PolicyDistribution]]] = {
    "gaussian": Gaussian,
    "squashed": SquashedGaussian,
    "beta": Beta,
}


def log_tanh_slope(values: Tensor) -> Tensor:
    """Return log(1 - tanh(values)^2), without the cancellation of that formula."""
    return 2.0 * (_LOG_2 - values - functional.softplus(-2.0 * values))


def squash(mean: Tensor, log_std: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
    """Return tanh(mean + std noise) [B, A] and its log-density [B]; gradients pass through the sample."""
    before = mean + log_std.exp() * noise
    gaussian = -0.5 * (noise * noise) - log_std - _HALF_LOG_2PI
    return torch.tanh(before), (gaussian - log_tanh_slope(before)).sum(-1)
