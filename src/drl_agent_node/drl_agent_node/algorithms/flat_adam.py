"""Adam (Kingma and Ba 2015) on parameters that share one piece of memory: one compiled pass instead of a call for each."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import numba
import numpy as np
import torch
from torch import Tensor

_BETA_1: Final = 0.9
_BETA_2: Final = 0.999


def lay_out(parameters: Sequence[Tensor]) -> Tensor:
    """Move `parameters` into one piece of memory, [P], which is returned; nobody may hold on to their former memory.

    They stay tensors of their shapes for everybody else.
    """
    flat = torch.cat([parameter.detach().reshape(-1) for parameter in parameters])
    for parameter, part in zip(parameters, _parts(flat, parameters), strict=True):
        parameter.data = part
    return flat


def _parts(flat: Tensor, like: Sequence[Tensor]) -> list[Tensor]:
    parts: tuple[Tensor, ...] = torch.split(flat, [parameter.numel() for parameter in like])
    return [part.view(parameter.shape) for part, parameter in zip(parts, like, strict=True)]


class FlatAdam:
    """An optimiser of parameters that it lays out one after the other, in `flat`; else as `torch.optim.Adam`."""

    def __init__(self, parameters: Sequence[Tensor], learning_rate: float, eps: float = 1e-8) -> None:
        """Take those of `parameters` that are learned; see `lay_out`."""
        self.parameters = [parameter for parameter in parameters if parameter.requires_grad]
        self.learning_rate = learning_rate
        self._eps = eps
        self.flat = lay_out(self.parameters)
        self.gradient = torch.zeros_like(self.flat)
        self._mean, self._square = torch.zeros_like(self.flat), torch.zeros_like(self.flat)
        self._steps = 0
        self._arrays = tuple(part.numpy() for part in (self.flat, self.gradient, self._mean, self._square))

    def gradients_of(self, parameters: Iterable[Tensor]) -> list[Tensor]:
        """Return the parts of the gradient that are those of `parameters`, on its memory."""
        parts = zip(self.parameters, _parts(self.gradient, self.parameters), strict=True)
        by_parameter = {id(parameter): part for parameter, part in parts}
        return [by_parameter[id(parameter)] for parameter in parameters]

    def differentiate(self, outputs: Sequence[Tensor], gradients: Sequence[Tensor] | None = None) -> None:
        """Set the gradient to that of what has `gradients` with respect to `outputs`; none: of scalars."""
        found = torch.autograd.grad(outputs, self.parameters, gradients, materialize_grads=True)
        torch.cat([part.reshape(-1) for part in found], out=self.gradient)

    def weigh(self, share: float) -> None:
        """Scale the gradient to a learner's share of the transitions; the gradient of nothing is 0."""
        self.gradient.mul_(share) if share > 0.0 else self.gradient.zero_()

    def clip(self, largest: float) -> float:
        """Scale the gradient down to a norm of `largest`; returns the norm before."""
        norm = math.sqrt(float(torch.dot(self.gradient, self.gradient)))
        if norm > largest:
            self.gradient.mul_(largest / (norm + 1e-6))
        return norm

    def show(self) -> None:
        """Let the parameters have their gradients, for whoever looks for one that is not finite."""
        for parameter, part in zip(self.parameters, _parts(self.gradient, self.parameters), strict=True):
            parameter.grad = part

    def step(self) -> None:
        """Take a step against the gradient."""
        self._steps += 1
        size = self.learning_rate / (1.0 - _BETA_1**self._steps)
        correction = np.sqrt(1.0 - _BETA_2**self._steps)
        _step(*self._arrays, np.float32(size), np.float32(correction), np.float32(self._eps))

    def state_dict(self) -> dict[str, Any]:
        """Return averages of the gradients and of their squares, and the number of steps."""
        return {"mean": self._mean.clone(), "square": self._square.clone(), "steps": self._steps}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the state of `state_dict`, or that of a `torch.optim.Adam` with the same parameters."""
        if "state" in state:
            kept = list(state["state"].values())
            if not kept:
                return
            joined = {
                name: torch.cat([each[name].reshape(-1) for each in kept])
                for name in ("exp_avg", "exp_avg_sq")
            }
            state = {"mean": joined["exp_avg"], "square": joined["exp_avg_sq"], "steps": kept[0]["step"]}
        self._mean.copy_(state["mean"])
        self._square.copy_(state["square"])
        self._steps = int(state["steps"])


# As in numpy, nothing is checked for division by zero: a loop with an exit is not vectorised.
@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _step(values: Any, gradient: Any, mean: Any, square: Any, size: Any, correction: Any, eps: Any) -> None:
    """Move `values` by `size` * mean / (sqrt(square) / `correction` + `eps`), all float32 [P]."""
    kept, new = np.float32(_BETA_1), np.float32(1.0 - _BETA_1)
    kept_square, new_square = np.float32(_BETA_2), np.float32(1.0 - _BETA_2)
    for k in range(len(values)):
        slope = gradient[k]
        average = kept * mean[k] + new * slope
        spread = kept_square * square[k] + new_square * slope * slope
        mean[k], square[k] = average, spread
        values[k] -= size * average / (np.sqrt(spread) / correction + eps)
