"""Compiled look-up of the speed limits where vehicles are."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled_inner


@compiled_inner
def update_limits(
    slots: npt.NDArray[np.intp],
    position: npt.NDArray[np.float64],
    origin_x: float,
    origin_y: float,
    cell: float,
    kmh: npt.NDArray[np.uint8],
    limit: npt.NDArray[np.float32],
) -> None:
    """Write the limit of each vehicle into `limit` [N], km/h; one that is where no limit is keeps its last one.

    Args:
        slots: rows [N] of `position`, which is as in ``VehicleDynamics``.
        origin_x, origin_y, cell, kmh: as in ``SpeedLimits``.
    """
    rows, columns = kmh.shape
    for row in range(slots.size):
        column = math.floor((position[slots[row], 0] - origin_x) / cell)
        line = math.floor((position[slots[row], 1] - origin_y) / cell)
        if 0 <= column < columns and 0 <= line < rows and kmh[line, column] != 0:
            limit[row] = np.float32(kmh[line, column])
