"""Where pedestrians walk. CARLA's axes, metres."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt


class WalkwayKind(IntEnum):
    """What a walkway is, numbered as the areas of CARLA's navigation mesh (``carla::nav::NavAreas``)."""

    SIDEWALK = 1
    CROSSWALK = 2
    ROAD = 3
    """Only crossed, and only by those who dare to (``world.set_pedestrians_cross_factor``)."""
    GRASS = 4


@dataclass(frozen=True)
class Walkway:
    """A piece of walkable ground.

    Pieces may overlap or share parts of their edges: the one named first wins. Those of one way meet without a gap.

    Attributes:
        kind: what it is.
        corners: float64 [N, 3], N >= 3, convex as seen from above, in either direction around.
    """

    kind: WalkwayKind
    corners: npt.NDArray[np.float64]
