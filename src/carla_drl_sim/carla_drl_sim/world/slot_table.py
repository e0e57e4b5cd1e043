"""Structure of arrays with one row per slot: what vehicles and walkers are kept in."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.array_table import array_table

Columns = Mapping[str, tuple[type, tuple[int, ...]]]
"""Type and shape of a row by attribute name."""

_FIRST_CAPACITY = 16


class SlotTable:
    """Arrays whose rows are taken and given back; the lowest free slot is taken first.

    Attributes:
        capacity: C, rows of every array.
        count: how many slots are taken.
        active: bool [C], whether the slot is taken; one of the columns.
        table: all columns for compiled functions, see `array_table`; new whenever the arrays are.
    """

    active: npt.NDArray[np.bool_]

    def __init__(self, columns: Columns) -> None:
        """`columns` become attributes, arrays [C, ...] that are replaced by larger ones when there is no room."""
        self.capacity = 0
        self.count = 0
        self._columns = columns
        self._end = 0
        self._free: list[int] = []
        self._allocate(_FIRST_CAPACITY)

    @property
    def slots_end(self) -> int:
        """One past the highest slot that was ever used: `array[:slots_end]` holds all that is taken."""
        return self._end

    def _take(self, what: str, x: float, y: float, z: float, yaw_deg: float) -> int:
        """Take the lowest free slot for something at a pose.

        Raises:
            ValueError: a coordinate is not finite.
        """
        if not all(map(math.isfinite, (x, y, z, yaw_deg))):
            raise ValueError(
                f"pose ({x}, {y}, {z}, yaw {yaw_deg}) of a new {what}: every value must be finite"
            )
        if not self._free:
            self._allocate(2 * self.capacity)
        slot = heapq.heappop(self._free)
        self._end = max(self._end, slot + 1)
        self.active[slot] = True
        self.count += 1
        return slot

    def _give_back(self, slot: int) -> None:
        self.active[slot] = False
        self.count -= 1
        heapq.heappush(self._free, slot)

    def _allocate(self, capacity: int) -> None:
        for name, (dtype, shape) in self._columns.items():
            larger: npt.NDArray[Any] = np.zeros((capacity, *shape), dtype=dtype)
            if self.capacity:
                larger[: self.capacity] = getattr(self, name)
            setattr(self, name, larger)
        for slot in range(self.capacity, capacity):
            heapq.heappush(self._free, slot)
        self.capacity = capacity
        self.table = array_table([getattr(self, name) for name in self._columns])


def rows_of(columns: Columns) -> dict[str, int]:
    """Where each column is in `SlotTable.table`."""
    return {name: row for row, name in enumerate(columns)}


def wrapped(yaw_deg: float) -> float:
    """An angle brought to -180..180 degrees."""
    return (yaw_deg + 180.0) % 360.0 - 180.0
