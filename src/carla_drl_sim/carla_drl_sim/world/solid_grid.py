"""Solid parts of a town, found by place: what walkers bump into."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.scenery import Parts, Shape

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

CELL_M = 8.0
MARGIN_M = 1.0
"""Parts are listed in all cells that they come this close to."""

SOLID_X, SOLID_Y, SOLID_COS, SOLID_SIN, SOLID_EXTENT_X, SOLID_EXTENT_Y, SOLID_LOW, SOLID_HIGH, SOLID_ROUND = (
    range(9)
)
NUM_SOLID = 9
"""Columns of a solid: centre, axis, half sizes, lower and upper end in m; whether it is round (with its x half size)."""


class SolidGrid:
    """Solid parts in square cells.

    Attributes:
        solids: float64 [K, NUM_SOLID].
        origin: float64 [2], corner of cell (0, 0), m.
        first: int64 [Ny, Nx + 1]; row j of cells lists `members` from first[j, i] to below first[j, i + 1].
        members: int64, rows of `solids`.
    """

    def __init__(self, parts: Parts) -> None:
        """Index the parts whose `solid` is set."""
        chosen = np.flatnonzero(parts.solid)
        yaw = np.radians(parts.yaw_deg[chosen])
        centre, extent = parts.centre[chosen], parts.extent[chosen]
        self.solids = np.column_stack(
            (
                centre[:, 0],
                centre[:, 1],
                np.cos(yaw),
                np.sin(yaw),
                extent[:, 0],
                extent[:, 1],
                centre[:, 2] - extent[:, 2],
                centre[:, 2] + extent[:, 2],
                parts.shape[chosen] != Shape.BOX,
            )
        ).reshape(-1, NUM_SOLID)
        self.origin, self.first, self.members = self._cells()

    def __len__(self) -> int:
        return int(self.solids.shape[0])

    def _cells(self) -> tuple[Floats, Ints, Ints]:
        if not len(self):
            return np.zeros(2), np.zeros((1, 2), np.int64), np.empty(0, np.int64)
        cos, sin = np.abs(self.solids[:, SOLID_COS]), np.abs(self.solids[:, SOLID_SIN])
        along, across = self.solids[:, SOLID_EXTENT_X], self.solids[:, SOLID_EXTENT_Y]
        reach = np.column_stack((along * cos + across * sin, along * sin + across * cos)) + MARGIN_M
        centre = self.solids[:, : SOLID_Y + 1]
        origin = (centre - reach).min(axis=0)
        low = np.floor((centre - reach - origin) / CELL_M).astype(np.int64)
        high = np.floor((centre + reach - origin) / CELL_M).astype(np.int64)
        columns, rows = (high.max(axis=0) + 1).tolist()
        cells: list[list[int]] = [[] for _ in range(columns * rows)]
        for index, ((x0, y0), (x1, y1)) in enumerate(zip(low.tolist(), high.tolist(), strict=True)):
            for j in range(y0, y1 + 1):
                for i in range(x0, x1 + 1):
                    cells[j * columns + i].append(index)
        ends = np.cumsum([0, *map(len, cells)], dtype=np.int64)
        first = np.empty((rows, columns + 1), np.int64)
        first[:, :-1] = ends[:-1].reshape(rows, columns)
        first[:, -1] = ends[columns::columns]
        return origin, first, np.array([member for cell in cells for member in cell], dtype=np.int64)
