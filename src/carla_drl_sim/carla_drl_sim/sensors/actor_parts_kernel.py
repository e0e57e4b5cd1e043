"""Compiled: puts the parts of all actors where the actors are."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]


@compiled
def place_parts(
    table: Any,
    bright: Ints,
    dim: Ints,
    steered: npt.NDArray[np.bool_],
    swing: Floats,
    first: Ints,
    length: Ints,
    start: Ints,
    position: Floats,
    axes: Floats,
    velocity: Floats,
    spin: Floats,
    steer: Floats,
    stride: Floats,
    flags: Ints,
    out: Any,
) -> None:
    """Place the parts of A actors.

    Args:
        table: `SceneParts` of all kinds of actors, in the actors' axes; bright, dim, steered, swing as `ActorParts`.
        first, length: int32 [A], the rows of each actor's kind.
        start: int32 [A], the rows of each actor in `out`.
        position, axes, velocity, spin: float64 [A, 3], [A, 3, 3], [A, 3] m/s and [A, 3] rad/s.
        steer, stride: float64 [A], angle of the front wheels and of the limbs, rad.
        flags: int32 [A], lights that are on.
        out: `SceneParts`; centre, axes, velocity, spin and glow are written.
    """
    local_centre, local_axes, local_extent = table.centre, table.axes, table.extent
    out_centre, out_axes, out_velocity, out_spin, out_glow = (
        out.centre,
        out.axes,
        out.velocity,
        out.spin,
        out.glow,
    )
    for n in range(len(first)):
        frame = axes[n]
        sin_steer, cos_steer = math.sin(steer[n]), math.cos(steer[n])
        sin_swing, cos_swing = math.sin(stride[n]), math.cos(stride[n])
        for m in range(length[n]):
            row, k = first[n] + m, start[n] + m
            cx, cy, cz = local_centre[row, 0], local_centre[row, 1], local_centre[row, 2]
            side = swing[row]
            if side != 0.0:
                # The limb hangs from its upper end and swings forward and back.
                cx += side * sin_swing * local_extent[row, 2]
                cz += (1.0 - cos_swing) * local_extent[row, 2]
            rx = cx * frame[0, 0] + cy * frame[1, 0] + cz * frame[2, 0]
            ry = cx * frame[0, 1] + cy * frame[1, 1] + cz * frame[2, 1]
            rz = cx * frame[0, 2] + cy * frame[1, 2] + cz * frame[2, 2]
            out_centre[k, 0] = position[n, 0] + rx
            out_centre[k, 1] = position[n, 1] + ry
            out_centre[k, 2] = position[n, 2] + rz
            for a in range(3):
                x, y, z = local_axes[row, a, 0], local_axes[row, a, 1], local_axes[row, a, 2]
                if steered[row]:
                    x, y = x * cos_steer - y * sin_steer, x * sin_steer + y * cos_steer
                if side != 0.0:
                    x, z = x * cos_swing - z * side * sin_swing, x * side * sin_swing + z * cos_swing
                for w in range(3):
                    out_axes[k, a, w] = x * frame[0, w] + y * frame[1, w] + z * frame[2, w]
            wx, wy, wz = spin[n, 0], spin[n, 1], spin[n, 2]
            out_velocity[k, 0] = velocity[n, 0] + wy * rz - wz * ry
            out_velocity[k, 1] = velocity[n, 1] + wz * rx - wx * rz
            out_velocity[k, 2] = velocity[n, 2] + wx * ry - wy * rx
            out_spin[k, 0], out_spin[k, 1], out_spin[k, 2] = wx, wy, wz
            glow = 0.0
            if flags[n] & bright[row]:
                glow = 1.0
            elif flags[n] & dim[row]:
                glow = 0.4
            out_glow[k] = glow
