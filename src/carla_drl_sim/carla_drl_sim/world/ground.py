"""The ground of a town: how high it is, and what covers it. CARLA's axes, metres."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt


class Surface(IntEnum):
    """What covers a cell of the ground."""

    TERRAIN = 0
    ROAD = 1
    LINE_WHITE = 2
    LINE_YELLOW = 3
    SIDEWALK = 4
    PAVED = 5
    """Shoulders, parking places, medians."""


@dataclass(frozen=True)
class Heights:
    """Height over a grid of nodes, bilinear between them and constant beyond the edges.

    Attributes:
        origin: x and y of node [0, 0].
        cell: distance between nodes.
        ground: float32 [Ny, Nx], height of the ground; node [j, i] is at (x + i * cell, y + j * cell).
        deck: float32 [Ny, Nx], height of a road that crosses above the ground, NaN where there is none.
    """

    origin: tuple[float, float]
    cell: float
    ground: npt.NDArray[np.float32]
    deck: npt.NDArray[np.float32]

    @property
    def is_flat(self) -> bool:
        """Whether the whole ground is one horizontal plane without bridges."""
        return self.ground.size == 1 and bool(np.isnan(self.deck).all())


@dataclass(frozen=True)
class Covering:
    """What covers the ground, as a picture seen from above.

    Attributes:
        origin: x and y of the corner of cell [0, 0].
        cell: side of a cell.
        surface: uint8 [My, Mx] of `Surface`; cell [j, i] covers x + i * cell to x + (i + 1) * cell. Beyond: TERRAIN.
    """

    origin: tuple[float, float]
    cell: float
    surface: npt.NDArray[np.uint8]


def flat(height: float = 0.0) -> Heights:
    """A horizontal plane."""
    return Heights((0.0, 0.0), 1.0, np.full((1, 1), height, np.float32), np.full((1, 1), np.nan, np.float32))
