"""Compiled shading: the colours of a picture from its buffers (`raster_buffers`).

Works row by row on runs of pixels of the same face, so that each inner loop does one thing to many pixels. Light is
linear until the last step. Tuples are those of `scene`, `lighting` and `ground_texture`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.face_color_kernel import entry_colors
from carla_drl_sim.sensors.ground_shade_kernel import night_ground, shade_ground, wet_ground
from carla_drl_sim.sensors.light_kernel import (
    BLUE,
    FACADE,
    GREEN,
    RED,
    ZERO,
)
from carla_drl_sim.sensors.lighting import (
    CLOUDS,
    NIGHT,
    WET,
)
from carla_drl_sim.sensors.raster_buffers import (
    ROUND_FACE,
    SKY,
    run_end,
)
from carla_drl_sim.sensors.sky_kernel import fog_row, shade_sky
from carla_drl_sim.sensors.solid_shade_kernel import shade_facade, shade_round
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@compiled_loops_inner
def _write_row(rows: Floats32, width: int, exposure: float, out: npt.NDArray[np.uint32]) -> None:
    """Exposure, shoulder of the film, display code (square root), packing as B, G, R, A bytes."""
    gain = np.float32(exposure)
    for c in range(3):
        row = rows[c, :width]
        for i in range(width):
            value = row[i] * gain
            value = value if value < np.float32(1.6) else np.float32(1.6)
            value = value if value > ZERO else ZERO
            value = value * (np.float32(1.25) - np.float32(0.390625) * value)
            row[i] = np.float32(math.sqrt(value)) * np.float32(255.0) + np.float32(0.5)
    red, green, blue = rows[RED, :width], rows[GREEN, :width], rows[BLUE, :width]
    for i in range(width):
        out[i] = (
            np.uint32(0xFF000000)
            | (np.uint32(np.int32(red[i])) << np.uint32(16))
            | (np.uint32(np.int32(green[i])) << np.uint32(8))
            | np.uint32(np.int32(blue[i]))
        )


@compiled_loops_inner
def shade(
    static: Any,
    moving: Any,
    ground: Any,
    texture: Any,
    light: Any,
    noise: Floats32,
    lamps: Floats,
    camera: Floats,
    focal: float,
    width: int,
    height: int,
    exposure: float,
    entries: Ints,
    shapes: npt.NDArray[np.uint8],
    table: Floats,
    drawn: Ints,
    number: int,
    sun_seen: Floats,
    up: Floats,
    colors: Floats32,
    materials: npt.NDArray[np.uint8],
    glows: Floats32,
    matrix: Floats,
    rows: Floats32,
    picked: npt.NDArray[np.uint32],
    inverse: Floats32,
    code: Ints,
    shadow: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint32],
) -> None:
    """Colour a whole picture into `out`, uint32 [H * W] of B, G, R, A bytes.

    Args:
        sun_seen, up, colors, materials, glows, matrix, rows, picked: working space.
    """
    lights, sun, numbers, cloud_alpha = light.colors, light.sun, light.numbers, light.cloud_alpha.reshape(-1)
    night, wet, cloudy = numbers[NIGHT], numbers[WET], numbers[CLOUDS] > 0.0
    surface, palette, coarse, levels = texture.surface, texture.palette, texture.coarse, texture.levels
    corner = (texture.x, texture.y, texture.cell)
    static_owner = static.owner
    for a in range(3):
        sun_seen[a] = camera[a, 0] * sun[0] + camera[a, 1] * sun[1] + camera[a, 2] * sun[2]
        up[a] = camera[a, 2]
    entry_colors(
        static, 1, table, entries, drawn, number, lights, sun_seen, up, night, lamps, colors, materials, glows
    )
    entry_colors(
        moving,
        (-1),
        table,
        entries,
        drawn,
        number,
        lights,
        sun_seen,
        up,
        night,
        lamps,
        colors,
        materials,
        glows,
    )
    drop = ground.level - camera[3, 2]
    for j in range(height):
        y = (j + 0.5 - 0.5 * height) / focal
        row = code[j * width : (j + 1) * width]
        inverse_row = inverse[j * width : (j + 1) * width]
        shadow_row = shadow[j * width : (j + 1) * width]
        start = 0
        while start < width:
            value = row[start]
            end = run_end(row, start, width)
            e, face = (value >> 3) - 1, value & 7
            if value == SKY:
                shade_sky(lights, sun, cloud_alpha, cloudy, camera, focal, width, y, start, end, rows)
            elif value < 8:
                shade_ground(
                    lights,
                    sun,
                    numbers,
                    corner,
                    surface,
                    palette,
                    coarse,
                    levels,
                    noise,
                    camera,
                    focal,
                    width,
                    y,
                    start,
                    end,
                    inverse_row,
                    shadow_row,
                    rows,
                    picked,
                )
                if wet > 0.02:
                    wet_ground(lights, numbers, drop, noise, focal, width, y, start, end, inverse_row, rows)
                if len(lamps) > 0:
                    night_ground(lamps, ground.level, corner, start, end, rows, picked)
            elif face == ROUND_FACE:
                shade_round(
                    table,
                    e,
                    shapes[e],
                    materials[e],
                    glows[e],
                    lights,
                    sun_seen,
                    up,
                    night,
                    noise,
                    focal,
                    width,
                    y,
                    start,
                    end,
                    inverse_row,
                    colors[value - 8],
                    matrix,
                    rows,
                )
            elif materials[e] == FACADE and face < 4:
                shade_facade(
                    table,
                    e,
                    static_owner[entries[e] - 1],
                    face,
                    lights,
                    night,
                    focal,
                    width,
                    y,
                    start,
                    end,
                    inverse_row,
                    colors[value - 8],
                    rows,
                )
            else:
                red, green, blue = colors[value - 8, 0], colors[value - 8, 1], colors[value - 8, 2]
                for i in range(start, end):
                    rows[RED, i] = red
                    rows[GREEN, i] = green
                    rows[BLUE, i] = blue
            start = end
        fog_row(lights, numbers, focal, width, y, inverse_row, rows)
        _write_row(rows, width, exposure, out[j * width : (j + 1) * width])


@compiled_loops_inner
def add_rain(rain: float, frame: int, width: int, height: int, out: npt.NDArray[np.uint32]) -> None:
    """Draw streaks of falling rain over a finished picture; where they are depends on the tick alone."""
    number = int(rain * width * height / 900.0)
    longest = max(2, height // 14)
    for n in range(number):
        value = np.uint64(frame) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(n)
        value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        value ^= value >> np.uint64(31)
        x = int((value & np.uint64(0xFFFF)) * np.uint64(width) >> np.uint64(16))
        y = int(((value >> np.uint64(16)) & np.uint64(0xFFFF)) * np.uint64(height) >> np.uint64(16))
        length = 2 + int(((value >> np.uint64(32)) & np.uint64(0xFF)) * np.uint64(longest) >> np.uint64(8))
        for j in range(y, min(y + length, height)):
            at = j * width + x
            pixel = np.uint32(0xFF000000)
            for shift in (0, 8, 16):
                code = int(out[at] >> np.uint32(shift)) & 255
                code += (205 - code) * 3 // 16 if code < 205 else 0
                pixel |= np.uint32(code << shift)
            out[at] = pixel
