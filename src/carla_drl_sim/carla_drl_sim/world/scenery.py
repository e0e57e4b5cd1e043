"""What stands in a town and never moves: buildings, trees, poles, walls. CARLA's axes, metres, degrees."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.labels import Label


class Shape(IntEnum):
    """Form of a part; it fills its box."""

    BOX = 0
    CYLINDER = 1
    """Upright: its axis is the part's z axis."""
    ELLIPSOID = 2


@dataclass(frozen=True)
class Parts:
    """Simple solids that make up what cameras and lidars see and what vehicles hit.

    Attributes:
        shape: uint8 [K] of `Shape`.
        centre: float64 [K, 3].
        yaw_deg: float64 [K]; static parts stand upright.
        extent: float64 [K, 3], half sizes along the part's own axes.
        label: uint8 [K] of `Label`.
        color: uint8 [K, 3], red, green, blue.
        object_id: int64 [K], the object that the part belongs to.
        solid: bool [K], whether vehicles and walkers collide with it.
    """

    shape: npt.NDArray[np.uint8]
    centre: npt.NDArray[np.float64]
    yaw_deg: npt.NDArray[np.float64]
    extent: npt.NDArray[np.float64]
    label: npt.NDArray[np.uint8]
    color: npt.NDArray[np.uint8]
    object_id: npt.NDArray[np.int64]
    solid: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return int(self.shape.size)


@dataclass(frozen=True)
class SceneryObject:
    """One object as ``carla.EnvironmentObject`` tells of it: a name, a label and a box around its parts."""

    id: int
    name: str
    label: Label
    centre: tuple[float, float, float]
    yaw_deg: float
    extent: tuple[float, float, float]


@dataclass(frozen=True)
class Scenery:
    """All static objects of a town and the parts they are made of."""

    objects: tuple[SceneryObject, ...]
    parts: Parts


def no_parts() -> Parts:
    """Nothing."""
    return Parts(
        shape=np.empty(0, np.uint8),
        centre=np.empty((0, 3)),
        yaw_deg=np.empty(0),
        extent=np.empty((0, 3)),
        label=np.empty(0, np.uint8),
        color=np.empty((0, 3), np.uint8),
        object_id=np.empty(0, np.int64),
        solid=np.empty(0, np.bool_),
    )
