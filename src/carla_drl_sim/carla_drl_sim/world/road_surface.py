"""How the surface of a road rises and falls across: banking, shape, and lanes that are level or raised.

As OpenDRIVE 1.4 has it: superelevation and crossfall bank the surface, shapes are heights over the banked plane, a lane
with the attribute level goes on outwards at the height of its inner border, and a lane's height records lift it off what
all these give. Places are s along the reference line and t to its left; lengths in m, angles in rad.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import road_kernel

Floats = npt.NDArray[np.float64]
LaneHeights = tuple[tuple[float, float, float], ...]
"""Records of s, and of the heights of the inner and the outer border over the road; linear between them."""


class Banking(NamedTuple):
    """How a road falls across.

    Attributes:
        superelevation: fall from left to right, cubics of an angle by s; empty: 0.
        left, right: fall of each side outwards, besides (crossfall), likewise.
        shape: float64 [K, 6] of s, t, a, b, c, d, ascending by s and t: at that s, from that t on the surface is higher
            by a + b dt + c dt^2 + d dt^3 with dt counted from there. Linear between two s.
    """

    superelevation: Floats
    left: Floats
    right: Floats
    shape: Floats = np.zeros((0, 6))

    @property
    def is_level(self) -> bool:
        """Whether the surface is level across."""
        return not (any(table[:, 1:].any() for table in self[:3]) or self.is_shaped)

    @property
    def is_shaped(self) -> bool:
        """Whether there is a shape."""
        return bool(self.shape[:, 2:].any())

    def rise(self, s: Floats, t: Floats) -> tuple[Floats, Floats, Floats]:
        """How much the banked plane is above the reference line, and its slopes along s and t; s [N], t [N, K]."""

        def slope_of(table: Floats) -> tuple[Floats, Floats]:
            angle, change = road_kernel.cubic_values(table, s)
            slope = np.tan(angle)
            return slope[:, None], ((1.0 + slope**2) * change)[:, None]

        (across, change), (left, left_change), (right, right_change) = map(slope_of, self[:3])
        across = across + np.where(t > 0.0, -left, right)
        change = change + np.where(t > 0.0, -left_change, right_change)
        return t * across, t * change, across

    def heights(self, s: Floats, t: Floats) -> Floats:
        """How much the surface is above the reference line, shape included; s [N], t [N, K]."""
        result = self.rise(s, t)[0]
        return result + _shape_heights(self.shape, s, t) if self.is_shaped else result


LEVEL = Banking(*3 * [np.zeros((0, 5))])


def _shape_heights(shape: Floats, s: Floats, t: Floats) -> Floats:
    """Heights of a shape at s [N] and t [N, K]."""
    places, first = np.unique(shape[:, 0], return_index=True)
    profiles = np.split(shape, first[1:])
    after = np.clip(np.searchsorted(places, s, side="right"), 0, len(places) - 1)
    before = np.maximum(np.searchsorted(places, s, side="right") - 1, 0)
    length = places[after] - places[before]
    share = np.where(length > 0.0, (s - places[before]) / np.where(length > 0.0, length, 1.0), 0.0)[:, None]
    return (
        _profile_heights(profiles, before, t) * (1.0 - share) + _profile_heights(profiles, after, t) * share
    )


def _profile_heights(profiles: Sequence[Floats], number: npt.NDArray[np.intp], t: Floats) -> Floats:
    """Heights at t [N, K] of the profile with each row's number; before the first polynomial its height is kept."""
    result = np.zeros(t.shape)
    for profile in np.unique(number):
        rows, table = number == profile, profiles[profile]
        at = np.maximum(np.searchsorted(table[:, 1], t[rows], side="right") - 1, 0)
        dt = np.maximum(t[rows] - table[at, 1], 0.0)
        a, b, c, d = (table[at, column] for column in range(2, 6))
        result[rows] = a + dt * (b + dt * (c + dt * d))
    return result


def lane_heights(
    plane: Callable[[Floats, Floats], Floats],
    sides: Sequence[tuple[Floats, Sequence[tuple[bool, LaneHeights]]]],
    s: Floats,
    t: Floats,
) -> Floats:
    """How much a surface with level or raised lanes is above the reference line.

    Args:
        plane: gives that without them, of s [N] and t [N, K].
        sides: of the left and of the right side, borders [N, L + 1] from the middle outwards, and of each lane whether
            it is level, and its heights. What is beyond the last border belongs to the last lane.
        s, t: float64 [N] and [N, K].
    """
    result = plane(s, t)
    for sign, (borders, lanes) in zip((1.0, -1.0), sides, strict=True):
        level: Floats | None = None
        for number, (is_level, records) in enumerate(lanes):
            inner, outer = borders[:, number, None], borders[:, number + 1, None]
            inside = sign * (t - inner) > 0.0
            if number + 1 < len(lanes):
                inside &= sign * (t - outer) <= 0.0
            if is_level and level is None:
                level = plane(s, inner)
            elif not is_level:
                level = None
            height = plane(s, t) if level is None else np.broadcast_to(level, t.shape)
            if records:
                starts, low, high = np.array(records).T
                width = np.maximum(np.abs(outer - inner), 1e-9)
                share = np.clip(np.abs(t - inner) / width, 0.0, 1.0)
                low_here, high_here = np.interp(s, starts, low)[:, None], np.interp(s, starts, high)[:, None]
                height = height + low_here + share * (high_here - low_here)
            result = np.where(inside, height, result)
    return result
