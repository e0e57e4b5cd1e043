"""The town from above as an image of bit masks, drawn once per session: what bird's-eye observations are cut from."""

from __future__ import annotations

import itertools
import logging
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import carla
import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.conversion import points_to_rep103
from carla_sensor_bridge.drivable import CELL_M, DrivableArea
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.stop_lines import STOP_SIGN, StopLines

Array = npt.NDArray[np.float64]
Cells = npt.NDArray[np.uint8]

MAX_CELLS: Final = 32 * 2**20
"""Towns that would need more cells of `CELL_M` get larger ones."""

_DASH_M: Final = 3.0
_STOP_LINE_M: Final = 0.5
# Broken lines are drawn as dashes, the second of a pair of lines as part of the first.
_DASHED: Final = ("Broken", "BrokenBroken", "BottsDots")
_UNMARKED: Final = ("NONE", "Grass")


@dataclass(frozen=True)
class TownRaster:
    """What is in the ring's static arrays for rasters; see `carla_drl_msgs/FrameLayout`."""

    cells: Cells
    """[rows, columns] bits MAP_*; row 0 at the least y, column 0 at the least x."""
    x: float
    """Corner of cell [0, 0], m, REP-103; y likewise."""
    y: float
    cell_m: float
    light_lines: npt.NDArray[np.float32]
    """[L, NUM_LIGHT_LINE] where vehicles stop for traffic lights."""
    lights: npt.NDArray[np.int64]
    """[L] index into the stop lines' `light_ids` of each one's light."""

    @property
    def num_lights(self) -> int:
        """L."""
        return len(self.lights)

    def static_arrays(self) -> dict[str, npt.NDArray[Any]]:
        """Return the arrays by their names in the ring."""
        return {
            "map_raster": self.cells,
            "map_frame": np.array([self.x, self.y, self.cell_m], np.float32),
            "light_lines": self.light_lines,
        }


def build_town_raster(
    carla_map: carla.Map, graph: LaneGraph, area: DrivableArea, stop_lines: StopLines, log: logging.Logger
) -> TownRaster:
    """Draw the driving lanes, lane markings, crossings and stop lines of a map."""
    factor, tile_cells = 1, area.tiles.shape[1]
    while area.index.size * (tile_cells // factor) ** 2 > MAX_CELLS and factor < tile_cells:
        factor *= 2
    canvas = _Canvas(area, factor)
    if factor > 1:
        log.info(
            "the town is large: its raster has %g m per cell instead of %g m, %d x %d cells",
            canvas.cell_m,
            CELL_M,
            *canvas.cells.shape,
        )
    marked = _marked(carla_map, graph)
    for side, column in ((1.0, 0), (-1.0, 1)):
        _draw_markings(canvas, graph, marked[:, column], side)
    for polygon in _crossings(carla_map):
        canvas.fill(polygon, col.MAP_CROSSING)
    lines = _line_poses(graph, stop_lines)
    for line in lines:
        canvas.dot(*_across(line, canvas.cell_m), col.MAP_STOP_LINE)
    for_light = stop_lines.light != STOP_SIGN
    return TownRaster(
        cells=canvas.cells,
        x=area.low_x,
        y=area.low_y,
        cell_m=canvas.cell_m,
        light_lines=lines[for_light].astype(np.float32),
        lights=stop_lines.light[for_light],
    )


class _Canvas:
    """The image while it is drawn; all coordinates are REP-103 m in frame "map"."""

    def __init__(self, area: DrivableArea, factor: int) -> None:
        """Draw the driving lanes; a cell takes the place of `factor` x `factor` cells of `area`."""
        self.cell_m = CELL_M * factor
        self._x, self._y = area.low_x, area.low_y
        side = area.tiles.shape[1] // factor
        rows, columns = area.index.shape
        self.cells: Cells = np.zeros((rows * side, columns * side), np.uint8)
        for row, column in np.argwhere(area.index):
            tile = area.tiles[area.index[row, column]] != 0
            road = tile.reshape(side, factor, side, factor).any(axis=(1, 3))
            self.cells[row * side : (row + 1) * side, column * side : (column + 1) * side] = road * np.uint8(
                col.MAP_ROAD
            )

    def dot(self, x: Array, y: Array, bit: int) -> None:
        """Set a bit of the cells that hold the points."""
        column = np.floor((x - self._x) / self.cell_m).astype(np.int64)
        row = np.floor((y - self._y) / self.cell_m).astype(np.int64)
        there = (row >= 0) & (row < self.cells.shape[0]) & (column >= 0) & (column < self.cells.shape[1])
        self.cells[row[there], column[there]] |= np.uint8(bit)

    def fill(self, polygon: Array, bit: int) -> None:
        """Set a bit of the cells whose centres are in a polygon [K, 2] (even-odd rule)."""
        low = np.floor((polygon.min(axis=0) - (self._x, self._y)) / self.cell_m).astype(np.int64)
        high = np.ceil((polygon.max(axis=0) - (self._x, self._y)) / self.cell_m).astype(np.int64)
        low = np.maximum(low, 0)
        high = np.minimum(high, self.cells.shape[::-1])
        if (high <= low).any():
            return
        x = self._x + (np.arange(low[0], high[0]) + 0.5) * self.cell_m
        y = self._y + (np.arange(low[1], high[1])[:, None] + 0.5) * self.cell_m
        inside = np.zeros((len(y), len(x)), np.bool_)
        for (ax, ay), (bx, by) in itertools.pairwise([polygon[-1], *polygon]):
            if ay != by:
                crossed = (y < ay) != (y < by)
                inside ^= crossed & (x < ax + (y - ay) * (bx - ax) / (by - ay))
        self.cells[low[1] : high[1], low[0] : high[0]][inside] |= np.uint8(bit)


def _marked(carla_map: carla.Map, graph: LaneGraph) -> npt.NDArray[np.bool_]:
    """Tell for every point of a graph whether a marking is painted at its left and right edge, [P, 2]."""
    marked = np.zeros((len(graph.x), 2), np.bool_)
    points = zip(graph.x.tolist(), (-graph.y).tolist(), graph.z.tolist(), graph.s.tolist(), strict=True)
    for point, (x, y, z, s) in enumerate(points):
        waypoint = carla_map.get_waypoint(carla.Location(x, y, z))
        if waypoint is None:
            continue
        for side, marking in enumerate((waypoint.left_lane_marking, waypoint.right_lane_marking)):
            kind = "NONE" if marking is None else marking.type.name
            if kind in _DASHED:
                # Both directions share a centre line; the dashes of one of them are enough.
                shared = side == 0 and waypoint.lane_id == 1 and waypoint.get_left_lane() is not None
                marked[point, side] = not shared and s // _DASH_M % 2 == 0
            else:
                marked[point, side] = kind not in _UNMARKED
    return marked


def _draw_markings(canvas: _Canvas, graph: LaneGraph, marked: npt.NDArray[np.bool_], side: float) -> None:
    x = graph.x - side * np.sin(graph.yaw) * graph.half_width
    y = graph.y + side * np.cos(graph.yaw) * graph.half_width
    first = np.flatnonzero(marked[:-1] & (graph.segment[:-1] == graph.segment[1:]))
    longest = np.hypot(x[first + 1] - x[first], y[first + 1] - y[first]).max(initial=0.0)
    for share in np.linspace(0.0, 1.0, math.ceil(longest / (0.5 * canvas.cell_m)) + 1):
        canvas.dot(
            x[first] + share * (x[first + 1] - x[first]),
            y[first] + share * (y[first + 1] - y[first]),
            col.MAP_LANE_MARKING,
        )


def _line_poses(graph: LaneGraph, stop_lines: StopLines) -> Array:
    """Return the stop lines as [Q, NUM_LIGHT_LINE]."""
    poses = np.zeros((len(stop_lines.s), col.NUM_LIGHT_LINE))
    segments = np.repeat(np.arange(graph.num_segments), np.diff(stop_lines.first))
    for pose, segment, s in zip(poses, segments.tolist(), stop_lines.s.tolist(), strict=True):
        points = graph.points(segment)
        place = graph.s[points]
        pose[col.LIGHT_LINE_X] = np.interp(s, place, graph.x[points])
        pose[col.LIGHT_LINE_Y] = np.interp(s, place, graph.y[points])
        pose[col.LIGHT_LINE_YAW] = np.interp(s, place, np.unwrap(graph.yaw[points]))
        pose[col.LIGHT_LINE_WIDTH] = 2.0 * np.interp(s, place, graph.half_width[points])
    return poses


def _across(line: Array, cell_m: float) -> tuple[Array, Array]:
    """Return points all over a painted stop line, at most half a cell apart."""
    x, y, yaw, width = line
    aside = np.linspace(-0.5 * width, 0.5 * width, math.ceil(2.0 * width / cell_m) + 1)[:, None]
    along = np.linspace(-0.5 * _STOP_LINE_M, 0.5 * _STOP_LINE_M, math.ceil(2.0 * _STOP_LINE_M / cell_m) + 1)
    return (
        (x + np.cos(yaw) * along - np.sin(yaw) * aside).ravel(),
        (y + np.sin(yaw) * along + np.cos(yaw) * aside).ravel(),
    )


def _crossings(carla_map: carla.Map) -> Iterator[Array]:
    """Yield the crossings' outlines, [K, 2] REP-103.

    `get_crosswalks` gives all corners in one list; each outline ends where it began.
    """
    corners = [(at.x, at.y, at.z) for at in carla_map.get_crosswalks()]
    outline: list[tuple[float, float, float]] = []
    for corner in corners:
        if outline and corner == outline[0]:
            yield points_to_rep103(np.array(outline))[:, :2]
            outline = []
        else:
            outline.append(corner)
