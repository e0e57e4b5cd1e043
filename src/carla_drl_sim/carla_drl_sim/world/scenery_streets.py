"""Buildings, walls, trees, lamps and other things along the streets of a town."""

from __future__ import annotations

import math
from random import Random

import numpy as np

from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.scenery import Shape
from carla_drl_sim.world.scenery_parts import Color, Part, SceneryParts
from carla_drl_sim.world.scenery_sites import Frontage, Sites, box_corners

_FACADES: tuple[Color, ...] = (
    (168, 92, 74),
    (190, 176, 150),
    (205, 198, 186),
    (142, 132, 122),
    (214, 186, 132),
    (120, 128, 138),
    (176, 122, 98),
    (228, 222, 210),
    (98, 110, 124),
    (156, 148, 112),
)
_CROWNS: tuple[Color, ...] = ((54, 94, 38), (72, 112, 44), (44, 82, 46), (96, 118, 48))
_TRUNK: Color = (92, 72, 54)
_METAL: Color = (96, 100, 104)
_WALL: Color = (172, 160, 144)
_FENCE: Color = (110, 84, 60)
_STOREY = 3.2
_LANES_OF_AVENUE = 4
_FAST_KMH = 69.0


def between(rng: Random, low: float, high: float) -> float:
    """A number from `low` to `high`."""
    return low + (high - low) * rng.random()


def _shade(rng: Random, color: Color) -> Color:
    factor = between(rng, 0.85, 1.12)
    red, green, blue = (min(int(value * factor), 255) for value in color)
    return red, green, blue


def is_fast(front: Frontage) -> bool:
    """Whether it is a side of a highway, where nobody lives or walks."""
    return front.kmh > _FAST_KMH and not front.has_sidewalk.any()


class Streets:
    """Puts things along frontages, where there is room for them.

    Args:
        thin: distances are this many times as long as usual, for very large maps.
    """

    def __init__(self, parts: SceneryParts, sites: Sites, rng: Random, thin: float = 1.0) -> None:
        self._parts = parts
        self._sites = sites
        self._rng = rng
        self._thin = thin

    def _ground(self, x: float, y: float) -> float:
        return float(self._sites.ground(np.array([[x, y]]))[0])

    def buildings(self, front: Frontage) -> None:
        """A row of buildings along a sidewalk; single farms along country roads."""
        rng = self._rng
        town = bool(front.has_sidewalk.mean() > 0.5)
        if is_fast(front):
            return
        avenue = front.lanes >= _LANES_OF_AVENUE
        s = between(rng, 1.0, 6.0) if town else between(rng, 15.0, 80.0)
        while s < front.length - 4.0:
            width = between(rng, 12.0, 26.0) if avenue else between(rng, 9.0, 18.0)
            depth = between(rng, 10.0, 18.0) if avenue else between(rng, 8.0, 13.0)
            setback = between(rng, 1.8, 4.0) if town else between(rng, 9.0, 20.0)
            storeys = 1 + int(rng.random() ** 1.5 * (10 if avenue else 4)) + (2 if avenue else 0)
            if rng.random() < 0.12 * self._thin:
                s += between(rng, 8.0, 20.0)  # a gap for trees and fences
                continue
            point = front.at(s + 0.5 * width)
            placed = not front.on_deck[point] and any(
                self._building(front, point, share * width, share * depth, setback, storeys)
                for share in (1.0, 0.7)
            )
            if not placed:
                s += 4.0
                continue
            s += (width + between(rng, 0.8, 5.0)) if town else between(rng, 60.0, 160.0) * self._thin

    def _building(
        self, front: Frontage, point: int, width: float, depth: float, setback: float, storeys: int
    ) -> bool:
        rng = self._rng
        x, y = front.beside(point, setback + 0.5 * depth)
        yaw = float(front.yaw_deg[point])
        if not self._sites.claim(x, y, yaw, 0.5 * width + 0.4, 0.5 * depth + 0.4):
            return False
        base = float(self._sites.ground(box_corners(x, y, yaw, 0.5 * width, 0.5 * depth)).min()) - 0.3
        top = self._ground(x, y) + storeys * _STOREY + 0.6
        color = _shade(rng, _FACADES[int(rng.random() * len(_FACADES))])
        half = 0.5 * (top - base)
        extent = (0.5 * width, 0.5 * depth, half)
        parts = [Part(Shape.BOX, (x, y, base + half), yaw, extent, Label.BUILDINGS, color)]
        if rng.random() < 0.4:
            roof = (
                extent[0] * between(rng, 0.3, 0.8),
                extent[1] * between(rng, 0.3, 0.8),
                between(rng, 0.6, 1.6),
            )
            parts.append(
                Part(Shape.BOX, (x, y, top + roof[2]), yaw, roof, Label.BUILDINGS, _shade(rng, color))
            )
        self._parts.add("BP_House" if storeys < 4 else "BP_Apartment", Label.BUILDINGS, parts)
        return True

    def lamps(self, front: Frontage) -> None:
        """Street lamps just beyond the road's edge; those of the other side stand half-way between."""
        town = bool(front.has_sidewalk.mean() > 0.5)
        if not town and not is_fast(front):
            return
        spacing = (34.0 if town else 60.0) * self._thin
        height = between(self._rng, 6.0, 7.5) if town else 10.0
        s = 6.0 if front.side < 0 else 6.0 + 0.5 * spacing
        while s < front.length - 2.0:
            point = front.at(s)
            s += spacing
            x, y = front.beside(point, 0.45 if town else 1.0)
            if front.on_deck[point] or not self._sites.claim(x, y, 0.0, 0.1, 0.1):
                continue
            z = self._ground(x, y)
            yaw = float(front.yaw_deg[point])
            inward = -front.outward[point]
            arm = 1.1
            ax, ay = x + arm * float(inward[0]), y + arm * float(inward[1])
            hx, hy = x + 2.0 * arm * float(inward[0]), y + 2.0 * arm * float(inward[1])
            top = z + height
            self._parts.add(
                "BP_StreetLight",
                Label.POLES,
                [
                    Part(
                        Shape.CYLINDER,
                        (x, y, z + 0.5 * height),
                        yaw,
                        (0.09, 0.09, 0.5 * height),
                        Label.POLES,
                        _METAL,
                    ),
                    Part(Shape.BOX, (ax, ay, top), yaw, (0.05, arm, 0.05), Label.POLES, _METAL, solid=False),
                    Part(
                        Shape.BOX,
                        (hx, hy, top - 0.06),
                        yaw,
                        (0.15, 0.35, 0.06),
                        Label.POLES,
                        (200, 200, 190),
                        solid=False,
                    ),
                ],
            )

    def trees(self, front: Frontage) -> None:
        """Trees along the road and further away from it."""
        rng = self._rng
        fast = is_fast(front)
        s = between(rng, 3.0, 12.0)
        while s < front.length:
            point = front.at(s)
            s += between(rng, 7.0, 16.0) * self._thin
            if rng.random() < 0.5 and not fast:
                self._tree(*front.beside(point, between(rng, 1.1, 1.7)))
            if rng.random() < 0.45:
                self._tree(*front.beside(point, between(rng, 7.0, 45.0)))

    def _tree(self, x: float, y: float) -> None:
        rng = self._rng
        if not self._sites.claim(x, y, 0.0, 0.55, 0.55):
            return
        z = self._ground(x, y)
        trunk, radius = between(rng, 2.2, 3.4), between(rng, 0.12, 0.22)
        wide, high = between(rng, 1.3, 2.4), between(rng, 1.6, 3.2)
        color = _shade(rng, _CROWNS[int(rng.random() * len(_CROWNS))])
        half = 0.5 * (trunk + 0.5 * high)
        self._parts.add(
            "SM_Tree",
            Label.VEGETATION,
            [
                Part(
                    Shape.CYLINDER,
                    (x, y, z - 0.2 + half),
                    0.0,
                    (radius, radius, half),
                    Label.VEGETATION,
                    _TRUNK,
                ),
                Part(
                    Shape.ELLIPSOID,
                    (x, y, z + trunk + 0.85 * high),
                    0.0,
                    (wide, wide, high),
                    Label.VEGETATION,
                    color,
                    solid=False,
                ),
            ],
        )

    def walls(self, front: Frontage) -> None:
        """Fences and low walls where no building stands."""
        rng = self._rng
        if is_fast(front):
            return
        s = between(rng, 2.0, 10.0)
        while s < front.length - 4.0:
            if rng.random() < 0.5:
                s += between(rng, 10.0, 40.0) * self._thin
                continue
            fence = rng.random() < 0.6
            label, color = (Label.FENCES, _FENCE) if fence else (Label.WALLS, _WALL)
            height, half_y = (1.2, 0.05) if fence else (between(rng, 1.0, 1.9), 0.14)
            for _ in range(2 + int(rng.random() * 4)):
                s += 4.0
                if s > front.length - 2.0:
                    break
                point = front.at(s - 2.0)
                x, y = front.beside(point, 0.9)
                yaw = float(front.yaw_deg[point])
                if front.on_deck[point] or not self._sites.claim(x, y, yaw, 1.9, half_y):
                    continue
                z = self._ground(x, y)
                middle = (x, y, z + 0.5 * height - 0.1)
                extent = (1.98, half_y, 0.5 * height + 0.1)
                self._parts.add(
                    "SM_Fence" if fence else "SM_Wall",
                    label,
                    [Part(Shape.BOX, middle, yaw, extent, label, color)],
                )
            s += between(rng, 6.0, 30.0) * self._thin

    def furniture(self, front: Frontage) -> None:
        """Benches, bins and boxes at the back of sidewalks."""
        rng = self._rng
        s = between(rng, 10.0, 50.0)
        while s < front.length - 4.0:
            point = front.at(s)
            s += between(rng, 25.0, 80.0) * self._thin
            if not front.has_sidewalk[point]:
                continue
            x, y = front.beside(point, 0.65)
            yaw = float(front.yaw_deg[point])
            name, extent, color = (
                ("SM_Bench", (0.8, 0.25, 0.4), (104, 78, 52)),
                ("SM_TrashCan", (0.28, 0.28, 0.5), (60, 84, 66)),
                ("SM_Box", (0.5, 0.25, 0.65), (128, 132, 128)),
            )[int(rng.random() * 3)]
            if not self._sites.claim(x, y, yaw, extent[0], extent[1]):
                continue
            centre = (x, y, self._ground(x, y) + extent[2])
            shape = Shape.CYLINDER if extent[0] == extent[1] else Shape.BOX
            self._parts.add(name, Label.STATIC, [Part(shape, centre, yaw, extent, Label.STATIC, color)])


def rail_parts(x: float, y: float, z: float, yaw_deg: float, half_length: float) -> list[Part]:
    """A piece of guard rail with its post."""
    turn = math.radians(yaw_deg)
    px, py = x - half_length * math.cos(turn), y - half_length * math.sin(turn)
    return [
        Part(
            Shape.BOX, (x, y, z + 0.62), yaw_deg, (half_length, 0.05, 0.16), Label.GUARD_RAIL, (176, 180, 182)
        ),
        Part(Shape.BOX, (px, py, z + 0.3), yaw_deg, (0.06, 0.05, 0.4), Label.GUARD_RAIL, _METAL),
    ]
