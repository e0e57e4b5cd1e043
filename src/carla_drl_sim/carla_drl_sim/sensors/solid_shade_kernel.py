"""Compiled shading of solids that are not of one colour: walls with windows, and round sides."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.light_kernel import (
    FOLIAGE,
    HEAD_LAMP,
    LAMP,
    ONE,
    ZERO,
    U,
    V,
    light_on,
    sky_at,
)
from carla_drl_sim.sensors.lighting import (
    BOUNCE,
    SKY_LIGHT,
    SUN,
)
from carla_drl_sim.sensors.raster_buffers import (
    AXES,
    EXTENT,
)
from carla_drl_sim.sensors.round_kernel import round_frame
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]


@compiled_loops_inner
def shade_facade(
    table: Floats,
    e: int,
    owner: int,
    face: int,
    lights: Floats32,
    night: float,
    focal: float,
    width: int,
    y: float,
    start: int,
    end: int,
    inverse_row: Floats32,
    color: Floats32,
    rows: Floats32,
) -> None:
    """A wall with windows: columns 3 m apart, floors 3.2 m high, counted from the wall's middle and foot."""
    axis = 1 if face < 2 else 0
    ex, ez = table[e, EXTENT + axis], table[e, EXTENT + 2]
    base = AXES + 3 * axis
    along = (table[e, base], table[e, base + 1], table[e, base + 2])
    up = (table[e, AXES + 6], table[e, AXES + 7], table[e, AXES + 8])
    middle = (table[e, 0], table[e, 1], table[e, 2])
    columns, floors = max(1, int(2.0 * ex / 3.0)), max(1, int(2.0 * ez / 3.2))
    u_scale, v_scale = columns / (2.0 * ex), floors / (2.0 * ez)
    u_base = (ex - (middle[0] * along[0] + middle[1] * along[1] + middle[2] * along[2])) * u_scale
    v_base = (ez - (middle[0] * up[0] + middle[1] * up[1] + middle[2] * up[2])) * v_scale
    left = (start + 0.5 - 0.5 * width) / focal
    u0 = np.float32((along[0] + along[1] * left + along[2] * y) * u_scale)
    us = np.float32(along[1] / focal * u_scale)
    v0 = np.float32((up[0] + up[1] * left + up[2] * y) * v_scale)
    vs = np.float32(up[1] / focal * v_scale)
    ub, vb = np.float32(u_base), np.float32(v_base)
    number = end - start
    inverse = inverse_row[start:end]
    window, lit = rows[U, :number], rows[V, :number]
    soft = np.float32(1.0 / focal * max(u_scale, v_scale))
    seed = np.uint32(owner & 0xFFFF) * np.uint32(2654435761)
    dark = night > 0.25
    for i in range(number):
        t = ONE / inverse[i]
        u = ub + t * (u0 + us * np.float32(i))
        v = vb + t * (v0 + vs * np.float32(i))
        # Far windows fade into the wall's mean colour instead of flickering.
        blur = t * soft
        clear = ONE - blur * np.float32(2.2)
        clear = clear if clear > ZERO else ZERO
        iu, iv = np.int32(u), np.int32(v)
        fu, fv = u - np.float32(iu), v - np.float32(iv)
        inside = (
            (fu > np.float32(0.22))
            & (fu < np.float32(0.78))
            & (fv > np.float32(0.25))
            & (fv < np.float32(0.82))
        )
        window[i] = (clear if inside else ZERO) + np.float32(0.32) * (ONE - clear)
        mixed = (np.uint32(iu) * np.uint32(0x9E3779B1)) ^ (np.uint32(iv) * np.uint32(0x85EBCA77)) ^ seed
        mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        lit[i] = np.float32(np.int32((mixed >> np.uint32(20)) & np.uint32(1023)))
    nz = 0.1
    for c in range(3):
        out = rows[c, start:end]
        wall = color[c]
        pane = np.float32(0.25 * sky_at(lights, nz, c) + 0.02 * light_on(lights, 0.0, 0.0, c))
        warm = np.float32((0.75, 0.52, 0.26)[c] * night)
        for i in range(number):
            glass = pane * (np.float32(0.8) + np.float32(0.0004) * lit[i])
            if dark:
                glass += warm if lit[i] > np.float32(700.0) else ZERO
            out[i] = wall + (glass - wall) * window[i]


@compiled_loops_inner
def shade_round(
    table: Floats,
    e: int,
    shape: int,
    material: int,
    glow: float,
    lights: Floats32,
    sun: Floats,
    up: Floats,
    night: float,
    noise: Floats32,
    focal: float,
    width: int,
    y: float,
    start: int,
    end: int,
    inverse_row: Floats32,
    color: Floats32,
    matrix: Floats,
    rows: Floats32,
) -> None:
    """The side of a cylinder or an ellipsoid: light falls off from the sunny side."""
    round_frame(table, e, matrix)
    last = 3 if shape == 2 else 2
    sun_base = up_base = sun0 = sun1 = up0 = up1 = 0.0
    left = (start + 0.5 - 0.5 * width) / focal
    for a in range(last):
        base = AXES + 3 * a
        towards = table[e, base] * sun[0] + table[e, base + 1] * sun[1] + table[e, base + 2] * sun[2]
        rise = table[e, base] * up[0] + table[e, base + 1] * up[1] + table[e, base + 2] * up[2]
        ray, step = matrix[a, 0] + matrix[a, 1] * left + matrix[a, 2] * y, matrix[a, 1] / focal
        sun_base += towards * matrix[a, 3]
        sun0 += towards * ray
        sun1 += towards * step
        up_base += rise * matrix[a, 3]
        up0 += rise * ray
        up1 += rise * step
    sb, s0, s1 = np.float32(sun_base), np.float32(sun0), np.float32(sun1)
    wb, w0, w1 = np.float32(up_base), np.float32(up0), np.float32(up1)
    inverse = inverse_row[start:end]
    number = end - start
    sunny, high = rows[U, :number], rows[V, :number]
    for i in range(number):
        t = ONE / inverse[i]
        s = sb + t * (s0 + s1 * np.float32(i))
        sunny[i] = s if s > ZERO else ZERO
        high[i] = np.float32(0.5) + np.float32(0.5) * (wb + t * (w0 + w1 * np.float32(i)))
    if material == FOLIAGE:
        # Leaves: the noise is fixed to the crown, by the angles under which its surface is seen.
        u0 = np.float32(matrix[0, 0] + matrix[0, 1] * left + matrix[0, 2] * y)
        u1 = np.float32(matrix[0, 1] / focal)
        v0 = np.float32(matrix[1, 0] + matrix[1, 1] * left + matrix[1, 2] * y)
        v1 = np.float32(matrix[1, 1] / focal)
        z0 = np.float32(matrix[2, 0] + matrix[2, 1] * left + matrix[2, 2] * y)
        z1 = np.float32(matrix[2, 1] / focal)
        p0, p1, p2 = np.float32(matrix[0, 3]), np.float32(matrix[1, 3]), np.float32(matrix[2, 3])
        grow = np.float32(min(12.0 * max(table[e, EXTENT], 0.5), 60.0))
        blur = 1.2 / (inverse[number // 2] * focal * table[e, EXTENT]) * grow * 0.35
        strength = np.float32(max(0.0, min(1.0, 1.3 - blur)))
        for i in range(number):
            t = ONE / inverse[i]
            f = np.float32(i)
            u = p0 + t * (u0 + u1 * f)
            v = p1 + t * (v0 + v1 * f)
            w = p2 + t * (z0 + z1 * f)
            at = (np.int32((w + v * np.float32(0.6) + np.float32(4.0)) * grow) & 255) << 8
            at |= np.int32((u + v * np.float32(0.8) + np.float32(4.0)) * grow) & 255
            speck = ONE + (noise[at] - ONE) * np.float32(1.5) * strength
            sunny[i] *= speck
            high[i] *= speck
    for c in range(3):
        out = rows[c, start:end]
        direct = color[c] * lights[SUN, c]
        sky, low = color[c] * lights[SKY_LIGHT, c], color[c] * lights[BOUNCE, c]
        own = np.float32(0.0)
        if material in (LAMP, HEAD_LAMP):
            own = np.float32(color[c] * glow * (1.3 + 1.2 * night))
        for i in range(number):
            out[i] = direct * sunny[i] + low + (sky - low) * high[i] + own
