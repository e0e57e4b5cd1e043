"""Shapes drawn by the real client are kept as long as they are to be seen, and never too many."""

from __future__ import annotations

from collections.abc import Callable

import carla
import pytest
from raw_client import RawClient
from server_process import ServerProcess

from carla_drl_sim.debug_shapes import MAX_SHAPES, DebugShapes, drawing
from carla_drl_sim.errors import ArgumentError

LINE = [1, [[0.0, 0.0, 0.0], [1.0, 2.0, 3.0], 0.1]]


def _line(life_time: float) -> list[object]:
    return [LINE, [255, 0, 10], life_time, True]


def test_life_times_are_those_of_the_documentation() -> None:
    shapes = DebugShapes()
    for life in (-1.0, 0.0, 0.2):
        shapes.draw(drawing(_line(life)), 10.0, 0.05)
    assert [len(shapes.visible(time)) for time in (10.0, 10.05, 10.1, 10.2, 10.25, 1e6)] == [3, 3, 2, 2, 1, 1]


def test_clearing_separates_texts_from_shapes() -> None:
    shapes = DebugShapes()
    shapes.draw(drawing(_line(0.0)), 0.0, 0.05)
    shapes.draw(drawing([[4, [[1.0, 2.0, 3.0], "hello", False]], [1, 2, 3], 0.0, True]), 0.0, 0.05)
    shapes.clear(texts=False)
    assert [(shape.kind, shape.text, shape.color) for shape in shapes.visible(0.0)] == [
        ("text", "hello", (1, 2, 3))
    ]
    shapes.clear(texts=True)
    assert not shapes.visible(0.0)


def test_the_number_of_shapes_is_bounded_and_the_oldest_gives_way() -> None:
    shapes = DebugShapes()
    for number in range(MAX_SHAPES + 10):
        shapes.draw(drawing([[0, [[float(number), 0.0, 0.0], 0.1]], [0, 0, 0], 0.0, True]), 0.0, 0.05)
    visible = shapes.visible(0.0)
    assert len(visible) == MAX_SHAPES
    assert visible[0].points[0][0] == 10.0


@pytest.mark.parametrize(
    "bad",
    [
        [],
        [[9, [[0.0, 0.0, 0.0], 0.1]], [0, 0, 0], 0.0, True],
        [[0, [[0.0, float("nan"), 0.0], 0.1]], [0, 0, 0], 0.0, True],
        [[0, [[0.0, 0.0, 0.0], 0.1]], [0, 0], 0.0, True],
        [[0, [[0.0, 0.0, 0.0], 0.1]], [0, 0, -1], 0.0, True],
        [[4, [[0.0, 0.0, 0.0], 7, False]], [0, 0, 0], 0.0, True],
        [[3, [[[0.0] * 3] * 2, [0.0] * 3, 0.1]], [0, 0, 0], 0.0, True],
    ],
)
def test_malformed_shapes_are_refused(bad: list[object]) -> None:
    with pytest.raises(ArgumentError):
        drawing(bad)


def test_every_shape_of_the_real_client_is_accepted(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server("--log-level", "debug")
    client = carla.Client("127.0.0.1", server.rpc_port)
    client.set_timeout(10.0)
    debug = client.get_world().debug
    place, end, red = carla.Location(1.0, 2.0, 3.0), carla.Location(4.0, 5.0, 6.0), carla.Color(255, 0, 0)
    box = carla.BoundingBox(place, carla.Vector3D(1.0, 2.0, 3.0))
    debug.draw_point(place, 0.2, red, 0.0)
    debug.draw_line(place, end, 0.2, red, 0.0)
    debug.draw_arrow(place, end, 0.2, 0.1, red, 0.0)
    debug.draw_box(box, carla.Rotation(yaw=30.0), 0.2, red, 0.0)
    debug.draw_string(place, "text", False, red, 0.0)
    debug.draw_hud_point(place, 0.2, red, 0.0)
    debug.draw_hud_line(place, end, 0.2, red, 0.0)
    debug.draw_hud_arrow(place, end, 0.2, 0.1, red, 0.0)
    debug.draw_hud_box(box, carla.Rotation(yaw=30.0), 0.2, red, 0.0)
    debug.clear_debug_shape()
    debug.clear_debug_string()
    with RawClient(server.rpc_port) as raw:
        raw.answer(raw.send("draw_debug_shape", [[77, []], [0, 0, 0], 0.0, True], waits=False))
    client.get_server_version()  # drawing is not waited for; a call that is comes after it
    lines = server.log_lines()
    assert len(lines) == 1, lines
    assert "there is no debug shape of kind 77" in lines[0]
