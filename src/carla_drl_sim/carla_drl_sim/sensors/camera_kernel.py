"""Compiled: whole pictures of several cameras, one after the other, without the GIL."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from carla_drl_sim.sensors.encode_kernel import depth_picture, label_picture
from carla_drl_sim.sensors.flow_kernel import flow_picture, normal_picture
from carla_drl_sim.sensors.light_kernel import NUM_ROWS, nearest_lamps
from carla_drl_sim.sensors.lighting import RAIN
from carla_drl_sim.sensors.raster_buffers import NUM_COLUMNS
from carla_drl_sim.sensors.raster_kernel import DISTANCES, draw_parts, fill_ground
from carla_drl_sim.sensors.shade_kernel import add_rain, shade
from carla_drl_sim.sensors.shadow_kernel import cast_shadows
from carla_drl_sim.sensors.terrain_kernel import draw_terrain
from carla_drl_sim.world.compiled import compiled_loops

COLOR, DEPTH, SEMANTIC, INSTANCE, NORMALS, FLOW = 0, 1, 2, 3, 4, 5
HEADER_WORDS = 3


@compiled_loops
def render_cameras(
    mode: int,
    static: Any,
    static_index: Any,
    moving: Any,
    moving_index: Any,
    ground: Any,
    decks: npt.NDArray[np.int32],
    texture: Any,
    labels: npt.NDArray[np.uint8],
    light: Any,
    noise: npt.NDArray[np.float32],
    lamps: npt.NDArray[np.float64],
    cameras: npt.NDArray[np.float64],
    focal: npt.NDArray[np.float64],
    exposure: npt.NDArray[np.float64],
    before: npt.NDArray[np.float64],
    elapsed: npt.NDArray[np.float64],
    far: float,
    frame: int,
    width: int,
    height: int,
    out: npt.NDArray[np.uint32],
) -> None:
    """Render one kind of picture for J cameras of one size.

    Args:
        lamps: float64 [L, 7], head lamps that count: place, direction, strength.
        cameras: float64 [J, 4, 3], forward, right, down axes and position.
        focal: float64 [J], in pixels.
        exposure: float64 [J], factor on the light.
        frame: number of the tick; rain falls elsewhere in each.
        before, elapsed: float64 [J, 4, 3] and [J], where the cameras were and how long ago in s, for optical flow.
        out: uint32 [J, HEADER_WORDS + H * W], twice as many pixels for optical flow; the pixels are written.
    """
    pixels = width * height
    parts = len(static.shape) + len(moving.shape)
    entries, drawn = np.empty(parts, np.int32), np.empty(parts, np.int32)
    order = np.empty(parts + DISTANCES, np.int32)
    shapes, table = np.empty(parts, np.uint8), np.empty((parts, NUM_COLUMNS))
    inverse, code = np.empty(pixels, np.float32), np.empty(pixels, np.int32)
    vertex, polygon, matrix = np.empty((8, 3)), np.empty((16, 3)), np.empty((3, 4))
    bounds = np.empty((4, max(height, 16) + 1))
    sun, up, points = np.empty(3), np.empty(3), np.empty((16, 3))
    colors = np.empty((parts * 8, 3), np.float32)
    materials, glows = np.empty(parts, np.uint8), np.empty(parts, np.float32)
    rows, picked = np.empty((NUM_ROWS, width), np.float32), np.empty(width, np.uint32)
    shadow = np.empty(pixels, np.uint8)
    for n in range(len(cameras)):
        camera = cameras[n]
        if ground.flat:
            fill_ground(camera, focal[n], width, height, ground.level, inverse, code)
        else:
            squares = 12 if width < 128 else 24
            draw_terrain(
                ground, decks, camera, focal[n], width, height, squares, polygon, bounds, inverse, code
            )
        number = draw_parts(
            static,
            static_index,
            moving,
            moving_index,
            camera,
            focal[n],
            width,
            height,
            far,
            entries,
            shapes,
            table,
            drawn,
            order,
            vertex,
            polygon,
            matrix,
            bounds,
            inverse,
            code,
        )
        picture = out[n, HEADER_WORDS:]
        if mode == COLOR:
            for i in range(pixels):
                shadow[i] = 0
            cast_shadows(
                ground,
                camera,
                light.shadow,
                focal[n],
                width,
                height,
                shapes,
                table,
                number,
                sun,
                up,
                points,
                vertex,
                polygon,
                bounds,
                code,
                shadow,
            )
            shade(
                static,
                moving,
                ground,
                texture,
                light,
                noise,
                nearest_lamps(lamps, camera),
                camera,
                focal[n],
                width,
                height,
                exposure[n],
                entries,
                shapes,
                table,
                drawn,
                number,
                sun,
                up,
                colors,
                materials,
                glows,
                matrix,
                rows,
                picked,
                inverse,
                code,
                shadow,
                picture,
            )
            if light.numbers[RAIN] > 0.02:
                add_rain(light.numbers[RAIN], frame, width, height, picture)
        elif mode == DEPTH:
            depth_picture(inverse, picture)
        elif mode in (SEMANTIC, INSTANCE):
            label_picture(
                static,
                moving,
                texture,
                labels,
                11,
                mode == INSTANCE,
                camera,
                focal[n],
                width,
                height,
                entries,
                inverse,
                code,
                picture,
            )
        elif mode == NORMALS:
            normal_picture(
                ground, camera, focal[n], width, height, shapes, table, matrix, inverse, code, picture
            )
        elif mode == FLOW:
            flow_picture(
                moving,
                camera,
                before[n],
                elapsed[n],
                focal[n],
                width,
                height,
                entries,
                inverse,
                code,
                picture.view(np.float32),
            )
