"""Collects the objects of a town and the parts that they are made of."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Parts, Scenery, SceneryObject, Shape, no_parts

FIRST_OBJECT = 1_000_000
"""Ids of objects start here, so that they are never those of actors."""

Color = tuple[int, int, int]
Point = tuple[float, float, float]


@dataclass(frozen=True)
class Part:
    """One solid, see `Parts`."""

    shape: Shape
    centre: Point
    yaw_deg: float
    extent: Point
    label: Label
    color: Color
    solid: bool = True


class SceneryParts:
    """Objects in the order in which they were added."""

    def __init__(self) -> None:
        self._objects: list[SceneryObject] = []
        self._parts: list[Part] = []
        self._owner: list[int] = []
        self._names: dict[str, int] = {}

    def add(self, name: str, label: Label, parts: Sequence[Part]) -> None:
        """Add an object; its box is level and turned as its first part.

        Args:
            name: a number is appended, as CARLA's levels do.
            label: of the object; its parts have their own.
            parts: at least one.
        """
        number = self._names.get(name, 0)
        self._names[name] = number + 1
        object_id = FIRST_OBJECT + len(self._objects)
        centre, extent = _box(parts)
        self._objects.append(
            SceneryObject(object_id, f"{name}_{number}", label, centre, parts[0].yaw_deg, extent)
        )
        self._parts += parts
        self._owner += [object_id] * len(parts)

    def finish(self) -> Scenery:
        """All objects."""
        if not self._parts:
            return Scenery((), no_parts())
        parts = self._parts
        return Scenery(
            tuple(self._objects),
            Parts(
                shape=np.array([part.shape for part in parts], np.uint8),
                centre=np.array([part.centre for part in parts], np.float64),
                yaw_deg=np.array([part.yaw_deg for part in parts], np.float64),
                extent=np.array([part.extent for part in parts], np.float64),
                label=np.array([part.label for part in parts], np.uint8),
                color=np.array([part.color for part in parts], np.uint8),
                object_id=np.array(self._owner, np.int64),
                solid=np.array([part.solid for part in parts], np.bool_),
            ),
        )


def _box(parts: Sequence[Part]) -> tuple[Point, Point]:
    """Centre and half sizes of the box around parts, in the axes of the first one."""
    turn = math.radians(parts[0].yaw_deg)
    cos, sin = math.cos(turn), math.sin(turn)
    low, high = [math.inf] * 3, [-math.inf] * 3
    for part in parts:
        x, y, z = part.centre
        own = (x * cos + y * sin, y * cos - x * sin, z)
        angle = math.radians(part.yaw_deg) - turn
        a, b = abs(math.cos(angle)), abs(math.sin(angle))
        reach = (
            a * part.extent[0] + b * part.extent[1],
            b * part.extent[0] + a * part.extent[1],
            part.extent[2],
        )
        for axis in range(3):
            low[axis] = min(low[axis], own[axis] - reach[axis])
            high[axis] = max(high[axis], own[axis] + reach[axis])
    u, v, z = (0.5 * (a + b) for a, b in zip(low, high, strict=True))
    ex, ey, ez = (0.5 * (b - a) for a, b in zip(low, high, strict=True))
    return (u * cos - v * sin, u * sin + v * cos, z), (ex, ey, ez)
