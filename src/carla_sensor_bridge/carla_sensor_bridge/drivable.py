"""Drivable area and its directions as a raster, for tests of a whole fleet at constant cost.

The raster is kept in tiles, so that a large map with few roads stays small.
"""

from __future__ import annotations

from typing import Final

import numba
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge.lane_graph import LaneGraph

Array = npt.NDArray[np.float64]

CELL_M: Final = 0.25
_TILE_CELLS: Final = 256
_TILE_M: Final = CELL_M * _TILE_CELLS


_SECTORS: Final = 8


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def _sector(yaw):  # type: ignore[no-untyped-def]
    return int(np.floor(yaw * (_SECTORS / (2.0 * np.pi)) + 0.5)) % _SECTORS


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def directions(x, y, low_x, low_y, index, tiles):  # type: ignore[no-untyped-def]
    """Return the directions of the driving lanes in the cell at x, y, m; 0 off the lanes. As in `DrivableArea`."""
    column = int(np.floor((x - low_x) / CELL_M))
    row = int(np.floor((y - low_y) / CELL_M))
    if column < 0 or row < 0:
        return 0
    tile_column, tile_row = column // _TILE_CELLS, row // _TILE_CELLS
    if tile_row >= index.shape[0] or tile_column >= index.shape[1]:
        return 0
    tile = index[tile_row, tile_column]
    return int(tiles[tile, row - tile_row * _TILE_CELLS, column - tile_column * _TILE_CELLS])


@numba.njit(cache=True, nogil=True, inline="always")  # type: ignore[untyped-decorator]
def only_oncoming(found, yaw):  # type: ignore[no-untyped-def]
    """Tell whether all lanes of the non-zero `directions` run against `yaw`, rad, by at least 112 degrees."""
    around = 0b11111 << (_sector(yaw) - 2) % _SECTORS
    return found & (around | around >> _SECTORS) == 0


@numba.njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def _fill(x, y, yaw, half_width, segment, low_x, low_y, index, tiles):  # type: ignore[no-untyped-def]
    """Mark the cells whose centre lies in the quadrilateral between two neighbouring lane points.

    With `tiles` of length 1 only the tiles that will be needed are marked, with -1 in `index`.
    """
    counting = tiles.shape[0] == 1
    left_x, left_y = -np.sin(yaw), np.cos(yaw)
    for i in range(len(x) - 1):
        if segment[i] != segment[i + 1]:
            continue
        direction = np.uint8(1 << _sector(yaw[i]))
        qx = np.empty(4)
        qy = np.empty(4)
        # Counter-clockwise: right edge forwards, left edge backwards.
        qx[0] = x[i] - left_x[i] * half_width[i]
        qy[0] = y[i] - left_y[i] * half_width[i]
        qx[1] = x[i + 1] - left_x[i + 1] * half_width[i + 1]
        qy[1] = y[i + 1] - left_y[i + 1] * half_width[i + 1]
        qx[2] = x[i + 1] + left_x[i + 1] * half_width[i + 1]
        qy[2] = y[i + 1] + left_y[i + 1] * half_width[i + 1]
        qx[3] = x[i] + left_x[i] * half_width[i]
        qy[3] = y[i] + left_y[i] * half_width[i]
        for row in range(int((qy.min() - low_y) / CELL_M), int((qy.max() - low_y) / CELL_M) + 1):
            for column in range(int((qx.min() - low_x) / CELL_M), int((qx.max() - low_x) / CELL_M) + 1):
                px = low_x + (column + 0.5) * CELL_M
                py = low_y + (row + 0.5) * CELL_M
                inside = True
                for a in range(4):
                    b = (a + 1) % 4
                    # 1 cm of tolerance: no slits between neighbouring quadrilaterals.
                    cross = (qx[b] - qx[a]) * (py - qy[a]) - (qy[b] - qy[a]) * (px - qx[a])
                    if cross < -0.01 * np.hypot(qx[b] - qx[a], qy[b] - qy[a]):
                        inside = False
                        break
                if inside:
                    tile_row, tile_column = row // _TILE_CELLS, column // _TILE_CELLS
                    if counting:
                        index[tile_row, tile_column] = -1
                    else:
                        tile = index[tile_row, tile_column]
                        tiles[tile, row - tile_row * _TILE_CELLS, column - tile_column * _TILE_CELLS] |= (
                            direction
                        )


class DrivableArea:
    """Raster of all driving lanes, cells of 0.25 m.

    Attributes:
        low_x: x of the raster's corner, m; low_y likewise.
        index: int32 [rows, columns] of tiles; 0 is the empty tile.
        tiles: uint8 [T, 256, 256]; bit k: the cell's centre is in a driving lane that heads k x 45 degrees, rounded.
    """

    def __init__(self, graph: LaneGraph) -> None:
        margin = float(graph.half_width.max()) + 1.0
        self.low_x = float(graph.x.min()) - margin
        self.low_y = float(graph.y.min()) - margin
        rows = int((graph.y.max() + margin - self.low_y) / _TILE_M) + 1
        columns = int((graph.x.max() + margin - self.low_x) / _TILE_M) + 1
        self.index = np.zeros((rows, columns), dtype=np.int32)
        self.tiles = np.zeros((1, _TILE_CELLS, _TILE_CELLS), dtype=np.uint8)
        lanes = (graph.x, graph.y, graph.yaw, graph.half_width, graph.segment)
        _fill(*lanes, self.low_x, self.low_y, self.index, self.tiles)
        used = np.flatnonzero(self.index)
        self.index.flat[used] = np.arange(1, len(used) + 1)
        self.tiles = np.zeros((len(used) + 1, _TILE_CELLS, _TILE_CELLS), dtype=np.uint8)
        _fill(*lanes, self.low_x, self.low_y, self.index, self.tiles)

    def contains(self, x: npt.ArrayLike, y: npt.ArrayLike) -> npt.NDArray[np.bool_]:
        """Tell for each point, REP-103 m in frame "map", whether it is in a driving lane."""
        column = np.floor((np.asarray(x) - self.low_x) / CELL_M).astype(np.int64)
        row = np.floor((np.asarray(y) - self.low_y) / CELL_M).astype(np.int64)
        tile_row, tile_column = row // _TILE_CELLS, column // _TILE_CELLS
        known = (row >= 0) & (column >= 0)
        known &= (tile_row < self.index.shape[0]) & (tile_column < self.index.shape[1])
        tile = self.index[np.where(known, tile_row, 0), np.where(known, tile_column, 0)]
        return np.asarray(known & (self.tiles[tile, row % _TILE_CELLS, column % _TILE_CELLS] != 0))
