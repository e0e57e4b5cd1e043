"""Where there is room for something beside the roads of a town."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import raster_kernel
from carla_drl_sim.world.compiled import compiled
from carla_drl_sim.world.covering_builder import surface_of
from carla_drl_sim.world.ground import Heights, Surface
from carla_drl_sim.world.ground_kernel import on_deck, surface_heights
from carla_drl_sim.world.network_corners import sidewalk_corners
from carla_drl_sim.world.network_signals import DRIVABLE
from carla_drl_sim.world.road_network import Road, RoadNetwork
from carla_drl_sim.world.road_strips import places, quads_between, strips

CELL = 0.25
MAX_CELLS = 24_000_000
MARGIN = 60.0
"""Beyond the outermost lanes, m."""

Floats = npt.NDArray[np.float64]


class Use(IntEnum):
    """What a place is used for."""

    FREE = 0
    UNDER_DECK = 1
    PATH = 2
    """Sidewalks and strips between lanes."""
    CARRIAGEWAY = 3
    OBJECT = 4


@compiled
def _highest_use(
    cells: npt.NDArray[np.uint8], x: float, y: float, cos: float, sin: float, half_x: float, half_y: float
) -> int:
    """The highest use of all cells whose middles are in a box; coordinates in cells. Beyond the edge: `OBJECT`."""
    reach_x, reach_y = abs(cos) * half_x + abs(sin) * half_y, abs(sin) * half_x + abs(cos) * half_y
    rows, columns = cells.shape
    left, right = math.floor(x - reach_x), math.ceil(x + reach_x)
    top, bottom = math.floor(y - reach_y), math.ceil(y + reach_y)
    if left < 0 or top < 0 or right >= columns or bottom >= rows:
        return 4
    found = 0
    for j in range(top, bottom + 1):
        for i in range(left, right + 1):
            dx, dy = i + 0.5 - x, j + 0.5 - y
            if abs(dx * cos + dy * sin) <= half_x and abs(dy * cos - dx * sin) <= half_y:
                found = max(found, cells[j, i])
    return int(found)


class Sites:
    """A picture of what the ground of a town is used for."""

    def __init__(self, network: RoadNetwork, heights: Heights) -> None:
        left, top, right, bottom = network.bounds(MARGIN)
        self.heights = heights
        self._cell = max(CELL, math.sqrt((right - left) * (bottom - top) / MAX_CELLS))
        self._origin = np.array([left, top])
        shape = (math.ceil((bottom - top) / self._cell), math.ceil((right - left) / self._cell))
        self._cells = np.zeros(shape, np.uint8)
        pieces = list(strips(network))
        decks = [on_deck(heights, np.column_stack((p.xy.mean(axis=1), p.z))) for p in pieces]
        for corner in sidewalk_corners(network):
            self._fill(quads_between(corner[:, 0, :2], corner[:, 1, :2]), Use.PATH)
        for use in (Use.UNDER_DECK, Use.PATH, Use.CARRIAGEWAY):
            for piece, deck in zip(pieces, decks, strict=True):
                above = (deck[:-1] & deck[1:]) & self._is_clear_below(piece.xy.mean(axis=1), piece.z)[:-1]
                for column, lane in enumerate(piece.lanes):
                    surface = surface_of(lane)
                    if surface is Surface.TERRAIN:
                        continue
                    quads = quads_between(piece.xy[:, column], piece.xy[:, column + 1])
                    own = (
                        Use.PATH if surface is Surface.SIDEWALK or lane.kind == "median" else Use.CARRIAGEWAY
                    )
                    if use is Use.UNDER_DECK:
                        self._fill(quads[above], use)
                    elif own is use:
                        self._fill(quads[~above], use)

    def _is_clear_below(self, xy: Floats, z: Floats) -> npt.NDArray[np.bool_]:
        return z - self.ground(xy) > 1.0

    def _fill(self, quads: Floats, use: Use) -> None:
        raster_kernel.fill_quads(
            self._cells, (quads - self._origin) / self._cell, np.full(len(quads), use, np.uint8)
        )

    def ground(self, xy: Floats) -> Floats:
        """Height of the ground, below all decks, at places [N, 2]."""
        return surface_heights(self.heights, np.column_stack((xy, np.full(len(xy), -np.inf))))

    def highest_use(self, x: float, y: float, yaw_deg: float, half_x: float, half_y: float) -> Use:
        """The highest `Use` within a box, half a cell around it included."""
        turn = math.radians(yaw_deg)
        u, v = (x - self._origin[0]) / self._cell, (y - self._origin[1]) / self._cell
        half_x, half_y = half_x / self._cell + 0.5, half_y / self._cell + 0.5
        return Use(_highest_use(self._cells, u, v, math.cos(turn), math.sin(turn), half_x, half_y))

    def claim(self, x: float, y: float, yaw_deg: float, half_x: float, half_y: float) -> bool:
        """Take a box for an object, if it is free."""
        if self.highest_use(x, y, yaw_deg, half_x, half_y) is not Use.FREE:
            return False
        self._fill(box_corners(x, y, yaw_deg, half_x, half_y)[None], Use.OBJECT)
        return True


def box_corners(x: float, y: float, yaw_deg: float, half_x: float, half_y: float) -> Floats:
    """The corners of a box: float64 [4, 2]."""
    turn = math.radians(yaw_deg)
    forward = half_x * np.array([math.cos(turn), math.sin(turn)])
    right = half_y * np.array([-math.sin(turn), math.cos(turn)])
    middle = np.array([x, y])
    return np.array(
        [
            middle - forward - right,
            middle + forward - right,
            middle + forward + right,
            middle - forward + right,
        ]
    )


@dataclass(frozen=True)
class Frontage:
    """One side of a road outside of junctions, about every metre.

    Attributes:
        side: 1 left, -1 right of the reference line.
        s: float64 [N].
        xy: float64 [N, 2], the outer edge of what belongs to the road.
        outward: float64 [N, 2], unit vectors away from the road.
        yaw_deg: float64 [N], along the reference line.
        z: float64 [N], height of the road.
        has_sidewalk: bool [N].
        on_deck: bool [N].
        lanes: most driving lanes of the whole road side by side.
        kmh: speed limit, 50 where there is none.
    """

    road: Road
    side: int
    s: Floats
    xy: Floats
    outward: Floats
    yaw_deg: Floats
    z: Floats
    has_sidewalk: npt.NDArray[np.bool_]
    on_deck: npt.NDArray[np.bool_]
    lanes: int
    kmh: float

    @property
    def length(self) -> float:
        """From its first to its last point, m."""
        return float(self.s[-1] - self.s[0])

    def at(self, s: float) -> int:
        """The point nearest to `s` metres after the first one."""
        return min(int(np.searchsorted(self.s, self.s[0] + s)), len(self.s) - 1)

    def beside(self, point: int, distance: float) -> tuple[float, float]:
        """A place `distance` metres outward of a point."""
        x, y = (self.xy[point] + distance * self.outward[point]).tolist()
        return x, y


def frontages(network: RoadNetwork, heights: Heights) -> Iterator[Frontage]:
    """Both sides of all roads outside of junctions."""
    for road in network.roads.values():
        if road.junction >= 0:
            continue
        rows: dict[int, list[tuple[Floats, Floats, npt.NDArray[np.bool_]]]] = {1: [], -1: []}
        lanes = 0
        for section in road.sections:
            kinds = [lane.kind for lane in section.lanes()]
            used = [column for column, kind in enumerate(kinds) if kind != "none"]
            if not used or section.end - section.s < 0.5:
                continue
            lanes = max(lanes, sum(kind in DRIVABLE for kind in kinds))
            s = road.samples(section.s, section.end)
            t = road.borders(section, s)
            for side, column, lane in ((1, used[0], used[0]), (-1, used[-1] + 1, used[-1])):
                rows[side].append((s, t[:, column], np.full(s.size, kinds[lane] == "sidewalk")))
        for side, parts in rows.items():
            if not parts:
                continue
            s, t, paved = (np.concatenate(arrays) for arrays in zip(*parts, strict=True))
            poses = road.reference(s)
            xy, z = places(poses, t[:, None])[:, 0], road.surface_heights(s, t)
            heading = poses[:, 2]
            outward = side * np.column_stack((np.sin(heading), -np.cos(heading)))
            deck = on_deck(heights, np.column_stack((xy, z)))
            kmh = road.speed_limit(0.5 * road.length) or 50.0
            yield Frontage(road, side, s, xy, outward, np.degrees(heading), z, paved, deck, lanes, kmh)
