"""What clients draw into the world with ``world.debug``: kept for the viewer, never seen by sensors."""

from __future__ import annotations

import math
from collections import deque
from typing import Any, NamedTuple

from carla_drl_sim.errors import ArgumentError
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.arguments import Vector

MAX_SHAPES = 4096
"""Shapes kept at once; the oldest gives way."""

MAX_TEXT = 256
"""Characters of a drawn text that are kept."""

_KINDS = ("point", "line", "arrow", "box", "text", "point", "line", "arrow", "box")
_FIRST_HUD_KIND = 5


class DebugShape(NamedTuple):
    """One drawn shape, metres and degrees in the world's axes.

    Attributes:
        kind: point, line, arrow, box or text.
        points: the point or the text's place; both ends of a line or arrow; centre and half sizes of a box.
        rotation: pitch, yaw, roll of a box.
        size: of a point, or thickness of a line (CARLA's units).
        text: of a text.
        color: red, green, blue, 0 to 255.
        hud: drawn over the scene and not into it.
    """

    kind: str
    points: tuple[Vector, ...]
    rotation: Vector
    size: float
    text: str
    color: tuple[int, int, int]
    hud: bool


class Drawing(NamedTuple):
    """A shape and how long it is to be seen: seconds of simulated time; 0 for ever, below 0 for one frame."""

    shape: DebugShape
    life_time_s: float


def drawing(value: Any) -> Drawing:
    """Accept [[kind, primitive], [r, g, b], life time, persistent] as ``carla.DebugHelper`` sends it."""
    kind_and_primitive, color, life_time, _ = arguments.array(value, 4, "a debug shape")
    kind, primitive = arguments.array(kind_and_primitive, 2, "a kind and a primitive")
    if type(kind) is not int or not 0 <= kind < len(_KINDS):
        raise ArgumentError(f"there is no debug shape of kind {kind!r}, kinds are 0 to {len(_KINDS) - 1}")
    name = _KINDS[kind]
    points, rotation, size, text = _PRIMITIVES[name](primitive)
    if type(color) is not list or len(color) not in (3, 4):
        raise ArgumentError("expected a color [red, green, blue]")
    red, green, blue = (min(255, arguments.unsigned(part)) for part in color[:3])
    shape = DebugShape(name, points, rotation, size, text, (red, green, blue), kind >= _FIRST_HUD_KIND)
    return Drawing(shape, arguments.number(life_time))


_Primitive = tuple[tuple[Vector, ...], Vector, float, str]
_UNTURNED = (0.0, 0.0, 0.0)


def _point(value: Any) -> _Primitive:
    location, size = arguments.array(value, 2, "a point")
    return (arguments.vector(location),), _UNTURNED, arguments.number(size), ""


def _line(value: Any) -> _Primitive:
    begin, end, thickness = arguments.array(value, 3, "a line")
    return (arguments.vector(begin), arguments.vector(end)), _UNTURNED, arguments.number(thickness), ""


def _arrow(value: Any) -> _Primitive:
    line, head = arguments.array(value, 2, "an arrow")
    arguments.number(head)
    return _line(line)


def _box(value: Any) -> _Primitive:
    box, rotation, thickness = arguments.array(value, 3, "a box")
    if type(box) is not list or len(box) not in (3, 4):
        raise ArgumentError("expected a bounding box [location, extent, rotation, actor id]")
    points = (arguments.vector(box[0]), arguments.vector(box[1]))
    return points, arguments.vector(rotation), arguments.number(thickness), ""


def _text(value: Any) -> _Primitive:
    location, text, shadow = arguments.array(value, 3, "a text")
    arguments.boolean(shadow)
    return (arguments.vector(location),), _UNTURNED, 0.0, arguments.text(text)[:MAX_TEXT]


_PRIMITIVES = {"point": _point, "line": _line, "arrow": _arrow, "box": _box, "text": _text}


class DebugShapes:
    """The shapes of one episode, by simulated time.

    Life times are those of CARLA's Python API documentation: 0 is permanent, and the default, -1, lasts one frame.
    Expired shapes are removed when something is drawn or read, so that a tick costs nothing.
    """

    def __init__(self) -> None:
        self._shapes: deque[tuple[float, DebugShape]] = deque(maxlen=MAX_SHAPES)

    def __len__(self) -> int:
        return len(self._shapes)

    def draw(self, drawn: Drawing, elapsed_s: float, step_s: float) -> None:
        """Add a shape that is drawn at ``elapsed_s``; one tick takes ``step_s``."""
        life = drawn.life_time_s
        end = math.inf if life == 0.0 else elapsed_s + (life if life > 0.0 else step_s)
        if len(self._shapes) == MAX_SHAPES:
            self._forget_expired(elapsed_s)
        self._shapes.append((end, drawn.shape))

    def visible(self, elapsed_s: float) -> list[DebugShape]:
        """The shapes to be seen at ``elapsed_s``, oldest first."""
        self._forget_expired(elapsed_s)
        return [shape for _, shape in self._shapes]

    def clear(self, *, texts: bool) -> None:
        """Remove all texts, or all other shapes."""
        kept = [entry for entry in self._shapes if (entry[1].kind == "text") != texts]
        self._shapes = deque(kept, maxlen=MAX_SHAPES)

    def _forget_expired(self, elapsed_s: float) -> None:
        # Half a millisecond of slack: the sum of many steps is not exactly the sum's end.
        kept = [entry for entry in self._shapes if entry[0] > elapsed_s - 5e-4]
        self._shapes = deque(kept, maxlen=MAX_SHAPES)
