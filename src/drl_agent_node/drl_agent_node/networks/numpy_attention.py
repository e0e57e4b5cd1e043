"""The pass of a `NeighbourEncoder` as one step of autograd, in numpy and compiled loops on the same memory.

There is one query per row, the ego's, so neither keys nor values are computed for each token:

- score of token t for a head: q . (K t + b) = (K' q) . t + q . b, the last term of which is the same for all tokens and
  falls out of the softmax, so that the gradient of b is 0;
- what is attended to: sum_t w_t (V t + c) = V (sum_t w_t t) + c, since the weights sum to 1.

Absent neighbours get the weight 0, so only the N neighbours that are present are embedded, those of all rows in one array.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, Final, NamedTuple

import numba
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.autograd.function import once_differentiable

from drl_agent_node.networks.numpy_mlp import add_and_cut, through_relu
from drl_agent_node.networks.state_layout import StateLayout
from drl_agent_node.networks.tapes import Tapes

Floats = NDArray[np.float32]

# Sums may be taken in the order of the processor's vectors; NaN and infinity stay. A loop that sums does not write: where
# one does, the compiler asks at run time whether arrays overlap, errs on the safe side when they are neighbours, and the
# order of the sum would depend on where the memory lies.
_SUMS: Final = {"reassoc", "contract", "nsz"}


class Parameters(NamedTuple):
    """Those of a `NeighbourEncoder` in their order: weights [outputs, inputs] and biases; also their gradients."""

    ego: Floats
    ego_bias: Floats
    first: Floats
    first_bias: Floats
    second: Floats
    second_bias: Floats
    query: Floats
    query_bias: Floats
    key_value: Floats
    key_value_bias: Floats
    output: Floats
    output_bias: Floats
    gain: Floats
    shift: Floats


class Tape:
    """What a pass over B rows keeps for its gradient, and memory for what flows back."""

    def __init__(self, rows: int, layout: StateLayout, size: int, heads: int) -> None:
        most, features = rows * len(layout.neighbours), len(layout.neighbours[0])
        self.rows = rows
        # Row r's neighbours are those from starts[r] to starts[r + 1]; slots are their columns of the attention.
        self.starts, self.slots = np.empty(rows + 1, np.int64), np.empty(most, np.int64)
        self.ego_inputs, self.inputs = _memory(rows, len(layout.ego)), _memory(most, features)
        self.hidden, self.tokens, self.of_hidden, self.of_tokens = (_memory(most, size) for _ in range(4))
        self.ego, self.query, self.attended, self.normal = (_memory(rows, size) for _ in range(4))
        self.of_ego, self.of_query, self.of_attended, self.of_sum = (_memory(rows, size) for _ in range(4))
        self.asked, self.mixed, self.of_asked, self.of_mixed = (_memory(heads, rows, size) for _ in range(4))
        self.scale = _memory(rows)


class NeighbourPass:
    """Computes features, attention and gradients for one layout; keeps some tapes for the next passes."""

    def __init__(self, layout: StateLayout, size: int, heads: int, epsilon: float) -> None:
        """`size` is that of a token, split over `heads`; `epsilon` is added to the variance in the normalisation."""
        self._size, self._heads = size, heads
        self._ego = np.array(layout.ego, np.int64)
        self._neighbours = np.array(layout.neighbours, np.int64)
        self._scale = np.float32(1.0 / math.sqrt(size // heads))
        self._epsilon = np.float32(epsilon)
        self.tapes = Tapes(partial(Tape, layout=layout, size=size, heads=heads))

    def through(self, states: Floats, own: Parameters, tape: Tape) -> tuple[Floats, Floats]:
        """Return features [B, E + S] and attention [B, heads, 1 + K] for `states` [B, D]."""
        features = _memory(len(states), len(self._ego) + self._size)
        weights = np.zeros((len(states), self._heads, 1 + len(self._neighbours)), np.float32)
        self._embed(states, own, tape)
        np.matmul(tape.ego, own.query.T, out=tape.query)
        tape.query += own.query_bias
        key, value = self._by_head(own.key_value)
        np.matmul(self._split(tape.query), key, out=tape.asked)
        _mix(tape.ego, tape.tokens, tape.asked, tape.starts, tape.slots, self._scale, weights, tape.mixed)
        np.matmul(tape.mixed, value.transpose(0, 2, 1), out=self._split(tape.attended))
        tape.attended += own.key_value_bias[self._size :]
        np.matmul(tape.attended, own.output.T, out=tape.normal)
        _normalise(tape.normal, tape.ego, own.output_bias, self._epsilon, tape.scale)
        _finish(tape.ego_inputs, tape.normal, own.gain, own.shift, features)
        return features, weights

    def _embed(self, states: Floats, own: Parameters, tape: Tape) -> None:
        _gather(states, self._ego, self._neighbours, tape.ego_inputs, tape.inputs, tape.starts, tape.slots)
        count = tape.starts[-1]
        hidden, tokens = tape.hidden[:count], tape.tokens[:count]
        np.matmul(tape.ego_inputs, own.ego.T, out=tape.ego)
        add_and_cut(tape.ego, own.ego_bias)
        np.matmul(tape.inputs[:count], own.first.T, out=hidden)
        add_and_cut(hidden, own.first_bias)
        np.matmul(hidden, own.second.T, out=tokens)
        add_and_cut(tokens, own.second_bias)

    def back(self, own: Parameters, weights: Floats, tape: Tape, gradient: Floats) -> Parameters:
        """Return the gradients of the parameters; `gradient` [B, E + S] is that of the features."""
        of_gain, of_shift = np.zeros_like(own.gain), np.zeros_like(own.shift)
        _through_normal(gradient, tape.normal, tape.scale, own.gain, tape.of_sum, of_gain, of_shift)
        of_output, of_output_bias = tape.of_sum.T @ tape.attended, _sum(tape.of_sum)
        np.matmul(tape.of_sum, own.output, out=tape.of_attended)
        of_key_value, of_key_value_bias = self._back_to_tokens(own, weights, tape)
        of_query, of_query_bias = tape.of_query.T @ tape.ego, _sum(tape.of_query)
        tape.of_ego += tape.of_sum
        tape.of_ego += np.matmul(tape.of_query, own.query, out=tape.of_attended)
        return Parameters(
            *self._back_to_inputs(own, tape),
            of_query, of_query_bias, of_key_value, of_key_value_bias, of_output, of_output_bias, of_gain, of_shift,
        )  # fmt: skip

    def _back_to_tokens(self, own: Parameters, weights: Floats, tape: Tape) -> tuple[Floats, Floats]:
        """Return the gradients of the layer of keys and values; fill in those of tokens and query."""
        key, value = self._by_head(own.key_value)
        found = np.empty_like(own.key_value)
        of_key, of_value = self._by_head(found)
        flowing = self._split(tape.of_attended)
        np.matmul(flowing, value, out=tape.of_mixed)
        np.matmul(flowing.transpose(0, 2, 1), tape.mixed, out=of_value)
        _unmix(
            tape.ego, tape.tokens, tape.asked, tape.starts, tape.slots, self._scale, weights, tape.of_mixed,
            tape.of_ego, tape.of_tokens, tape.of_asked,
        )  # fmt: skip
        np.matmul(tape.of_asked, key.transpose(0, 2, 1), out=self._split(tape.of_query))
        np.matmul(self._split(tape.query).transpose(0, 2, 1), tape.of_asked, out=of_key)
        return found, np.concatenate((np.zeros(self._size, np.float32), _sum(tape.of_attended)))

    def _back_to_inputs(
        self, own: Parameters, tape: Tape
    ) -> tuple[Floats, Floats, Floats, Floats, Floats, Floats]:
        """Return the gradients of the ego's layer and the neighbours' two."""
        count = tape.starts[-1]
        hidden, of_hidden, of_tokens = tape.hidden[:count], tape.of_hidden[:count], tape.of_tokens[:count]
        through_relu(tape.of_ego, tape.ego)
        through_relu(of_tokens, tape.tokens)
        np.matmul(of_tokens, own.second, out=of_hidden)
        through_relu(of_hidden, hidden)
        return (
            *(tape.of_ego.T @ tape.ego_inputs, _sum(tape.of_ego)),
            *(of_hidden.T @ tape.inputs[:count], _sum(of_hidden)),
            *(of_tokens.T @ hidden, _sum(of_tokens)),
        )

    def _split(self, values: Floats) -> Floats:
        """Return [heads, B, S / heads] on the memory of `values` [B, S]."""
        return values.reshape(len(values), self._heads, self._size // self._heads).transpose(1, 0, 2)

    def _by_head(self, key_value: Floats) -> tuple[Floats, Floats]:
        """Return keys' and values' parts [heads, S / heads, S] on the memory of `key_value` [2 S, S]."""
        both = key_value.reshape(2, self._heads, -1, self._size)
        return both[0], both[1]


def _memory(*shape: int) -> Floats:
    return np.empty(shape, np.float32)


def _arrays(parameters: Sequence[Tensor]) -> Parameters:
    return Parameters(*(parameter.numpy() for parameter in parameters))


def _sum(values: Floats) -> Floats:
    total: Floats = np.ones(len(values), np.float32) @ values
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _gather(  # type: ignore[no-untyped-def]
    states, ego, neighbours, ego_inputs, inputs, starts, slots
):  # fmt: skip
    """Fill in what describes the ego and the neighbours that are present, where each row's begin and which they are."""
    count = 0
    for row in range(states.shape[0]):
        for k in range(len(ego)):
            ego_inputs[row, k] = states[row, ego[k]]
        starts[row] = count
        for slot in range(neighbours.shape[0]):
            if states[row, neighbours[slot, 0]] > 0.5:
                slots[count] = 1 + slot
                for k in range(neighbours.shape[1]):
                    inputs[count, k] = states[row, neighbours[slot, k]]
                count += 1
    starts[states.shape[0]] = count


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)  # type: ignore[untyped-decorator]
def _dot(one, other):  # type: ignore[no-untyped-def]
    total = np.float32(0.0)
    for k in range(len(one)):
        total += one[k] * other[k]
    return total


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)  # type: ignore[untyped-decorator]
def _mix(ego, tokens, asked, starts, slots, scale, weights, mixed):  # type: ignore[no-untyped-def]
    """Fill in the `weights`, which are 0 before, and the tokens' means with them."""
    heads, rows, size = asked.shape
    for row in range(rows):
        first, last = starts[row], starts[row + 1]
        for head in range(heads):
            query = asked[head, row]
            own = largest = scale * _dot(query, ego[row])
            for place in range(first, last):
                score = scale * _dot(query, tokens[place])
                weights[row, head, slots[place]] = score
                largest = max(largest, score)
            share = np.exp(own - largest)
            total = share
            weights[row, head, 0] = share
            for place in range(first, last):
                share = np.exp(weights[row, head, slots[place]] - largest)
                weights[row, head, slots[place]] = share
                total += share
            inverse = np.float32(1.0) / total
            weights[row, head, 0] *= inverse
            weight = weights[row, head, 0]
            for k in range(size):
                mixed[head, row, k] = weight * ego[row, k]
            for place in range(first, last):
                weights[row, head, slots[place]] *= inverse
                weight = weights[row, head, slots[place]]
                for k in range(size):
                    mixed[head, row, k] += weight * tokens[place, k]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)  # type: ignore[untyped-decorator]
def _unmix(  # type: ignore[no-untyped-def]
    ego, tokens, asked, starts, slots, scale, weights, of_mixed, of_ego, of_tokens, of_asked
):  # fmt: skip
    """Fill in the gradients of `ego`, `tokens` and `asked`, given that of what `_mix` mixed."""
    heads, rows, size = asked.shape
    slopes = np.empty(weights.shape[2], np.float32)
    of_ego[:] = np.float32(0.0)
    of_tokens[: starts[rows]] = np.float32(0.0)
    for row in range(rows):
        first, last = starts[row], starts[row + 1]
        for head in range(heads):
            flowing, query = of_mixed[head, row], asked[head, row]
            own = _dot(flowing, ego[row])
            mean = weights[row, head, 0] * own
            for place in range(first, last):
                slopes[place - first] = _dot(flowing, tokens[place])
                mean += weights[row, head, slots[place]] * slopes[place - first]
            weight = weights[row, head, 0]
            slope = scale * weight * (own - mean)
            for k in range(size):
                of_asked[head, row, k] = slope * ego[row, k]
                of_ego[row, k] += slope * query[k] + weight * flowing[k]
            for place in range(first, last):
                weight = weights[row, head, slots[place]]
                slope = scale * weight * (slopes[place - first] - mean)
                for k in range(size):
                    of_asked[head, row, k] += slope * tokens[place, k]
                    of_tokens[place, k] += slope * query[k] + weight * flowing[k]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)  # type: ignore[untyped-decorator]
def _normalise(normal, ego, bias, epsilon, scale):  # type: ignore[no-untyped-def]
    """Bring the rows of `normal` + `ego` + `bias` to mean 0 and, by `scale`, to std 1, in `normal`."""
    rows, size = normal.shape
    part = np.float32(1.0) / np.float32(size)
    for row in range(rows):
        total = np.float32(0.0)
        for k in range(size):
            normal[row, k] += ego[row, k] + bias[k]
        for k in range(size):
            total += normal[row, k]
        mean = total * part
        for k in range(size):
            normal[row, k] -= mean
        square = _dot(normal[row], normal[row])
        scale[row] = np.float32(1.0) / np.sqrt(square * part + epsilon)
        for k in range(size):
            normal[row, k] *= scale[row]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)  # type: ignore[untyped-decorator]
def _finish(ego_inputs, normal, gain, shift, features):  # type: ignore[no-untyped-def]
    """Put together the `features`."""
    before = ego_inputs.shape[1]
    for row in range(normal.shape[0]):
        for k in range(before):
            features[row, k] = ego_inputs[row, k]
        for k in range(normal.shape[1]):
            features[row, before + k] = normal[row, k] * gain[k] + shift[k]


@numba.njit(cache=True, nogil=True, error_model="numpy", fastmath=_SUMS)  # type: ignore[untyped-decorator]
def _through_normal(gradient, normal, scale, gain, of_sum, of_gain, of_shift):  # type: ignore[no-untyped-def]
    """Fill in the gradients of the sum that `_normalise` normalised and, from 0, of gain and shift."""
    rows, size = normal.shape
    before = gradient.shape[1] - size
    part = np.float32(1.0) / np.float32(size)
    for row in range(rows):
        total = np.float32(0.0)
        for k in range(size):
            flowing = gradient[row, before + k]
            of_shift[k] += flowing
            of_gain[k] += flowing * normal[row, k]
            of_sum[row, k] = flowing * gain[k]
        for k in range(size):
            total += of_sum[row, k]
        total, along = total * part, _dot(of_sum[row], normal[row]) * part
        for k in range(size):
            of_sum[row, k] = scale[row] * (of_sum[row, k] - total - normal[row, k] * along)


class NumpyAttention(torch.autograd.Function):
    """`apply(pass, states [B, D], weight, bias, weight, ...)`; there is no gradient of states nor of attention."""

    @staticmethod
    def forward(ctx: Any, way: NeighbourPass, states: Tensor, *parameters: Tensor) -> tuple[Tensor, Tensor]:
        """Return features [B, E + S] and attention [B, heads, 1 + K]."""
        values = np.ascontiguousarray(states.numpy())
        ctx.way, ctx.tape = way, way.tapes.take(len(values))
        found = way.through(values, _arrays(parameters), ctx.tape)
        features, weights = (torch.from_numpy(part) for part in found)
        ctx.mark_non_differentiable(weights)
        ctx.save_for_backward(weights, *parameters)
        return features, weights

    @staticmethod
    @once_differentiable  # type: ignore[untyped-decorator]
    def backward(ctx: Any, gradient: Tensor, _of_weights: Tensor) -> tuple[Tensor | None, ...]:
        """Return the gradients of the parameters, None where nobody asks for one."""
        weights, *parameters = ctx.saved_tensors
        flowing: Floats = np.ascontiguousarray(gradient.numpy())
        found = ctx.way.back(_arrays(parameters), weights.numpy(), ctx.tape, flowing)
        ctx.way.tapes.give(ctx.tape)
        ctx.tape = None
        wanted = ctx.needs_input_grad[2:]
        given = [torch.from_numpy(part) if asked else None for part, asked in zip(found, wanted, strict=True)]
        return (None, None, *given)


def without_gradients(
    way: NeighbourPass, states: Tensor, parameters: Sequence[Tensor]
) -> tuple[Tensor, Tensor]:
    """Return what `NumpyAttention` does, where no gradient is wanted."""
    values = np.ascontiguousarray(states.numpy())
    tape = way.tapes.take(len(values))
    features, weights = way.through(values, _arrays(parameters), tape)
    way.tapes.give(tape)
    return torch.from_numpy(features), torch.from_numpy(weights)
