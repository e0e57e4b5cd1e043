"""Compiled drawing into grids: areas, striped areas, heights. Coordinates are in cells: x is the column, y the row."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled, compiled_inner, compiled_inner_maker

Floats = npt.NDArray[np.float64]
Bytes = npt.NDArray[np.uint8]
Grid = npt.NDArray[np.float32]


@compiled_inner
def _span(corners: Any, y: float) -> tuple[float, float]:
    """Least and greatest x of a triangle at height `y`; the first is greater where there is none."""
    low, high = np.inf, -np.inf
    for k in range(3):
        ax, ay = corners[k, 0], corners[k, 1]
        bx, by = corners[(k + 1) % 3, 0], corners[(k + 1) % 3, 1]
        if (ay <= y < by) or (by <= y < ay):
            x = ax + (y - ay) * (bx - ax) / (by - ay)
            low, high = min(low, x), max(high, x)
    return low, high


@compiled_inner_maker
def _fill_triangle(cells: Bytes, corners: Floats, value: int) -> None:
    rows, columns = cells.shape
    first = max(math.ceil(corners[:, 1].min() - 0.5), 0)
    last = min(math.floor(corners[:, 1].max() - 0.5), rows - 1)
    for j in range(first, last + 1):
        low, high = _span(corners, j + 0.5)
        if low <= high:
            start, stop = max(math.ceil(low - 0.5), 0), min(math.ceil(high - 0.5), columns)
            for i in range(start, stop):
                cells[j, i] = value


@compiled
def fill_quads(cells: Bytes, quads: Floats, values: Bytes) -> None:
    """Set all cells whose middles are in a quad.

    Args:
        cells: uint8 [rows, columns], changed.
        quads: float64 [N, 4, 2], corners in order around.
        values: uint8 [N], later ones overwrite earlier ones.
    """
    corners = np.empty((3, 2))
    for n in range(quads.shape[0]):
        for half in range(2):
            for k in range(3):
                corners[k] = quads[n, (k + 2 * half) % 4]
            _fill_triangle(cells, corners, values[n])


@compiled
def fill_striped(
    cells: Bytes, outline: Floats, value: int, across_x: float, across_y: float, period: float, share: float
) -> None:
    """Set the cells of a polygon that lie on its stripes.

    Args:
        cells: uint8 [rows, columns], changed.
        outline: float64 [N, 2], any simple polygon.
        value: what to set.
        across_x, across_y: unit vector across the stripes.
        period: distance of stripes, in cells; they are counted from the polygon's edge on that side.
        share: part of the period that is painted.
    """
    rows, columns = cells.shape
    count = outline.shape[0]
    crossings = np.empty(count)
    edge = np.inf
    for k in range(count):
        edge = min(edge, outline[k, 0] * across_x + outline[k, 1] * across_y)
    first = max(math.ceil(outline[:, 1].min() - 0.5), 0)
    last = min(math.floor(outline[:, 1].max() - 0.5), rows - 1)
    for j in range(first, last + 1):
        y = j + 0.5
        found = 0
        for k in range(count):
            ax, ay = outline[k, 0], outline[k, 1]
            bx, by = outline[(k + 1) % count, 0], outline[(k + 1) % count, 1]
            if (ay <= y < by) or (by <= y < ay):
                crossings[found] = ax + (y - ay) * (bx - ax) / (by - ay)
                found += 1
        inside = np.sort(crossings[:found])
        for pair in range(found // 2):
            start = max(math.ceil(inside[2 * pair] - 0.5), 0)
            stop = min(math.ceil(inside[2 * pair + 1] - 0.5), columns)
            for i in range(start, stop):
                place = ((i + 0.5) * across_x + y * across_y - edge) / period
                # Stripes are in the middles of their periods, so that both edges look alike.
                if abs(place - math.floor(place) - 0.5) <= 0.5 * share:
                    cells[j, i] = value


@compiled
def spread_heights(low: Grid, high: Grid, quads: Floats, z: Floats) -> None:
    """Lower `low` and raise `high` to the heights of quads at all nodes inside of them.

    Args:
        low, high: float32 [rows, columns], infinite and minus infinite where nothing is, changed.
        quads: float64 [N, 4, 2], corners in order around, in nodes.
        z: float64 [N, 4], their heights; between them a quad is two flat triangles.
    """
    rows, columns = low.shape
    corners, height = np.empty((3, 2)), np.empty(3)
    for n in range(quads.shape[0]):
        for half in range(2):
            for k in range(3):
                corners[k] = quads[n, (k + 2 * half) % 4]
                height[k] = z[n, (k + 2 * half) % 4]
            ax, ay = corners[1, 0] - corners[0, 0], corners[1, 1] - corners[0, 1]
            bx, by = corners[2, 0] - corners[0, 0], corners[2, 1] - corners[0, 1]
            area = ax * by - ay * bx
            if abs(area) < 1e-12:
                continue
            rise_a, rise_b = height[1] - height[0], height[2] - height[0]
            slope_x = (rise_a * by - rise_b * ay) / area
            slope_y = (rise_b * ax - rise_a * bx) / area
            first = max(math.ceil(corners[:, 1].min()), 0)
            last = min(math.floor(corners[:, 1].max()), rows - 1)
            for j in range(first, last + 1):
                left, right = _span(corners, float(j))
                if left <= right:
                    for i in range(max(math.ceil(left), 0), min(math.floor(right), columns - 1) + 1):
                        value = height[0] + slope_x * (i - corners[0, 0]) + slope_y * (j - corners[0, 1])
                        low[j, i] = min(low[j, i], value)
                        high[j, i] = max(high[j, i], value)


@compiled
def relax(values: Grid, known: npt.NDArray[np.bool_], sweeps: int) -> None:
    """Pull unknown nodes to the mean of their neighbours, `sweeps` times (Gauss-Seidel, edges are level)."""
    rows, columns = values.shape
    for _ in range(sweeps):
        for j in range(rows):
            up, down = max(j - 1, 0), min(j + 1, rows - 1)
            for i in range(columns):
                if not known[j, i]:
                    left, right = max(i - 1, 0), min(i + 1, columns - 1)
                    values[j, i] = 0.25 * (
                        values[up, i] + values[down, i] + values[j, left] + values[j, right]
                    )


@compiled
def split_layers(
    core_low: Grid, core_high: Grid, wide_low: Grid, wide_high: Grid, least: float
) -> tuple[Grid, Grid]:
    """Height of the ground and of decks where roads cover it, NaN elsewhere.

    Args:
        core_low, core_high: lowest and highest road surface at each node, infinite where none is.
        wide_low, wide_high: the same for roads with wider edges, which count where no road proper is.
        least: surfaces that are further apart than this are two layers.
    """
    ground, deck = np.full(core_low.shape, np.nan, np.float32), np.full(core_low.shape, np.nan, np.float32)
    rows, columns = core_low.shape
    for j in range(rows):
        for i in range(columns):
            bottom, top = wide_low[j, i], wide_high[j, i]
            if bottom > top:
                continue
            low, high = core_low[j, i], core_high[j, i]
            is_core = low <= high
            if top - bottom > least:
                ground[j, i] = low if is_core and low - bottom < least else bottom
                deck[j, i] = high if is_core and top - high < least else top
            elif is_core:
                ground[j, i] = 0.5 * (low + high)
            else:
                ground[j, i] = 0.5 * (bottom + top)
    return ground, deck


@compiled
def grow_decks(ground: Grid, deck: Grid, steps: int, jump: float, clear: bool) -> None:
    """Let decks spread over neighbouring nodes of the same road.

    Args:
        ground, deck: as of `split_layers`, changed.
        steps: number of nodes to spread over.
        jump: neighbours whose heights differ by more are another road.
        clear: whether the ground below is forgotten (NaN), or stays at the height of the road.
    """
    rows, columns = ground.shape
    for _ in range(steps):
        before = deck.copy()
        for j in range(rows):
            for i in range(columns):
                if not math.isnan(before[j, i]) or math.isnan(ground[j, i]):
                    continue
                for k in range(4):
                    v, u = j + (k == 0) - (k == 1), i + (k == 2) - (k == 3)
                    if (
                        0 <= v < rows
                        and 0 <= u < columns
                        and not math.isnan(before[v, u])
                        and abs(before[v, u] - ground[j, i]) < jump
                    ):
                        deck[j, i] = ground[j, i]
                        if clear:
                            ground[j, i] = np.nan
                        break


@compiled
def close_gaps(cells: Bytes, largest: int, value: int) -> None:
    """Set connected areas of zeros that do not touch the edge and have at most `largest` cells."""
    rows, columns = cells.shape
    seen = np.zeros((rows, columns), np.bool_)
    area = np.empty(rows * columns, np.int32)
    for j in range(rows):
        for i in range(columns):
            if cells[j, i] != 0 or seen[j, i]:
                continue
            area[0] = j * columns + i
            seen[j, i] = True
            size, done, is_open = 1, 0, False
            while done < size:
                v, u = area[done] // columns, area[done] % columns
                done += 1
                if v == 0 or u == 0 or v == rows - 1 or u == columns - 1:
                    is_open = True
                for k in range(4):
                    b, a = v + (k == 0) - (k == 1), u + (k == 2) - (k == 3)
                    if 0 <= b < rows and 0 <= a < columns and cells[b, a] == 0 and not seen[b, a]:
                        seen[b, a] = True
                        area[size] = b * columns + a
                        size += 1
            if not is_open and size <= largest:
                for n in range(size):
                    cells[area[n] // columns, area[n] % columns] = value
