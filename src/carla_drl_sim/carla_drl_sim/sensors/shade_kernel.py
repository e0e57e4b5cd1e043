"""Compiled shading: the colours of a picture from the buffers of `raster_kernel`.

Works row by row on runs of pixels of the same face, so that each inner loop does one thing to many pixels. Light is
linear until the last step. Tuples are those of `scene`, `lighting` and `ground_texture`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.lighting import (
    BOUNCE,
    CLOUD,
    CLOUDS,
    DISC,
    FOG,
    FOG_DENSITY,
    FOG_START,
    GLOW,
    HORIZON,
    NIGHT,
    PUDDLES,
    SHADOW_DEPTH,
    SKY_LIGHT,
    SMOOTH,
    SUN,
    WET,
    ZENITH,
)
from carla_drl_sim.sensors.raster_kernel import (
    AXES,
    EXTENT,
    ROUND_FACE,
    SKY,
    TAPER,
    round_frame,
)
from carla_drl_sim.world.compiled import compiled_loops

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_MATTE, _PAINT, _GLASS, _LAMP, _FACADE, _FOLIAGE, _HEAD_LAMP = 0, 1, 2, 3, 4, 5, 6
_F0, _F1 = np.float32(0.0), np.float32(1.0)
_BYTE, _EIGHT, _SMOOTH = np.uint32(255), np.uint32(8), np.uint32(SMOOTH)
NUM_ROWS = 8
_RED, _GREEN, _BLUE, _U, _V, _W, _S = 0, 1, 2, 3, 4, 5, 6

FACE_COLORS = 3
"""Linear red, green and blue of a lit face."""


@compiled_loops
def _lit(lights: Floats32, towards: float, nz: float, channel: int) -> float:
    """Light on a surface whose normal has these shares towards the sun and up."""
    facing = max(0.0, towards)
    up = 0.5 + 0.5 * nz
    return float(
        lights[SUN, channel] * facing + lights[SKY_LIGHT, channel] * up + lights[BOUNCE, channel] * (1.0 - up)
    )


@compiled_loops
def _sky_at(lights: Floats32, up: float, channel: int) -> float:
    """The sky's colour towards an elevation (sine), without sun and clouds."""
    k = 1.0 / (1.0 + 4.0 * max(up, 0.0))
    return float(lights[ZENITH, channel] + (lights[HORIZON, channel] - lights[ZENITH, channel]) * k * k)


@compiled_loops
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
        axis, way = face >> 1, 1.0 if face & 1 == 0 else -1.0
        base = AXES + 3 * axis
        n = (way * table[e, base], way * table[e, base + 1], way * table[e, base + 2])
        if face < 4:
            lean = table[e, TAPER + face] if face < 2 else table[e, TAPER + 2]
            if lean != 0.0:
                # The foot of the face goes up by 2 ez while it goes in by the taper.
                rise = 2.0 * table[e, EXTENT + 2]
                length = 1.0 / math.sqrt(rise * rise + lean * lean)
                rise, lean = rise * length, lean * length
                n = (
                    rise * n[0] + lean * table[e, AXES + 6],
                    rise * n[1] + lean * table[e, AXES + 7],
                    rise * n[2] + lean * table[e, AXES + 8],
                )
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
        value = albedo * (_lit(lights, towards, nz, channel) + extra * facing)
        if material == _PAINT:
            value = value * 0.92 + _sky_at(lights, mirror, channel) * (0.05 + 0.35 * shine)
        elif material == _GLASS:
            value = value * 0.5 + _sky_at(lights, mirror, channel) * (0.10 + 0.6 * shine)
        elif material in (_LAMP, _HEAD_LAMP):
            value += albedo * glow * (1.6 + 1.2 * night)
        out[channel] = value


@compiled_loops
def _shade_sky(
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
        rows[_U, :number],
        rows[_V, :number],
        rows[_W, :number],
        rows[_S, :number],
    )
    cloud_u, cloud_v = rows[_RED, start:end], rows[_GREEN, start:end]
    for i in range(number):
        f = np.float32(i)
        x = lean + step * f
        scale = _F1 / np.float32(math.sqrt(square + x * x))
        dx, dy, dz = x0 + xs * f, y0 + ys * f, z0 + zs * f
        up = dz * scale
        up = up if up > np.float32(0.001) else np.float32(0.001)
        near_horizon[i] = _F1 / (_F1 + np.float32(4.0) * up)
        s = (dx * sx + dy * sy + dz * sz) * scale
        # Above 0.55 so that no power below is a subnormal number, which processors are slow with.
        glow_row[i] = s if s > np.float32(0.55) else np.float32(0.55)
        # Clouds lie on a plane; near the horizon they thin out.
        fade = (up - np.float32(0.02)) * np.float32(5.0)
        fade = fade if fade > _F0 else _F0
        cover[i] = fade if fade < _F1 else _F1
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
        disc = disc if disc > _F0 else _F0
        disc_row[i] = disc if disc < _F1 else _F1
        glow_row[i] = np.float32(0.25) * s8 + np.float32(0.5) * s128
    if cloudy:
        for i in range(number):
            iu, iv = np.int32(cloud_u[i]), np.int32(cloud_v[i])
            fu, fv = cloud_u[i] - np.float32(iu), cloud_v[i] - np.float32(iv)
            c0, c1 = np.uint32(iu) & _BYTE, np.uint32(iu + 1) & _BYTE
            r0, r1 = (np.uint32(iv) & _BYTE) << _EIGHT, (np.uint32(iv + 1) & _BYTE) << _EIGHT
            a = noise[r0 | c0] + fu * (noise[r0 | c1] - noise[r0 | c0])
            b = noise[r1 | c0] + fu * (noise[r1 | c1] - noise[r1 | c0])
            cover[i] *= a + fv * (b - a)
    else:
        for i in range(number):
            cover[i] = _F0
    for c in range(3):
        out = rows[c, start:end]
        zenith, span = lights[ZENITH, c], lights[HORIZON, c] - lights[ZENITH, c]
        glow, disc, cloud = lights[GLOW, c], lights[DISC, c], lights[CLOUD, c]
        for i in range(number):
            clear = _F1 - cover[i]
            sky = zenith + span * near_horizon[i] + glow * glow_row[i] + disc * disc_row[i]
            white = cloud * (_F1 + np.float32(0.6) * glow_row[i])
            out[i] = sky * clear + white * cover[i]


@compiled_loops
def _shade_ground(
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
    number = end - start
    left = (start + 0.5 - 0.5 * width) / focal
    x0 = np.float32(camera[0, 0] + camera[1, 0] * left + camera[2, 0] * y)
    y0 = np.float32(camera[0, 1] + camera[1, 1] * left + camera[2, 1] * y)
    xs, ys = np.float32(camera[1, 0] / focal), np.float32(camera[1, 1] / focal)
    ox, oy = np.float32(camera[3, 0] - corner[0]), np.float32(camera[3, 1] - corner[1])
    cell = corner[2]
    px, py, grainy = rows[_U, :number], rows[_V, :number], rows[_W, :number]
    inverse = inverse_row[start:end]
    for i in range(number):
        t = _F1 / inverse[i]
        px[i] = ox + t * (x0 + xs * np.float32(i))
        py[i] = oy + t * (y0 + ys * np.float32(i))
    # A piece of up to 64 pixels shares a level of detail.
    for piece in range(0, number, 64):
        last = min(piece + 64, number)
        across = 1.15 / (inverse[(piece + last) // 2] * focal)
        fine = np.float32(min(max(1.2 - across * 30.0, 0.0), 1.0) * 0.55)
        broad = np.float32(min(max(1.2 - across * 0.5, 0.0), 1.0) * 0.5)
        base = _F1 - fine - broad
        for i in range(piece, last):
            u, v = px[i] + np.float32(32768.0), py[i] + np.float32(32768.0)
            a = (np.uint32(np.int32(v * np.float32(44.0))) & _BYTE) << _EIGHT
            a |= np.uint32(np.int32(u * np.float32(44.0))) & _BYTE
            b = (np.uint32(np.int32(v * np.float32(8.0))) & _BYTE) << _EIGHT
            b |= (np.uint32(np.int32(u * np.float32(8.0))) & _BYTE) | _SMOOTH
            grainy[i] = base + fine * noise[a] + broad * noise[b]
        level = 0
        ratio = across / cell
        while ratio > 1.0 and level + 1 < levels.shape[1]:
            ratio *= 0.5
            level += 1
        size = np.float32(1.0 / (cell * (1 << level)))
        height, breadth = levels[1, level], levels[2, level]
        terrain = palette[0]
        if level == 0:
            # Edges of cells are frayed so that near lines do not show steps.
            fray = np.float32(0.8 * cell)
            for i in range(piece, last):
                shift = (grainy[i] - _F1) * fray
                u, v = (px[i] + shift) * size, (py[i] - shift) * size
                if u >= _F0 and v >= _F0 and u < breadth and v < height:
                    picked[i] = palette[surface[np.int32(v), np.int32(u)]]
                else:
                    picked[i] = terrain
        else:
            offset = levels[0, level]
            for i in range(piece, last):
                u, v = px[i] * size, py[i] * size
                if u >= _F0 and v >= _F0 and u < breadth and v < height:
                    picked[i] = coarse[offset + np.int64(np.int32(v)) * breadth + np.int32(u)]
                else:
                    picked[i] = terrain
    shadow = shadow_row[start:end]
    depth = np.float32(numbers[SHADOW_DEPTH])
    dark = np.float32(1.0 - 0.45 * numbers[WET])
    scale = np.float32(1.0 / 65025.0) * dark
    for i in range(number):
        grainy[i] *= (_F1 - depth * np.float32(shadow[i])) * scale
    for c in range(3):
        out = rows[c, start:end]
        shift = np.uint32(16 - 8 * c)
        bright = np.float32(_lit(lights, sun[2], 1.0, c))
        for i in range(number):
            code = np.float32(np.int32((picked[i] >> shift) & np.uint32(255)))
            out[i] = code * code * bright * grainy[i]


@compiled_loops
def _wet_ground(
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
    px, py = rows[_U, :number], rows[_V, :number]
    for i in range(number):
        x = (start + i + 0.5 - 0.5 * width) / focal
        up = abs(drop) * inverse_row[start + i] / math.sqrt(1.0 + x * x + y * y)
        u, v = px[i] + np.float32(32768.0), py[i] + np.float32(32768.0)
        at = (np.uint32(np.int32(v * np.float32(6.0))) & _BYTE) << _EIGHT
        patch = noise[at | (np.uint32(np.int32(u * np.float32(6.0))) & _BYTE) | _SMOOTH]
        puddle = min(max((numbers[PUDDLES] - 0.5 + (patch - 1.0)) * 4.0, 0.0), 1.0)
        mirror = (numbers[WET] * 0.35 + puddle * 0.55) * (0.06 + (1.0 - min(up, 1.0)) ** 4)
        for c in range(3):
            here = rows[c, start + i]
            rows[c, start + i] = here + (np.float32(_sky_at(lights, up, c)) - here) * np.float32(mirror)


@compiled_loops
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


@compiled_loops
def _lamp_light(lamps: Floats, x: float, y: float, z: float) -> float:
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


@compiled_loops
def _night_ground(
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
        x, y = rows[_U, i] + corner[0], rows[_V, i] + corner[1]
        extra = np.float32(0.6 * _lamp_light(lamps, x, y, level) / 65025.0)
        if extra > _F0:
            for c in range(3):
                code = np.float32((picked[i] >> np.uint32(16 - 8 * c)) & np.uint32(255))
                rows[c, start + i] += code * code * extra


@compiled_loops
def _shade_facade(
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
    window, lit = rows[_U, :number], rows[_V, :number]
    soft = np.float32(1.0 / focal * max(u_scale, v_scale))
    seed = np.uint32(owner & 0xFFFF) * np.uint32(2654435761)
    dark = night > 0.25
    for i in range(number):
        t = _F1 / inverse[i]
        u = ub + t * (u0 + us * np.float32(i))
        v = vb + t * (v0 + vs * np.float32(i))
        # Far windows fade into the wall's mean colour instead of flickering.
        blur = t * soft
        clear = _F1 - blur * np.float32(2.2)
        clear = clear if clear > _F0 else _F0
        iu, iv = np.int32(u), np.int32(v)
        fu, fv = u - np.float32(iu), v - np.float32(iv)
        inside = (
            (fu > np.float32(0.22))
            & (fu < np.float32(0.78))
            & (fv > np.float32(0.25))
            & (fv < np.float32(0.82))
        )
        window[i] = (clear if inside else _F0) + np.float32(0.32) * (_F1 - clear)
        mixed = (np.uint32(iu) * np.uint32(0x9E3779B1)) ^ (np.uint32(iv) * np.uint32(0x85EBCA77)) ^ seed
        mixed = (mixed ^ (mixed >> np.uint32(15))) * np.uint32(0x2C1B3C6D)
        lit[i] = np.float32(np.int32((mixed >> np.uint32(20)) & np.uint32(1023)))
    nz = 0.1
    for c in range(3):
        out = rows[c, start:end]
        wall = color[c]
        pane = np.float32(0.25 * _sky_at(lights, nz, c) + 0.02 * _lit(lights, 0.0, 0.0, c))
        warm = np.float32((0.75, 0.52, 0.26)[c] * night)
        for i in range(number):
            glass = pane * (np.float32(0.8) + np.float32(0.0004) * lit[i])
            if dark:
                glass += warm if lit[i] > np.float32(700.0) else _F0
            out[i] = wall + (glass - wall) * window[i]


@compiled_loops
def _shade_round(
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
    sunny, high = rows[_U, :number], rows[_V, :number]
    for i in range(number):
        t = _F1 / inverse[i]
        s = sb + t * (s0 + s1 * np.float32(i))
        sunny[i] = s if s > _F0 else _F0
        high[i] = np.float32(0.5) + np.float32(0.5) * (wb + t * (w0 + w1 * np.float32(i)))
    if material == _FOLIAGE:
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
            t = _F1 / inverse[i]
            f = np.float32(i)
            u = p0 + t * (u0 + u1 * f)
            v = p1 + t * (v0 + v1 * f)
            w = p2 + t * (z0 + z1 * f)
            at = (np.int32((w + v * np.float32(0.6) + np.float32(4.0)) * grow) & 255) << 8
            at |= np.int32((u + v * np.float32(0.8) + np.float32(4.0)) * grow) & 255
            speck = _F1 + (noise[at] - _F1) * np.float32(1.5) * strength
            sunny[i] *= speck
            high[i] *= speck
    for c in range(3):
        out = rows[c, start:end]
        direct = color[c] * lights[SUN, c]
        sky, low = color[c] * lights[SKY_LIGHT, c], color[c] * lights[BOUNCE, c]
        own = np.float32(0.0)
        if material in (_LAMP, _HEAD_LAMP):
            own = np.float32(color[c] * glow * (1.3 + 1.2 * night))
        for i in range(number):
            out[i] = direct * sunny[i] + low + (sky - low) * high[i] + own


@compiled_loops
def _fog_row(
    lights: Floats32,
    numbers: Floats,
    focal: float,
    width: int,
    y: float,
    inverse_row: Floats32,
    rows: Floats32,
) -> None:
    """Mix the air's colour into a row; sky is behind as much air as lies within 1 km."""
    fog = rows[_S, :width]
    density, begin = np.float32(numbers[FOG_DENSITY]), np.float32(numbers[FOG_START])
    lean, square = np.float32((0.5 - 0.5 * width) / focal), np.float32(1.0 + y * y)
    step = np.float32(1.0 / focal)
    least = np.float32(1.0 / 900.0)
    for i in range(width):
        x = lean + step * np.float32(i)
        inverse = inverse_row[i] if inverse_row[i] > least else least
        distance = np.float32(math.sqrt(square + x * x)) / inverse - begin
        depth = density * (distance if distance > _F0 else _F0)
        clear = _F1 + depth * np.float32(0.25)
        clear = clear * clear
        fog[i] = _F1 - _F1 / (clear * clear)
    for c in range(3):
        out, air = rows[c, :width], lights[FOG, c]
        for i in range(width):
            out[i] += (air - out[i]) * fog[i]


@compiled_loops
def _write_row(rows: Floats32, width: int, exposure: float, out: npt.NDArray[np.uint32]) -> None:
    """Exposure, shoulder of the film, display code (square root), packing as B, G, R, A bytes."""
    gain = np.float32(exposure)
    for c in range(3):
        row = rows[c, :width]
        for i in range(width):
            value = row[i] * gain
            value = value if value < np.float32(1.6) else np.float32(1.6)
            value = value if value > _F0 else _F0
            value = value * (np.float32(1.25) - np.float32(0.390625) * value)
            row[i] = np.float32(math.sqrt(value)) * np.float32(255.0) + np.float32(0.5)
    red, green, blue = rows[_RED, :width], rows[_GREEN, :width], rows[_BLUE, :width]
    for i in range(width):
        out[i] = (
            np.uint32(0xFF000000)
            | (np.uint32(np.int32(red[i])) << np.uint32(16))
            | (np.uint32(np.int32(green[i])) << np.uint32(8))
            | np.uint32(np.int32(blue[i]))
        )


@compiled_loops
def _entry_colors(
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
            extra = _lamp_light(lamps, place[0], place[1], place[2])
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


@compiled_loops
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
    matrix: Floats,
    rows: Floats32,
    picked: npt.NDArray[np.uint32],
    inverse: Floats32,
    code: Ints,
    shadow: npt.NDArray[np.uint8],
    out: npt.NDArray[np.uint32],
) -> None:
    """Colour a whole picture into `out`, uint32 [H * W] of B, G, R, A bytes."""
    lights, sun, numbers, cloud_alpha = light.colors, light.sun, light.numbers, light.cloud_alpha.reshape(-1)
    night, wet, cloudy = numbers[NIGHT], numbers[WET], numbers[CLOUDS] > 0.0
    surface, palette, coarse, levels = texture.surface, texture.palette, texture.coarse, texture.levels
    corner = (texture.x, texture.y, texture.cell)
    static_owner = static.owner
    sun_seen, up = np.empty(3), np.empty(3)
    for a in range(3):
        sun_seen[a] = camera[a, 0] * sun[0] + camera[a, 1] * sun[1] + camera[a, 2] * sun[2]
        up[a] = camera[a, 2]
    colors = np.empty((number * 8, 3), np.float32)
    materials, glows = np.empty(number, np.uint8), np.empty(number, np.float32)
    _entry_colors(
        static, 1, table, entries, drawn, number, lights, sun_seen, up, night, lamps, colors, materials, glows
    )
    _entry_colors(
        moving,
        -1,
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
            end = start + 1
            while end < width and row[end] == value:
                end += 1
            e, face = (value >> 3) - 1, value & 7
            if value == SKY:
                _shade_sky(lights, sun, cloud_alpha, cloudy, camera, focal, width, y, start, end, rows)
            elif value < 8:
                _shade_ground(
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
                    _wet_ground(lights, numbers, drop, noise, focal, width, y, start, end, inverse_row, rows)
                if len(lamps) > 0:
                    _night_ground(lamps, ground.level, corner, start, end, rows, picked)
            elif face == ROUND_FACE:
                _shade_round(
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
            elif materials[e] == _FACADE and face < 4:
                _shade_facade(
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
                    rows[_RED, i] = red
                    rows[_GREEN, i] = green
                    rows[_BLUE, i] = blue
            start = end
        _fog_row(lights, numbers, focal, width, y, inverse_row, rows)
        _write_row(rows, width, exposure, out[j * width : (j + 1) * width])


@compiled_loops
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
