"""Colours of the ground for cameras: the covering, and coarser and coarser pictures of it for the distance."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

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


def _halved(picture: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
    """Means of 2 x 2 texels; an odd edge is repeated."""
    rows, columns = picture.shape[:2]
    padded = np.pad(picture, ((0, rows % 2), (0, columns % 2), (0, 0)), mode="edge")
    return np.asarray(
        0.25 * (padded[::2, ::2] + padded[1::2, ::2] + padded[::2, 1::2] + padded[1::2, 1::2]), np.float32
    )


def _packed(linear: npt.NDArray[np.float32]) -> npt.NDArray[np.uint32]:
    code = (np.sqrt(linear) * 255.0 + 0.5).astype(np.uint32)
    return np.asarray((code[..., 0] << 16) | (code[..., 1] << 8) | code[..., 2], np.uint32)


def ground_texture(covering: Covering) -> GroundTexture:
    """Colour pyramid of a covering; light is averaged as light (squared codes), so that lines fade as they do."""
    colors = np.array([PALETTE_RGB[surface] for surface in Surface], np.uint32)
    palette = (colors[:, 0] << 16) | (colors[:, 1] << 8) | colors[:, 2]
    linear = (colors.astype(np.float32) / np.float32(255.0)) ** 2
    surface = np.ascontiguousarray(covering.surface, np.uint8)
    start, rows, columns = [0], [surface.shape[0]], [surface.shape[1]]
    pieces: list[npt.NDArray[np.uint32]] = []
    # Strips keep the memory small: the first halving is done on 256 rows of cells at a time.
    strips = [_halved(linear[surface[row : row + 256]]) for row in range(0, surface.shape[0], 256)]
    picture = np.concatenate(strips)
    total = 0
    while len(start) <= MAX_LEVELS:
        start.append(total)
        rows.append(picture.shape[0])
        columns.append(picture.shape[1])
        pieces.append(_packed(picture).reshape(-1))
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
