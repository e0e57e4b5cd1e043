"""Which rows of a batch drive in one world: what a critic that sees all of them goes by."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor


class Worlds:
    """K worlds of up to N agents, one after the other in the rows of a batch of E."""

    def __init__(self, sizes: Sequence[int], num_envs: int) -> None:
        """`sizes` are the agents of each world; none: all rows are of one.

        Raises:
            ValueError: when they are not those of `num_envs` rows.
        """
        sizes = tuple(sizes) or (num_envs,)
        if sum(sizes) != num_envs or min(sizes) < 1:
            raise ValueError(f"worlds of {sizes} agents are not {num_envs} rows")
        self.most = max(sizes)
        self.there = torch.arange(self.most) < torch.tensor(sizes)[:, None]
        """bool [K, N], False where a world has fewer agents than the largest one."""
        self._rows = torch.zeros(self.there.shape, dtype=torch.int64)
        self._rows[self.there] = torch.arange(num_envs)

    def split(self, values: Tensor) -> Tensor:
        """Return [T, E, ...] as [T, K, N, ...]; places that are not `there` repeat the first row."""
        return values[:, self._rows]

    def join(self, values: Tensor) -> Tensor:
        """Return [T, K, N, ...] as [T, E, ...]."""
        return values[:, self.there]
