"""Colours of the ground for cameras: the covering, and coarser and coarser pictures of it for the distance."""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled_loops
from carla_drl_sim.world.ground import Covering, Surface
from carla_drl_sim.world.labels import Label

PALETTE_RGB = {
    Surface.TERRAIN: (98, 112, 62),
    Surface.ROAD: (86, 86, 88),
    Surface.LINE_WHITE: (228, 228, 224),
    Surface.LINE_YELLOW: (222, 172, 48),
    Surface.SIDEWALK: (158, 153, 145),
    Surface.PAVED: (124, 121, 116),
}
"""sRGB colours, chosen by eye."""

SURFACE_LABELS = np.array(
    [
        Label.TERRAIN,
        Label.ROADS,
        Label.ROAD_LINES,
        Label.ROAD_LINES,
        Label.SIDEWALKS,
        Label.GROUND,
    ],
    np.uint8,
)
"""Semantic label of each `Surface`."""

MAX_LEVELS = 9


class GroundTexture(NamedTuple):
    """For kernels.

    Attributes:
        x, y, cell: corner and side of the covering's cells.
        surface: uint8 [My, Mx] of `Surface`.
        palette: uint32 [6], 0x00rrggbb of each surface.
        coarse: uint32, the pictures of levels 1 to L one after the other; a texel of level n is 2^n cells wide.
        levels: int64 [3, L + 1], where each level begins in `coarse`, its rows and columns; level 0 is `surface`.
    """

    x: float
    y: float
    cell: float
    surface: npt.NDArray[np.uint8]
    palette: npt.NDArray[np.uint32]
    coarse: npt.NDArray[np.uint32]
    levels: npt.NDArray[np.int64]


@compiled_loops
def _first_level(surface: npt.NDArray[np.uint8], linear: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Means of 2 x 2 cells, float32 [rows, columns, 3]; an odd edge is repeated."""
    rows, columns = (surface.shape[0] + 1) // 2, (surface.shape[1] + 1) // 2
    result = np.empty((rows, columns, 3), np.float32)
    for j in range(rows):
        below = min(2 * j + 1, surface.shape[0] - 1)
        for i in range(columns):
            right = min(2 * i + 1, surface.shape[1] - 1)
            a, b = surface[2 * j, 2 * i], surface[2 * j, right]
            c, d = surface[below, 2 * i], surface[below, right]
            for channel in range(3):
                result[j, i, channel] = np.float32(0.25) * (
                    linear[a, channel] + linear[b, channel] + linear[c, channel] + linear[d, channel]
                )
    return result


@compiled_loops
def _halved(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Means of 2 x 2 texels; an odd edge is repeated."""
    rows, columns = (picture.shape[0] + 1) // 2, (picture.shape[1] + 1) // 2
    result = np.empty((rows, columns, 3), np.float32)
    for j in range(rows):
        below = min(2 * j + 1, picture.shape[0] - 1)
        for i in range(columns):
            right = min(2 * i + 1, picture.shape[1] - 1)
            for channel in range(3):
                result[j, i, channel] = np.float32(0.25) * (
                    picture[2 * j, 2 * i, channel]
                    + picture[2 * j, right, channel]
                    + picture[below, 2 * i, channel]
                    + picture[below, right, channel]
                )
    return result


@compiled_loops
def _packed(picture: npt.NDArray[np.float32], out: npt.NDArray[np.uint32]) -> None:
    """Display codes (square roots) as 0x00rrggbb into `out` [rows * columns]."""
    columns = picture.shape[1]
    for j in range(picture.shape[0]):
        for i in range(columns):
            code = 0
            for channel in range(3):
                value = math.sqrt(picture[j, i, channel]) * np.float32(255.0) + np.float32(0.5)
                code = (code << 8) | int(value)
            out[j * columns + i] = np.uint32(code)


def ground_texture(covering: Covering) -> GroundTexture:
    """Colour pyramid of a covering; light is averaged as light (squared codes), so that lines fade as they do."""
    colors = np.array([PALETTE_RGB[surface] for surface in Surface], np.uint32)
    palette = (colors[:, 0] << 16) | (colors[:, 1] << 8) | colors[:, 2]
    linear = (colors.astype(np.float32) / np.float32(255.0)) ** 2
    surface = np.ascontiguousarray(covering.surface, np.uint8)
    start, rows, columns = [0], [surface.shape[0]], [surface.shape[1]]
    pieces: list[npt.NDArray[np.uint32]] = []
    picture = _first_level(surface, linear)
    total = 0
    while len(start) <= MAX_LEVELS:
        start.append(total)
        rows.append(picture.shape[0])
        columns.append(picture.shape[1])
        pieces.append(np.empty(picture.shape[0] * picture.shape[1], np.uint32))
        _packed(picture, pieces[-1])
        total += pieces[-1].size
        if max(picture.shape[:2]) <= 1:
            break
        picture = _halved(picture)
    return GroundTexture(
        float(covering.origin[0]),
        float(covering.origin[1]),
        float(covering.cell),
        surface,
        palette.astype(np.uint32),
        np.concatenate(pieces),
        np.array((start, rows, columns), np.int64),
    )
