"""The layers of an `mlp` as one step of autograd, or of none; all but the products of matrices in numpy and compiled.

For layers of 64 to 256 units and batches of some hundred rows on a CPU, much of what torch takes goes into its bookkeeping
per operation, into memory that is asked for and given back, and into `tanh`, which numpy computes 14 times faster. Its
products are the faster ones: by a tenth to a fifth, and 12 times where a gradient enters by a single output.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import pairwise
from typing import Any, Final

import numba
import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from drl_agent_node.networks.tapes import Tapes

ACTIVATIONS: Final = ("tanh", "relu")
"""Those whose derivative follows from their value."""

# Rows that go through all layers at once where no gradient is wanted: their values stay in the processor's cache.
_CHUNK: Final = 512


class Tape:
    """Values of the hidden layers for a number of rows, and memory for what flows back through them."""

    def __init__(self, rows: int, widths: Sequence[int]) -> None:
        self.rows = rows
        # What is made in inference mode could not be written to outside of it.
        with torch.inference_mode(False):
            self.values = [torch.empty(rows, width) for width in widths]
            self.flowing = [torch.empty(rows, width) for width in widths]


class Layers:
    """Linear layers with an activation between them; keeps some tapes for the next passes.

    Tensors that it is given, parameters among them, ask for no gradients.
    """

    def __init__(self, sizes: Sequence[int], activation: str) -> None:
        """`sizes` runs from inputs to outputs; `activation` is one of `ACTIVATIONS`."""
        self.activation = activation
        self._sizes = tuple(sizes)
        self.tapes = Tapes(partial(Tape, widths=self._sizes[1:-1]))

    def through(self, inputs: Tensor, parameters: Sequence[Tensor], tape: Tape, outputs: Tensor) -> None:
        """Fill `outputs` [B, K] in for `inputs` [B, D]; `parameters` are a weight and a bias per layer."""
        values = inputs
        for (weight, bias), hidden in zip(_pairs(parameters), [*tape.values, outputs], strict=True):
            torch.mm(values, weight.T, out=hidden)
            array = hidden.numpy()
            if hidden is not outputs and self.activation == "relu":
                add_and_cut(array, bias.numpy())
            else:
                _add(array, bias.numpy())
                if hidden is not outputs:
                    np.tanh(array, out=array)
            values = hidden

    def back(
        self,
        inputs: Tensor,
        weights: Sequence[Tensor],
        tape: Tape,
        gradient: Tensor,
        found: Sequence[Tensor | None],
    ) -> None:
        """Fill in the gradients of inputs, weights and biases, in this order, where `found` has memory for them.

        Where that for the inputs is [B, I], it gets those of the last I. `gradient` [B, K] is that of the outputs, all of
        it in one piece.
        """
        through = _through_tanh if self.activation == "tanh" else through_relu
        flowing = gradient
        for layer in range(len(weights) - 1, -1, -1):
            values = tape.values[layer - 1] if layer > 0 else inputs
            of_inputs = tape.flowing[layer - 1] if layer > 0 else found[0]
            of_weight, of_bias = found[1 + 2 * layer], found[2 + 2 * layer]
            if of_weight is not None:
                torch.mm(flowing.T, values, out=of_weight)
            if of_bias is not None:
                _sum(flowing.numpy(), of_bias.numpy())
            if of_inputs is not None:
                flowing = torch.mm(flowing, weights[layer][:, -of_inputs.shape[1] :], out=of_inputs)
            if layer > 0:
                through(flowing.numpy(), values.numpy())

    def without_gradients(self, inputs: Tensor, parameters: Sequence[Tensor]) -> Tensor:
        """Return the outputs [B, K] for `inputs` [B, D]."""
        outputs = torch.empty(len(inputs), self._sizes[-1])
        for start in range(0, len(inputs), _CHUNK):
            rows = inputs[start : start + _CHUNK]
            tape = self.tapes.take(len(rows))
            self.through(rows, parameters, tape, outputs[start : start + _CHUNK])
            self.tapes.give(tape)
        return outputs


class Pass:
    """One pass at a time, forth and back, without autograd."""

    def __init__(self, layers: Layers, parameters: Sequence[Tensor], gradients: Sequence[Tensor]) -> None:
        """`gradients` are filled in by `back`; both are a weight's and a bias's per layer."""
        self._layers = layers
        self._parameters = [parameter.detach() for parameter in parameters]
        self._weights = self._parameters[::2]
        self._gradients = (None, *gradients)

    def forth(self, inputs: Tensor) -> Tensor:
        """Return the outputs [B, K] for `inputs` [B, D]; `back` has to follow."""
        self._inputs, self._tape = inputs, self._layers.tapes.take(len(inputs))
        outputs = torch.empty(len(inputs), len(self._parameters[-1]))
        self._layers.through(inputs, self._parameters, self._tape, outputs)
        return outputs

    def back(self, gradient: Tensor, of_inputs: Tensor | None = None) -> None:
        """Take the gradient [B, K] of the outputs back to the parameters; or to the last I inputs, `of_inputs` [B, I]."""
        found = self._gradients if of_inputs is None else (of_inputs, *[None] * len(self._parameters))
        self._layers.back(self._inputs, self._weights, self._tape, gradient, found)
        self._layers.tapes.give(self._tape)


def _pairs(parameters: Sequence[Tensor]) -> list[tuple[Tensor, Tensor]]:
    return list(pairwise(parameters))[::2]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _add(hidden: Any, bias: Any) -> None:
    for row in range(hidden.shape[0]):
        for k in range(hidden.shape[1]):
            hidden[row, k] += bias[k]


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _sum(flowing: Any, found: Any) -> None:
    found[:] = np.float32(0.0)
    for row in range(flowing.shape[0]):
        for k in range(flowing.shape[1]):
            found[k] += flowing[row, k]


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
        ctx.layers, ctx.inputs, ctx.tape = layers, inputs, layers.tapes.take(len(inputs))
        ctx.save_for_backward(*parameters[::2])
        outputs = torch.empty(len(inputs), len(parameters[-1]))
        layers.through(inputs, parameters, ctx.tape, outputs)
        return outputs

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of what `apply` was given, None where nobody asks for one."""
        weights = ctx.saved_tensors
        shapes = [
            ctx.inputs.shape,
            *(shape for weight in weights for shape in (weight.shape, weight.shape[:1])),
        ]
        found = [
            torch.empty(shape) if wanted else None
            for shape, wanted in zip(shapes, ctx.needs_input_grad[1:], strict=True)
        ]
        ctx.layers.back(ctx.inputs, weights, ctx.tape, gradient.contiguous(), found)
        ctx.layers.tapes.give(ctx.tape)
        ctx.tape = None
        return (None, *found)
