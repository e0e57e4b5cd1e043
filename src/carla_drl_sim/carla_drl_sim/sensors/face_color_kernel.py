"""Compiled: the colours of lit faces."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.light_kernel import (
    GLASS,
    HEAD_LAMP,
    LAMP,
    PAINT,
    lamp_light,
    light_on,
    sky_at,
)
from carla_drl_sim.sensors.polygon_kernel import flat_normal
from carla_drl_sim.sensors.raster_buffers import (
    ROUND_FACE,
)
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]


@compiled_loops_inner
def _face_color(
    table: Floats,
    e: int,
    face: int,
    material: int,
    color: int,
    glow: float,
    lights: Floats32,
    sun: Floats,
    up: Floats,
    night: float,
    extra: float,
    out: Floats32,
) -> None:
    """Linear colour of a face in the light, into `out` [3]; for round sides that of the material.

    Args:
        color: 0xrrggbb.
        sun, up: in camera space.
        extra: light of head lamps, which come from about where the camera is.
    """
    n = (0.0, 0.0, 0.0)
    if face < ROUND_FACE:
        n = flat_normal(table, e, face)
    c = (table[e, 0], table[e, 1], table[e, 2])
    distance = math.sqrt(c[0] * c[0] + c[1] * c[1] + c[2] * c[2]) + 1e-6
    facing = abs(n[0] * c[0] + n[1] * c[1] + n[2] * c[2]) / distance
    nz = n[0] * up[0] + n[1] * up[1] + n[2] * up[2]
    towards = n[0] * sun[0] + n[1] * sun[1] + n[2] * sun[2]
    # Elevation of what the face mirrors.
    mirror = 2.0 * facing * nz + (c[0] * up[0] + c[1] * up[1] + c[2] * up[2]) / distance
    shine = (1.0 - facing) ** 3
    for channel in range(3):
        code = ((color >> (16 - 8 * channel)) & 255) / 255.0
        albedo = code * code
        if face == ROUND_FACE:
            out[channel] = albedo
            continue
        value = albedo * (light_on(lights, towards, nz, channel) + extra * facing)
        if material == PAINT:
            value = value * 0.92 + sky_at(lights, mirror, channel) * (0.05 + 0.35 * shine)
        elif material == GLASS:
            value = value * 0.5 + sky_at(lights, mirror, channel) * (0.10 + 0.6 * shine)
        elif material in (LAMP, HEAD_LAMP):
            value += albedo * glow * (1.6 + 1.2 * night)
        out[channel] = value


@compiled_loops_inner
def entry_colors(
    parts: Any,
    sign: int,
    table: Floats,
    entries: Ints,
    drawn: Ints,
    number: int,
    lights: Floats32,
    sun: Floats,
    up: Floats,
    night: float,
    lamps: Floats,
    colors: Floats32,
    materials: npt.NDArray[np.uint8],
    glows: Floats32,
) -> None:
    """Colours of all drawn faces of static (sign 1) or moving (-1) parts, float32 [entries * 8, 3]."""
    part_color, part_material, part_glow, part_centre = parts.color, parts.material, parts.glow, parts.centre
    for e in range(number):
        k = entries[e] * sign - 1
        if k < 0 or drawn[e] == 0:
            continue
        color = (int(part_color[k, 0]) << 16) | (int(part_color[k, 1]) << 8) | int(part_color[k, 2])
        materials[e], glows[e] = part_material[k], part_glow[k]
        extra = 0.0
        if len(lamps) > 0:
            place = part_centre[k]
            extra = lamp_light(lamps, place[0], place[1], place[2])
        for face in range(7):
            if drawn[e] >> face & 1:
                _face_color(
                    table,
                    e,
                    face,
                    part_material[k],
                    color,
                    part_glow[k],
                    lights,
                    sun,
                    up,
                    night,
                    extra,
                    colors[e * 8 + face],
                )
