"""Compiled: normals and optical flow from the buffers of a picture (`raster_buffers`)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.polygon_kernel import flat_normal
from carla_drl_sim.sensors.raster_buffers import DECK, NEAR_M, ROUND_FACE, SKY, run_end, to_camera
from carla_drl_sim.sensors.round_kernel import round_frame
from carla_drl_sim.sensors.scene_kernel import ground_normal
from carla_drl_sim.world.compiled import compiled_loops_inner, compiled_loops_inner_maker

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]

_ALPHA = np.uint32(0xFF000000)
_NO_NORMAL = np.uint32(0xFF808080)


@compiled_loops_inner
def _coded(camera: Floats, n0: float, n1: float, n2: float) -> int:
    """A normal in camera space as world x, y, z in R, G, B: -1 is 0 and 1 is 255."""
    length = math.sqrt(n0 * n0 + n1 * n1 + n2 * n2) + 1e-30
    result = 0
    for a in range(3):
        value = (n0 * camera[0, a] + n1 * camera[1, a] + n2 * camera[2, a]) / length
        result = (result << 8) | int(min(max((value + 1.0) * 127.5 + 0.5, 0.0), 255.0))
    return result


@compiled_loops_inner
def normal_picture(
    ground: Any,
    camera: Floats,
    focal: float,
    width: int,
    height: int,
    shapes: npt.NDArray[np.uint8],
    table: Floats,
    matrix: Floats,
    inverse: Floats32,
    code: Ints,
    out: npt.NDArray[np.uint32],
) -> None:
    """Normals of surfaces in the world's axes as B, G, R, A bytes; the sky has none, which is 128, 128, 128."""
    up = _ALPHA | np.uint32(_coded(camera, camera[0, 2], camera[1, 2], camera[2, 2]))
    for j in range(height):
        y = (j + 0.5 - 0.5 * height) / focal
        start, last = j * width, (j + 1) * width
        while start < last:
            value = code[start]
            end = run_end(code, start, last)
            if value == SKY:
                out[start:end] = _NO_NORMAL
            elif value < 8 and ground.flat:
                out[start:end] = up
            elif value < 8:
                for i in range(start, end):
                    x = (i - j * width + 0.5 - 0.5 * width) / focal
                    t = 1.0 / np.float64(inverse[i])
                    px = camera[3, 0] + t * (camera[0, 0] + camera[1, 0] * x + camera[2, 0] * y)
                    py = camera[3, 1] + t * (camera[0, 1] + camera[1, 1] * x + camera[2, 1] * y)
                    g0, g1, g2 = ground_normal(ground, value == DECK, px, py)
                    n0, n1, n2 = to_camera(camera, g0, g1, g2)
                    out[i] = _ALPHA | np.uint32(_coded(camera, n0, n1, n2))
            elif value & 7 < ROUND_FACE:
                n = flat_normal(table, (value >> 3) - 1, value & 7)
                out[start:end] = _ALPHA | np.uint32(_coded(camera, n[0], n[1], n[2]))
            else:
                e = (value >> 3) - 1
                round_frame(table, e, matrix)
                dimensions = 3 if shapes[e] == 2 else 2
                for i in range(start, end):
                    x = (i - j * width + 0.5 - 0.5 * width) / focal
                    t = 1.0 / np.float64(inverse[i])
                    n0 = n1 = n2 = 0.0
                    for a in range(dimensions):
                        h = matrix[a, 3] + t * (matrix[a, 0] + matrix[a, 1] * x + matrix[a, 2] * y)
                        n0 += h * matrix[a, 0]
                        n1 += h * matrix[a, 1]
                        n2 += h * matrix[a, 2]
                    out[i] = _ALPHA | np.uint32(_coded(camera, n0, n1, n2))
            start = end


@compiled_loops_inner_maker
def flow_picture(
    moving: Any,
    camera: Floats,
    before: Floats,
    elapsed: float,
    focal: float,
    width: int,
    height: int,
    entries: Ints,
    inverse: Floats32,
    code: Ints,
    out: Floats32,
) -> None:
    """How far each pixel's surface has moved in the picture since the time before.

    Args:
        before: float64 [4, 3], where the camera was; forward, right, down axes and position.
        elapsed: time since then in s; parts have moved straight and turned evenly.
        out: float32 [2 * H * W], right and up, in half pictures (Unreal's screen velocity, -2 to 2).
    """
    velocity, spin, centre = moving.velocity, moving.spin, moving.centre
    half_x, half_y = 0.5 * width / focal, 0.5 * height / focal
    v, w, c = np.zeros(3), np.zeros(3), np.zeros(3)
    point, old = np.zeros(3), np.zeros(3)
    for j in range(height):
        y = (j + 0.5 - 0.5 * height) / focal
        last = -1
        for i in range(width):
            x = (i + 0.5 - 0.5 * width) / focal
            at = j * width + i
            value = code[at]
            if value != last:
                last = value
                v[:] = 0.0
                w[:] = 0.0
                entry = entries[(value >> 3) - 1] if value >= 8 else 0
                if entry < 0:
                    v[:] = velocity[-entry - 1]
                    w[:] = spin[-entry - 1]
                    c[:] = centre[-entry - 1]
            # The sky is infinitely far: only the direction counts.
            t = 1.0 / np.float64(inverse[at]) if value != SKY else 1.0
            for a in range(3):
                point[a] = t * (camera[0, a] + camera[1, a] * x + camera[2, a] * y)
                if value != SKY:
                    point[a] += camera[3, a]
            rx, ry, rz = point[0] - c[0], point[1] - c[1], point[2] - c[2]
            old[0] = point[0] - elapsed * (v[0] + w[1] * rz - w[2] * ry)
            old[1] = point[1] - elapsed * (v[1] + w[2] * rx - w[0] * rz)
            old[2] = point[2] - elapsed * (v[2] + w[0] * ry - w[1] * rx)
            if value != SKY:
                for a in range(3):
                    old[a] -= before[3, a]
            depth = before[0, 0] * old[0] + before[0, 1] * old[1] + before[0, 2] * old[2]
            right = before[1, 0] * old[0] + before[1, 1] * old[1] + before[1, 2] * old[2]
            down = before[2, 0] * old[0] + before[2, 1] * old[1] + before[2, 2] * old[2]
            flow_x = flow_y = 0.0
            if depth > NEAR_M * 0.01:
                flow_x = (x - right / depth) / half_x
                flow_y = (down / depth - y) / half_y
            out[2 * at] = np.float32(min(max(flow_x, -2.0), 2.0))
            out[2 * at + 1] = np.float32(min(max(flow_y, -2.0), 2.0))
