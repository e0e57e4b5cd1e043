"""Roads as strips of quads, for drawing them into grids. CARLA's axes, metres."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.road_network import Lane, Road, RoadNetwork, Section

Floats = npt.NDArray[np.float64]

STEP = 1.0
"""Length of quads along the road, m: in a bend of 10 m radius chords leave the curve by 13 mm."""


@dataclass(frozen=True)
class Strip:
    """A section of a road.

    Attributes:
        s: float64 [N].
        t: float64 [N, L + 1], borders from left to right.
        xy: float64 [N, L + 1, 2], where they are.
        z: float64 [N], height in the middle between the outermost borders.
        lanes: the L lanes between them.
    """

    road: Road
    section: Section
    s: Floats
    t: Floats
    xy: Floats
    z: Floats
    lanes: tuple[Lane, ...]


def places(poses: Floats, t: Floats) -> Floats:
    """Places beside a reference line: float64 [N, K, 2] of poses [N, 3] and t [N, K]."""
    heading = poses[:, 2, None]
    return np.stack(
        (poses[:, 0, None] + t * np.sin(heading), poses[:, 1, None] - t * np.cos(heading)), axis=2
    )


def strips(network: RoadNetwork, step: float = STEP) -> Iterator[Strip]:
    """All sections of all roads, in the order of the document."""
    for road in network.roads.values():
        for section in road.sections:
            s = road.samples(section.s, section.end, step)
            t = road.borders(section, s)
            z = road.surface_heights(s, 0.5 * (t[:, 0] + t[:, -1]), section)
            yield Strip(road, section, s, t, places(road.reference(s), t), z, section.lanes())


def quads_between(left: Floats, right: Floats) -> Floats:
    """Quads between two lines of N points: float64 [N - 1, 4, 2]."""
    return np.stack((left[:-1], left[1:], right[1:], right[:-1]), axis=1)
