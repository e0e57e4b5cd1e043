"""The layers of an `mlp` as one step of autograd, in numpy on the same memory.

For layers of 64 to 256 units and batches of some hundred rows on a CPU, much of what torch takes goes into its bookkeeping
per operation, into memory that is asked for and given back, and into `tanh`, which numpy computes 14 times faster.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

Floats = NDArray[np.float32]

ACTIVATIONS: Final = ("tanh", "relu")
"""Those whose derivative follows from their value."""

# Rows that go through all layers at once where no gradient is wanted: their values stay in the processor's cache.
_CHUNK: Final = 512
_SPARE: Final = 4


class Tape:
    """Values of the hidden layers for a number of rows, and memory for what flows back through them."""

    def __init__(self, rows: int, widths: Sequence[int]) -> None:
        self.rows = rows
        self.values: list[Floats] = [np.empty((rows, width), np.float32) for width in widths]
        self.flowing: list[Floats] = [np.empty((rows, width), np.float32) for width in widths]


class Layers:
    """Linear layers with an activation between them; keeps some tapes for the next passes."""

    def __init__(self, sizes: Sequence[int], activation: str) -> None:
        """`sizes` runs from inputs to outputs; `activation` is one of `ACTIVATIONS`."""
        self.activation = activation
        self._sizes = tuple(sizes)
        self._spare: list[Tape] = []

    def take(self, rows: int) -> Tape:
        """Return a tape, for `give` to take back."""
        for index, tape in enumerate(self._spare):
            if tape.rows == rows:
                return self._spare.pop(index)
        return Tape(rows, self._sizes[1:-1])

    def give(self, tape: Tape) -> None:
        """Take back a tape that nobody reads any more."""
        self._spare.append(tape)
        del self._spare[:-_SPARE]

    def through(self, inputs: Floats, parameters: Sequence[Floats], tape: Tape, outputs: Floats) -> None:
        """Fill `outputs` [B, K] in for `inputs` [B, D]; `parameters` are a weight and a bias per layer."""
        values = inputs
        for (weight, bias), hidden in zip(_pairs(parameters), [*tape.values, outputs], strict=True):
            np.matmul(values, weight.T, out=hidden)
            if hidden is outputs:
                hidden += bias
            elif self.activation == "tanh":
                hidden += bias
                np.tanh(hidden, out=hidden)
            else:
                add_and_cut(hidden, bias)
            values = hidden

    def back(
        self, inputs: Floats, weights: Sequence[Floats], tape: Tape, gradient: Floats, wanted: Sequence[bool]
    ) -> list[Tensor | None]:
        """Return the gradients of inputs, weights and biases, in this order, that are `wanted`.

        `gradient` [B, K] is that of the outputs.
        """
        found: list[Tensor | None] = [None] * len(wanted)
        ones = np.ones(len(inputs), np.float32)
        flowing = gradient
        for layer in range(len(weights) - 1, -1, -1):
            values = tape.values[layer - 1] if layer > 0 else inputs
            if wanted[1 + 2 * layer]:
                found[1 + 2 * layer] = torch.from_numpy(flowing.T @ values)
            if wanted[2 + 2 * layer]:
                found[2 + 2 * layer] = torch.from_numpy(ones @ flowing)
            if layer > 0:
                flowing = np.matmul(flowing, weights[layer], out=tape.flowing[layer - 1])
                (_through_tanh if self.activation == "tanh" else through_relu)(flowing, values)
            elif wanted[0]:
                found[0] = torch.from_numpy(flowing @ weights[0])
        return found

    def without_gradients(self, inputs: Floats, parameters: Sequence[Floats]) -> Floats:
        """Return the outputs [B, K] for `inputs` [B, D]."""
        outputs = np.empty((len(inputs), self._sizes[-1]), np.float32)
        for start in range(0, len(inputs), _CHUNK):
            rows = inputs[start : start + _CHUNK]
            tape = self.take(len(rows))
            self.through(rows, parameters, tape, outputs[start : start + _CHUNK])
            self.give(tape)
        return outputs


def _pairs(parameters: Sequence[Floats]) -> list[tuple[Floats, Floats]]:
    return list(pairwise(parameters))[::2]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def add_and_cut(hidden: Any, bias: Any) -> None:
    """Turn `hidden` [B, H] into ReLU(hidden + bias [H])."""
    for row in range(hidden.shape[0]):
        for k in range(hidden.shape[1]):
            value = hidden[row, k] + bias[k]
            # NaN stays, which `max` would hide.
            hidden[row, k] = np.float32(0.0) if value < 0.0 else value


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def through_relu(flowing: Any, values: Any) -> None:
    """Set the gradient `flowing` [B, H] to 0 where a ReLU's `values` [B, H] are."""
    for row in range(flowing.shape[0]):
        for k in range(flowing.shape[1]):
            flowing[row, k] = flowing[row, k] if values[row, k] > 0.0 else np.float32(0.0)


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _through_tanh(flowing: Any, values: Any) -> None:
    for row in range(flowing.shape[0]):
        for k in range(flowing.shape[1]):
            flowing[row, k] *= np.float32(1.0) - values[row, k] * values[row, k]


class NumpyMLP(torch.autograd.Function):
    """`apply(layers, inputs [B, D], weight, bias, weight, ...)`."""

    @staticmethod
    def forward(ctx: Any, layers: Layers, inputs: Tensor, *parameters: Tensor) -> Tensor:
        """Return the outputs [B, K]."""
        arrays = [parameter.numpy() for parameter in parameters]
        values = inputs.numpy()
        ctx.layers, ctx.inputs, ctx.tape = layers, values, layers.take(len(values))
        ctx.save_for_backward(*parameters[::2])
        outputs = np.empty((len(values), len(arrays[-1])), np.float32)
        layers.through(values, arrays, ctx.tape, outputs)
        return torch.from_numpy(outputs)

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of what `apply` was given, None where nobody asks for one."""
        weights = [weight.numpy() for weight in ctx.saved_tensors]
        flowing: Floats = np.ascontiguousarray(gradient.numpy())
        found = ctx.layers.back(ctx.inputs, weights, ctx.tape, flowing, ctx.needs_input_grad[1:])
        ctx.layers.give(ctx.tape)
        ctx.tape = None
        return (None, *found)
