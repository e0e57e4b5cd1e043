"""A sum tree: draws leaves in proportion to their priorities, and changes priorities, in O(log n)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from drl_agent_node.replay import kernels


class SumTree:
    """Priorities of `capacity` leaves, 0 at first; leaves with priority 0 are never drawn."""

    def __init__(self, capacity: int) -> None:
        base = 1
        while base < capacity:
            base *= 2
        # Node i has the children 2 i and 2 i + 1; leaf j is node base + j; node 0 is not used.
        self.nodes: kernels.Tree = np.zeros(2 * base, np.float64)
        self.capacity = capacity

    @property
    def total(self) -> float:
        """Sum of all priorities."""
        return float(self.nodes[1])

    @property
    def priorities(self) -> NDArray[np.float64]:
        """Priorities of all leaves, float64 [capacity]: a view, for reading."""
        base = len(self.nodes) // 2
        return self.nodes[base : base + self.capacity]

    def set_range(self, start: int, priorities: NDArray[np.float64]) -> None:
        """Set the priorities of the leaves `start`, `start` + 1, ..."""
        kernels.set_range(self.nodes, start, priorities)

    def set(self, leaves: NDArray[np.int64], priorities: NDArray[np.float64]) -> None:
        """Set the priorities of `leaves`."""
        kernels.set_leaves(self.nodes, leaves, priorities)

    def find(self, mass: float) -> int:
        """Return the leaf at which the running sum of priorities passes `mass`."""
        return int(kernels.find_leaf(self.nodes, mass))
