"""Compiled: what sun, sky, head lamps give to a surface, and what the shading kernels share.

Shading works on rows of numbers, float32 [NUM_ROWS, W]: the pixels' linear red, green and blue, and four of scratch.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.lighting import (
    BOUNCE,
    HORIZON,
    SKY_LIGHT,
    SMOOTH,
    SUN,
    ZENITH,
)
from carla_drl_sim.world.compiled import compiled_loops_inner, compiled_loops_inner_maker

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]

PAINT, GLASS, LAMP, FACADE, FOLIAGE, HEAD_LAMP = 1, 2, 3, 4, 5, 6
"""Values of `scene.Material`."""

ZERO, ONE = np.float32(0.0), np.float32(1.0)
BYTE, EIGHT, SMOOTH_BITS = np.uint32(255), np.uint32(8), np.uint32(SMOOTH)
RED, GREEN, BLUE, U, V, W, S, NUM_ROWS = 0, 1, 2, 3, 4, 5, 6, 8


@compiled_loops_inner
def light_on(lights: Floats32, towards: float, nz: float, channel: int) -> float:
    """Light on a surface whose normal has these shares towards the sun and up."""
    facing = max(0.0, towards)
    up = 0.5 + 0.5 * nz
    return float(
        lights[SUN, channel] * facing + lights[SKY_LIGHT, channel] * up + lights[BOUNCE, channel] * (1.0 - up)
    )


@compiled_loops_inner
def sky_at(lights: Floats32, up: float, channel: int) -> float:
    """The sky's colour towards an elevation (sine), without sun and clouds."""
    k = 1.0 / (1.0 + 4.0 * max(up, 0.0))
    return float(lights[ZENITH, channel] + (lights[HORIZON, channel] - lights[ZENITH, channel]) * k * k)


@compiled_loops_inner_maker
def nearest_lamps(lamps: Floats, camera: Floats) -> Floats:
    """Up to 12 of the lamps within 80 m of the camera, the nearest first."""
    away = np.empty(len(lamps))
    near = 0
    for n in range(len(lamps)):
        away[n] = 0.0
        for a in range(3):
            away[n] += (lamps[n, a] - camera[3, a]) ** 2
        near += 1 if away[n] < 6400.0 else 0
    order = np.argsort(away, kind="mergesort")[: min(near, 12)]
    return lamps[order]


@compiled_loops_inner
def lamp_light(lamps: Floats, x: float, y: float, z: float) -> float:
    """White light of head lamps, float64 [L, 7] of place, direction and strength, at a point."""
    total = 0.0
    for lamp in range(len(lamps)):
        dx, dy, dz = x - lamps[lamp, 0], y - lamps[lamp, 1], z - lamps[lamp, 2]
        square = dx * dx + dy * dy + dz * dz + 1.0
        along = dx * lamps[lamp, 3] + dy * lamps[lamp, 4] + dz * lamps[lamp, 5]
        if square > 3600.0 or along <= 0.0 or along * along < 0.72 * square:
            continue
        beam = (along * along / square - 0.72) / 0.28
        total += lamps[lamp, 6] * beam / (1.0 + 0.004 * square)
    return total
