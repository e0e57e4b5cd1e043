"""A town: an OpenDRIVE map and the places where vehicles may start."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.signals import Signal


@dataclass(frozen=True)
class Town:
    """A map and its spawn points.

    Attributes:
        name: CARLA map name, for example Town01.
        opendrive: OpenDRIVE document.
        spawn_points: float64 [K, 6]: x, y, z in m and pitch, yaw, roll in degrees, in CARLA's left-handed axes;
            on driving lanes, along the lane. In random order, so that the first N are spread over the town.
        signals: traffic lights and signs.
    """

    name: str
    opendrive: str
    spawn_points: npt.NDArray[np.float64]
    signals: tuple[Signal, ...] = ()
