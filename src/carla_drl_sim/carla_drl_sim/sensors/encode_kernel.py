"""Compiled encodings of camera pictures other than colour, from the buffers of a picture (`raster_buffers`).

All write B, G, R, A bytes as uint32 (0xAARRGGBB), as CARLA's image messages hold them.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.raster_buffers import SKY, run_end
from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Floats32 = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Pixels = npt.NDArray[np.uint32]

_ALPHA = np.uint32(0xFF000000)
DEPTH_RANGE_M = 1000.0
DEPTH_STEPS = 16777215.0
"""CARLA's coding: depth = (R + 256 G + 65536 B) / (2^24 - 1) * 1000 m."""


@compiled_loops_inner
def depth_picture(inverse: Floats32, out: Pixels) -> None:
    """Distance along the optical axis; everything beyond 1000 m, and the sky, has the largest code."""
    for i in range(len(inverse)):
        value = np.float64(inverse[i])
        near = value > 1.0 / DEPTH_RANGE_M
        share = (1.0 / DEPTH_RANGE_M) / (value if near else 1.0)
        steps = np.uint32(np.int64(share * DEPTH_STEPS + 0.5)) if near else np.uint32(0xFFFFFF)
        red, green, blue = (
            steps & np.uint32(255),
            (steps >> np.uint32(8)) & np.uint32(255),
            steps >> np.uint32(16),
        )
        out[i] = _ALPHA | (red << np.uint32(16)) | (green << np.uint32(8)) | blue


@compiled_loops_inner
def _ground_labels(
    surface: npt.NDArray[np.uint8],
    corner: tuple[float, float, float],
    labels: npt.NDArray[np.uint8],
    camera: Floats,
    focal: float,
    width: int,
    y: float,
    start: int,
    inverse: Floats32,
    out: Pixels,
) -> None:
    """Labels of the ground along a run of pixels that begins at column `start`."""
    x = (start + 0.5 - 0.5 * width) / focal
    x0 = camera[0, 0] + camera[1, 0] * x + camera[2, 0] * y
    y0 = camera[0, 1] + camera[1, 1] * x + camera[2, 1] * y
    xs, ys = camera[1, 0] / focal, camera[1, 1] / focal
    ox, oy, scale = camera[3, 0] - corner[0], camera[3, 1] - corner[1], 1.0 / corner[2]
    rows, columns = surface.shape
    for i in range(len(out)):
        t = 1.0 / np.float64(inverse[i])
        u, v = (ox + t * (x0 + xs * i)) * scale, (oy + t * (y0 + ys * i)) * scale
        kind = 0
        if u >= 0.0 and v >= 0.0 and u < columns and v < rows:
            kind = surface[np.int64(v), np.int64(u)]
        out[i] = _ALPHA | (np.uint32(labels[kind]) << np.uint32(16))


@compiled_loops_inner
def label_picture(
    static: Any,
    moving: Any,
    texture: Any,
    labels: npt.NDArray[np.uint8],
    sky_label: int,
    instances: bool,
    camera: Floats,
    focal: float,
    width: int,
    height: int,
    entries: Ints,
    inverse: Floats32,
    code: Ints,
    out: Pixels,
) -> None:
    """Semantic label in R; with `instances` the owner's low byte in G and its second byte in B."""
    surface, corner = texture.surface, (texture.x, texture.y, texture.cell)
    static_label, static_owner = static.label, static.owner
    moving_label, moving_owner = moving.label, moving.owner
    for j in range(height):
        y = (j + 0.5 - 0.5 * height) / focal
        start, last = j * width, (j + 1) * width
        while start < last:
            value = code[start]
            end = run_end(code, start, last)
            if value == SKY:
                out[start:end] = _ALPHA | np.uint32(sky_label << 16)
            elif value < 8:
                run = inverse[start:end]
                _ground_labels(
                    surface, corner, labels, camera, focal, width, y, start - j * width, run, out[start:end]
                )
            else:
                entry = entries[(value >> 3) - 1]
                if entry > 0:
                    label, owner = static_label[entry - 1], static_owner[entry - 1]
                else:
                    label, owner = moving_label[-entry - 1], moving_owner[-entry - 1]
                pixel = _ALPHA | (np.uint32(label) << np.uint32(16))
                if instances:
                    pixel |= (np.uint32(owner & 255) << np.uint32(8)) | np.uint32((owner >> 8) & 255)
                out[start:end] = pixel
            start = end
