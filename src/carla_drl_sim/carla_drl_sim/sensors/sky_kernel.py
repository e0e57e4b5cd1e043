"""Compiled shading of the sky, and of the air before everything."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.light_kernel import (
    BYTE,
    EIGHT,
    GREEN,
    ONE,
    RED,
    ZERO,
    S,
    U,
    V,
    W,
)
from carla_drl_sim.sensors.lighting import (
    CLOUD,
    DISC,
    FOG,
    FOG_DENSITY,
    FOG_START,
    GLOW,
    HORIZON,
    ZENITH,
)
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


@compiled_loops_inner
def shade_sky(
    lights: Floats32,
    sun: Floats,
    noise: Floats32,
    cloudy: bool,
    camera: Floats,
    focal: float,
    width: int,
    y: float,
    start: int,
    end: int,
    rows: Floats32,
) -> None:
    """A run of pixels of the sky: its gradient, the sun with its glow, and clouds."""
    left = (start + 0.5 - 0.5 * width) / focal
    x0 = np.float32(camera[0, 0] + camera[1, 0] * left + camera[2, 0] * y)
    y0 = np.float32(camera[0, 1] + camera[1, 1] * left + camera[2, 1] * y)
    z0 = np.float32(camera[0, 2] + camera[1, 2] * left + camera[2, 2] * y)
    xs, ys, zs = (
        np.float32(camera[1, 0] / focal),
        np.float32(camera[1, 1] / focal),
        np.float32(camera[1, 2] / focal),
    )
    lean, square = np.float32(left), np.float32(1.0 + y * y)
    step = np.float32(1.0 / focal)
    sx, sy, sz = np.float32(sun[0]), np.float32(sun[1]), np.float32(sun[2])
    number = end - start
    near_horizon, glow_row, cover, disc_row = (
        rows[U, :number],
        rows[V, :number],
        rows[W, :number],
        rows[S, :number],
    )
    cloud_u, cloud_v = rows[RED, start:end], rows[GREEN, start:end]
    for i in range(number):
        f = np.float32(i)
        x = lean + step * f
        scale = ONE / np.float32(math.sqrt(square + x * x))
        dx, dy, dz = x0 + xs * f, y0 + ys * f, z0 + zs * f
        up = dz * scale
        up = up if up > np.float32(0.001) else np.float32(0.001)
        near_horizon[i] = ONE / (ONE + np.float32(4.0) * up)
        s = (dx * sx + dy * sy + dz * sz) * scale
        # Above 0.55 so that no power below is a subnormal number, which processors are slow with.
        glow_row[i] = s if s > np.float32(0.55) else np.float32(0.55)
        # Clouds lie on a plane; near the horizon they thin out.
        fade = (up - np.float32(0.02)) * np.float32(5.0)
        fade = fade if fade > ZERO else ZERO
        cover[i] = fade if fade < ONE else ONE
        over = np.float32(34.0) * scale / (up if up > np.float32(0.02) else np.float32(0.02))
        cloud_u[i] = dx * over + np.float32(8192.0)
        cloud_v[i] = dy * over + np.float32(8192.0)
    for i in range(number):
        near_horizon[i] = near_horizon[i] * near_horizon[i]
        s2 = glow_row[i] * glow_row[i]
        s8 = s2 * s2 * s2 * s2
        s32 = s8 * s8 * s8 * s8
        s128 = s32 * s32 * s32 * s32
        disc = (glow_row[i] - np.float32(0.99965)) * np.float32(5000.0)
        disc = disc if disc > ZERO else ZERO
        disc_row[i] = disc if disc < ONE else ONE
        glow_row[i] = np.float32(0.25) * s8 + np.float32(0.5) * s128
    if cloudy:
        for i in range(number):
            iu, iv = np.int32(cloud_u[i]), np.int32(cloud_v[i])
            fu, fv = cloud_u[i] - np.float32(iu), cloud_v[i] - np.float32(iv)
            c0, c1 = np.uint32(iu) & BYTE, np.uint32(iu + 1) & BYTE
            r0, r1 = (np.uint32(iv) & BYTE) << EIGHT, (np.uint32(iv + 1) & BYTE) << EIGHT
            a = noise[r0 | c0] + fu * (noise[r0 | c1] - noise[r0 | c0])
            b = noise[r1 | c0] + fu * (noise[r1 | c1] - noise[r1 | c0])
            cover[i] *= a + fv * (b - a)
    else:
        for i in range(number):
            cover[i] = ZERO
    for c in range(3):
        out = rows[c, start:end]
        zenith, span = lights[ZENITH, c], lights[HORIZON, c] - lights[ZENITH, c]
        glow, disc, cloud = lights[GLOW, c], lights[DISC, c], lights[CLOUD, c]
        for i in range(number):
            clear = ONE - cover[i]
            sky = zenith + span * near_horizon[i] + glow * glow_row[i] + disc * disc_row[i]
            white = cloud * (ONE + np.float32(0.6) * glow_row[i])
            out[i] = sky * clear + white * cover[i]


@compiled_loops_inner
def fog_row(
    lights: Floats32,
    numbers: Floats,
    focal: float,
    width: int,
    y: float,
    inverse_row: Floats32,
    rows: Floats32,
) -> None:
    """Mix the air's colour into a row; sky is behind as much air as lies within 1 km."""
    fog = rows[S, :width]
    density, begin = np.float32(numbers[FOG_DENSITY]), np.float32(numbers[FOG_START])
    lean, square = np.float32((0.5 - 0.5 * width) / focal), np.float32(1.0 + y * y)
    step = np.float32(1.0 / focal)
    least = np.float32(1.0 / 900.0)
    for i in range(width):
        x = lean + step * np.float32(i)
        inverse = inverse_row[i] if inverse_row[i] > least else least
        distance = np.float32(math.sqrt(square + x * x)) / inverse - begin
        depth = density * (distance if distance > ZERO else ZERO)
        clear = ONE + depth * np.float32(0.25)
        clear = clear * clear
        fog[i] = ONE - ONE / (clear * clear)
    for c in range(3):
        out, air = rows[c, :width], lights[FOG, c]
        for i in range(width):
            out[i] += (air - out[i]) * fog[i]
