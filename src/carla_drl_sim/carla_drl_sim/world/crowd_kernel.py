"""Compiled: keeps walkers apart from each other."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled

Floats = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


@compiled
def part_walkers(
    chosen: npt.NDArray[np.int64],
    movable: Bools,
    radius: Floats,
    half_height: Floats,
    position: Floats,
    velocity: Floats,
) -> None:
    """Push overlapping walkers apart and take away the speed at which they close in, one pair after the other.

    Of two that can move each gives way by half and keeps the mean of their speeds towards each other; one that can move
    gives way to one that cannot. Pairs are found by sweep and prune along x; the order of the walkers in `chosen` decides
    between equal places, so that runs repeat.

    Args:
        chosen: slots [K] of the walkers that take part.
        movable: bool [C], whether a walker can be pushed.
        radius, half_height, position, velocity: as in ``Walkers``.
    """
    x = position[chosen, 0]
    order = np.argsort(x, kind="mergesort")
    widest = 0.0
    for slot in chosen:
        widest = max(widest, radius[slot])
    for first in range(order.size):
        a = chosen[order[first]]
        for second in range(first + 1, order.size):
            if x[order[second]] - x[order[first]] >= radius[a] + widest:
                break
            b = chosen[order[second]]
            away_x, away_y = position[b, 0] - position[a, 0], position[b, 1] - position[a, 1]
            least = radius[a] + radius[b]
            if abs(away_y) >= least or not (movable[a] or movable[b]):
                continue
            far = math.hypot(away_x, away_y)
            if far >= least or abs(position[b, 2] - position[a, 2]) >= half_height[a] + half_height[b]:
                continue
            normal_x, normal_y = (away_x / far, away_y / far) if far > 0.0 else (1.0, 0.0)
            share_a = 0.5 if movable[b] else 1.0
            share_a = share_a if movable[a] else 0.0
            closing = (velocity[a, 0] - velocity[b, 0]) * normal_x
            closing += (velocity[a, 1] - velocity[b, 1]) * normal_y
            closing = max(closing, 0.0)
            for sign, slot, share in ((-1.0, a, share_a), (1.0, b, 1.0 - share_a)):
                position[slot, 0] += sign * share * (least - far) * normal_x
                position[slot, 1] += sign * share * (least - far) * normal_y
                velocity[slot, 0] += sign * share * closing * normal_x
                velocity[slot, 1] += sign * share * closing * normal_y
