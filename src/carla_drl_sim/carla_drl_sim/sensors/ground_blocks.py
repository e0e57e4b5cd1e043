"""The ground in blocks, so that rays pass quickly over what they cannot touch."""

from __future__ import annotations

from typing import NamedTuple
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.ground_blocks_kernel import BLOCK_CELLS, fill_blocks
from carla_drl_sim.sensors.scene import GroundArrays, StaticScene


class GroundBlocks(NamedTuple):
    """Bounds of the ground over blocks of `BLOCK_CELLS` x `BLOCK_CELLS` cells of the height grid, for kernels.

    Attributes:
        highest: float64 [By, Bx], highest point of ground and decks.
        slope: float64 [By, Bx], greatest slope of the ground.
        has_deck: bool [By, Bx], whether a road crosses above the ground.
    """

    highest: npt.NDArray[np.float64]
    slope: npt.NDArray[np.float64]
    has_deck: npt.NDArray[np.bool_]


_blocks: WeakKeyDictionary[StaticScene, GroundBlocks] = WeakKeyDictionary()


def ground_blocks(scene: StaticScene) -> GroundBlocks:
    """The blocks of a scene, worked out once."""
    found = _blocks.get(scene.base)
    if found is None:
        found = _blocks[scene.base] = make_blocks(scene.ground)
    return found


def make_blocks(ground: GroundArrays) -> GroundBlocks:
    """The blocks of a ground."""
    rows, columns = ground.ground.shape
    shape = (max(1, -(-(rows - 1) // BLOCK_CELLS)), max(1, -(-(columns - 1) // BLOCK_CELLS)))
    blocks = GroundBlocks(np.empty(shape), np.empty(shape), np.empty(shape, np.bool_))
    fill_blocks(ground, *blocks)
    return blocks
