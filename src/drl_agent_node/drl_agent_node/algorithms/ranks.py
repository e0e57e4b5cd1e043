"""Learners that work on parts of one batch: what an algorithm asks of the others, and the answers of one alone.

Gradients are averaged over transitions, not over learners, so that learners with few transitions, or none, count for as
much as they have.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


class Ranks:
    """One learner alone: every answer is its own."""

    count: int = 1

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the sum of `values` over all learners, of the same shape."""
        return values

    def least(self, number: int) -> int:
        """Return the smallest `number` that a learner has."""
        return number

    def any(self, flag: bool) -> bool:
        """Tell whether a learner says yes."""
        return flag

    def gather(self, values: list[Any]) -> list[Any]:
        """Return the `values` of all learners, those of the first one first; anything that can be pickled."""
        return values

    def minibatches(self, count: int, size: int) -> int:
        """Return how many minibatches an epoch has for a learner with `count` transitions, `size` in each.

        It is the same for all learners; 0 where no learner has two transitions.
        """
        return 0 if count < 2 else max(count // size, 1)

    def standardize(self, values: Tensor) -> Tensor:
        """Bring `values` [B] to mean 0 and std 1 over what all learners have."""
        # What numpy and torch have for this takes longer than the rest of a small minibatch's bookkeeping.
        array: NDArray[np.float32] = values.numpy()
        centred = array - np.float32(array.sum(dtype=np.float64) / len(array))
        std = (float(centred @ centred) / (len(array) - 1)) ** 0.5
        centred /= np.float32(std + 1e-8)
        return torch.from_numpy(centred)

    def share(self, count: int) -> float:
        """Return a learner's share of the transitions when it has `count`."""
        return 1.0

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """Replace each of `tensors` by its sum over all learners, in place."""

    def moments(
        self, mean: NDArray[np.float64], var: NDArray[np.float64], rows: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
        """Return mean, variance [D] and count of what all learners have, given one's own."""
        return mean, var, rows


class TorchRanks(Ranks):
    """The processes of `torchrun`, over `torch.distributed`. Each must ask the same questions in the same order."""

    def __init__(self) -> None:
        """The process group is there already."""
        self.count = torch.distributed.get_world_size()

    def total(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """See `Ranks`."""
        tensor = torch.from_numpy(np.array(values, np.float64))
        torch.distributed.all_reduce(tensor)
        result: NDArray[np.float64] = tensor.numpy()
        return result

    def least(self, number: int) -> int:
        """See `Ranks`."""
        tensor = torch.tensor(number)
        torch.distributed.all_reduce(tensor, torch.distributed.ReduceOp.MIN)
        return int(tensor)

    def any(self, flag: bool) -> bool:
        """See `Ranks`."""
        return self.least(0 if flag else 1) == 0

    def gather(self, values: list[Any]) -> list[Any]:
        """See `Ranks`."""
        parts: list[Any] = [None] * self.count
        torch.distributed.all_gather_object(parts, values)
        return [value for part in parts for value in part]

    def minibatches(self, count: int, size: int) -> int:
        """See `Ranks`; who has less than two transitions takes part without any."""
        many = 2**62
        fewest = self.least(count if count >= 2 else many)
        return 0 if fewest == many else max(fewest // size, 1)

    def standardize(self, values: Tensor) -> Tensor:
        """See `Ranks`."""
        wide = values.double()
        sums = torch.stack(
            (torch.tensor(float(len(wide)), dtype=torch.float64), wide.sum(), wide.square().sum())
        )
        torch.distributed.all_reduce(sums)
        count, total, squares = sums.tolist()
        mean = total / max(count, 1.0)
        std = (max(squares - count * mean * mean, 0.0) / max(count - 1.0, 1.0)) ** 0.5
        result: Tensor = (values - mean) / (std + 1e-8)
        return result

    def share(self, count: int) -> float:
        """See `Ranks`."""
        return count / max(float(self.total(np.array([count], np.float64))[0]), 1.0)

    def add_up(self, tensors: Sequence[Tensor]) -> None:
        """See `Ranks`; all in one message."""
        flat = torch.cat([tensor.reshape(-1) for tensor in tensors])
        torch.distributed.all_reduce(flat)
        start = 0
        for tensor in tensors:
            tensor.copy_(flat[start : start + tensor.numel()].view_as(tensor))
            start += tensor.numel()

    def moments(
        self, mean: NDArray[np.float64], var: NDArray[np.float64], rows: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64], int]:
        """See `Ranks`."""
        sums = self.total(np.concatenate(([float(rows)], rows * mean, rows * (var + mean**2))))
        count = max(sums[0], 1.0)
        means, squares = np.split(sums[1:] / count, 2)
        return means, np.maximum(squares - means**2, 0.0), int(sums[0])
