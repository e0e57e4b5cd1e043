"""Compiled shading of the ground: texture, shadows, what wet ground mirrors, and head lamps."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.light_kernel import (
    BYTE,
    EIGHT,
    ONE,
    SMOOTH_BITS,
    ZERO,
    U,
    V,
    W,
    lamp_light,
    light_on,
    sky_at,
)
from carla_drl_sim.sensors.lighting import (
    PUDDLES,
    SHADOW_DEPTH,
    WET,
)
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


@compiled_loops_inner
def shade_ground(
    lights: Floats32,
    sun: Floats,
    numbers: Floats,
    corner: tuple[float, float, float],
    surface: npt.NDArray[np.uint8],
    palette: npt.NDArray[np.uint32],
    coarse: npt.NDArray[np.uint32],
    levels: npt.NDArray[np.int64],
    noise: Floats32,
    camera: Floats,
    focal: float,
    width: int,
    y: float,
    start: int,
    end: int,
    inverse_row: Floats32,
    shadow_row: npt.NDArray[np.uint8],
    rows: Floats32,
    picked: npt.NDArray[np.uint32],
) -> None:
    """A run of pixels of the ground: what covers it, its grain, light and shadow; `picked` gets the surfaces' colours."""
    number = end - start
    left = (start + 0.5 - 0.5 * width) / focal
    x0 = np.float32(camera[0, 0] + camera[1, 0] * left + camera[2, 0] * y)
    y0 = np.float32(camera[0, 1] + camera[1, 1] * left + camera[2, 1] * y)
    xs, ys = np.float32(camera[1, 0] / focal), np.float32(camera[1, 1] / focal)
    ox, oy = np.float32(camera[3, 0] - corner[0]), np.float32(camera[3, 1] - corner[1])
    cell = corner[2]
    px, py, grainy = rows[U, :number], rows[V, :number], rows[W, :number]
    inverse = inverse_row[start:end]
    for i in range(number):
        t = ONE / inverse[i]
        px[i] = ox + t * (x0 + xs * np.float32(i))
        py[i] = oy + t * (y0 + ys * np.float32(i))
    # A piece of up to 64 pixels shares a level of detail.
    for piece in range(0, number, 64):
        last = min(piece + 64, number)
        across = 1.15 / (inverse[(piece + last) // 2] * focal)
        fine = np.float32(min(max(1.2 - across * 30.0, 0.0), 1.0) * 0.55)
        broad = np.float32(min(max(1.2 - across * 0.5, 0.0), 1.0) * 0.5)
        base = ONE - fine - broad
        # What is too far away for the fine grain, or for any, does not look it up: that costs most of a pixel.
        for i in range(piece, last):
            grainy[i] = base
        if fine > ZERO:
            for i in range(piece, last):
                u, v = px[i] + np.float32(32768.0), py[i] + np.float32(32768.0)
                a = (np.uint32(np.int32(v * np.float32(44.0))) & BYTE) << EIGHT
                grainy[i] += fine * noise[a | (np.uint32(np.int32(u * np.float32(44.0))) & BYTE)]
        if broad > ZERO:
            for i in range(piece, last):
                u, v = px[i] + np.float32(32768.0), py[i] + np.float32(32768.0)
                b = (np.uint32(np.int32(v * np.float32(8.0))) & BYTE) << EIGHT
                b |= (np.uint32(np.int32(u * np.float32(8.0))) & BYTE) | SMOOTH_BITS
                grainy[i] += broad * noise[b]
        level = 0
        ratio = across / cell
        while ratio > 1.0 and level + 1 < levels.shape[1]:
            ratio *= 0.5
            level += 1
        size = np.float32(1.0 / (cell * (1 << level)))
        down_all, across_all = np.float32(levels[1, level]), np.float32(levels[2, level])
        terrain = palette[0]
        if level == 0:
            # Edges of cells are frayed so that near lines do not show steps.
            fray = np.float32(0.8 * cell)
            for i in range(piece, last):
                shift = (grainy[i] - ONE) * fray
                u, v = (px[i] + shift) * size, (py[i] - shift) * size
                inside = (u >= ZERO) & (v >= ZERO) & (u < across_all) & (v < down_all)
                row, column = np.uint32(np.int32(v)), np.uint32(np.int32(u))
                kind = surface[row if inside else np.uint32(0), column if inside else np.uint32(0)]
                picked[i] = palette[np.uint32(kind)] if inside else terrain
        else:
            offset, stride = np.uint32(levels[0, level]), np.uint32(levels[2, level])
            for i in range(piece, last):
                u, v = px[i] * size, py[i] * size
                inside = (u >= ZERO) & (v >= ZERO) & (u < across_all) & (v < down_all)
                at = offset + np.uint32(np.int32(v)) * stride + np.uint32(np.int32(u))
                found = coarse[at if inside else np.uint32(0)]
                picked[i] = found if inside else terrain
    shadow = shadow_row[start:end]
    depth = np.float32(numbers[SHADOW_DEPTH])
    dark = np.float32(1.0 - 0.45 * numbers[WET])
    scale = np.float32(1.0 / 65025.0) * dark
    for i in range(number):
        grainy[i] *= (ONE - depth * np.float32(shadow[i])) * scale
    for c in range(3):
        out = rows[c, start:end]
        shift = np.uint32(16 - 8 * c)
        bright = np.float32(light_on(lights, sun[2], 1.0, c))
        for i in range(number):
            code = np.float32(np.int32((picked[i] >> shift) & np.uint32(255)))
            out[i] = code * code * bright * grainy[i]


@compiled_loops_inner
def wet_ground(
    lights: Floats32,
    numbers: Floats,
    drop: float,
    noise: Floats32,
    focal: float,
    width: int,
    y: float,
    start: int,
    end: int,
    inverse_row: Floats32,
    rows: Floats32,
) -> None:
    """Add the sky that wet ground mirrors; `rows` still holds the places of the pixels."""
    number = end - start
    px, py = rows[U, :number], rows[V, :number]
    for i in range(number):
        x = (start + i + 0.5 - 0.5 * width) / focal
        up = abs(drop) * inverse_row[start + i] / math.sqrt(1.0 + x * x + y * y)
        u, v = px[i] + np.float32(32768.0), py[i] + np.float32(32768.0)
        at = (np.uint32(np.int32(v * np.float32(6.0))) & BYTE) << EIGHT
        patch = noise[at | (np.uint32(np.int32(u * np.float32(6.0))) & BYTE) | SMOOTH_BITS]
        puddle = min(max((numbers[PUDDLES] - 0.5 + (patch - 1.0)) * 4.0, 0.0), 1.0)
        mirror = (numbers[WET] * 0.35 + puddle * 0.55) * (0.06 + (1.0 - min(up, 1.0)) ** 4)
        for c in range(3):
            here = rows[c, start + i]
            rows[c, start + i] = here + (np.float32(sky_at(lights, up, c)) - here) * np.float32(mirror)


@compiled_loops_inner
def night_ground(
    lamps: Floats,
    level: float,
    corner: tuple[float, float, float],
    start: int,
    end: int,
    rows: Floats32,
    picked: npt.NDArray[np.uint32],
) -> None:
    """Add the light of head lamps to the ground."""
    for i in range(end - start):
        x, y = rows[U, i] + corner[0], rows[V, i] + corner[1]
        extra = np.float32(0.6 * lamp_light(lamps, x, y, level) / 65025.0)
        if extra > ZERO:
            for c in range(3):
                code = np.float32((picked[i] >> np.uint32(16 - 8 * c)) & np.uint32(255))
                rows[c, start + i] += code * code * extra
