"""What the kernels of cameras share: camera space, the buffers of a picture, and the table of visible parts.

Camera space is (depth along the optical axis, right, down). A pixel (i, j) looks along (1, x, y) with
x = (i + 1/2 - W/2) / f and y = (j + 1/2 - H/2) / f, so a point on its ray is depth * (1, x, y). On a plane, 1 / depth
is linear in x and y; that makes faces of solids cheap: an interval of pixels per row and one multiplication per pixel.

Two buffers, flat over H * W pixels, hold the result: ``inverse`` (float32, 1 / depth, 0 for the sky) and ``code``
(int32): `SKY`, `GROUND`, `DECK`, or entry * 8 + face, where entry counts from 1 over the camera's list of visible parts
and face is 0 front, 1 rear, 2 right, 3 left, 4 top, 5 bottom, 6 the round side of cylinders and ellipsoids.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.compiled import compiled_loops_inner

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int32]

NEAR_M = 0.05
SKY, GROUND, DECK = 0, 1, 2
ROUND_FACE = 6
HORIZON = np.float32(1e-4)
"""Inverse of the distance (10 km) beyond which the ground is not drawn."""

CYLINDER, ELLIPSOID = 1, 2

CENTRE, AXES, EXTENT, TAPER, NUM_COLUMNS = 0, 3, 12, 15, 18
"""Columns of the table of visible parts, all in camera space."""


@compiled_loops_inner
def to_camera(camera: Floats, x: float, y: float, z: float) -> tuple[float, float, float]:
    """A vector of the world in camera space; `camera` is float64 [4, 3]: forward, right, down axes and position."""
    return (
        camera[0, 0] * x + camera[0, 1] * y + camera[0, 2] * z,
        camera[1, 0] * x + camera[1, 1] * y + camera[1, 2] * z,
        camera[2, 0] * x + camera[2, 1] * y + camera[2, 2] * z,
    )


@compiled_loops_inner
def run_end(code: Ints, start: int, last: int) -> int:
    """Where the run of pixels of the same surface ends that begins at `start`, at most `last`."""
    value = code[start]
    end = start + 1
    while end < last and code[end] == value:
        end += 1
    return end
