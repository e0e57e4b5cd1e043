"""Draws what covers the ground of a town: roads, their markings, sidewalks."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import raster_kernel
from carla_drl_sim.world.ground import Covering, Heights, Surface
from carla_drl_sim.world.ground_kernel import on_deck
from carla_drl_sim.world.network_corners import sidewalk_corners
from carla_drl_sim.world.network_signals import DRIVABLE
from carla_drl_sim.world.road_network import Lane, Mark, Road, RoadNetwork, RoadObject, Section
from carla_drl_sim.world.road_strips import Strip, places, quads_between, strips
from carla_drl_sim.world.signals import Signal, SignalKind, StopLine

CELL = 0.1
MAX_CELLS = 64_000_000
"""Larger towns get larger cells."""
_MARGIN = 2.0
_DASH, _SPACE = 3.0, 6.0
"""Broken lines of streets in towns, where the document leaves it open (German RMS-1, 1993), m."""
_STOP_LINE = 0.4
"""Thickness of stop lines, m."""
_STRIPE_PERIOD, _STRIPE_SHARE = 1.0, 0.5
"""Crosswalks have stripes of 0.5 m with as much between them (German RMS-1, 1993)."""
_LINE_STEP = 1.0
_LARGEST_GAP = 150.0
"""Enclosed gaps between the ways through a junction are paved up to this area, m2."""

_ORDER = (Surface.SIDEWALK, Surface.PAVED, Surface.ROAD)

Floats = npt.NDArray[np.float64]


def surface_of(lane: Lane) -> Surface:
    """What a lane is covered with."""
    if lane.kind in DRIVABLE:
        return Surface.ROAD
    if lane.kind in ("sidewalk", "walking"):
        return Surface.SIDEWALK
    if lane.kind in ("shoulder", "parking", "median", "stop", "biking", "restricted", "curb"):
        return Surface.PAVED
    return Surface.TERRAIN


class _Canvas:
    """The picture, and how metres become cells."""

    def __init__(self, bounds: tuple[float, float, float, float], cell: float) -> None:
        left, top, right, bottom = bounds
        self.origin = np.array([left, top])
        self.cell = cell
        shape = (max(math.ceil((bottom - top) / cell), 1), max(math.ceil((right - left) / cell), 1))
        self.surface = np.zeros(shape, np.uint8)

    def fill(self, quads: Floats, value: Surface) -> None:
        """Cover quads [N, 4, 2], in metres."""
        values = np.full(len(quads), value, np.uint8)
        raster_kernel.fill_quads(self.surface, (quads - self.origin) / self.cell, values)

    def close_gaps(self, box: Floats) -> None:
        """Pave what roads enclose within a box [2, 2] (least and greatest x, y), if it is small."""
        low = np.maximum(((box[0] - self.origin) / self.cell).astype(int) - 1, 0)
        high = ((box[1] - self.origin) / self.cell).astype(int) + 2
        window = self.surface[low[1] : high[1], low[0] : high[0]]
        raster_kernel.close_gaps(window, int(_LARGEST_GAP / self.cell**2), int(Surface.ROAD))


def build_covering(network: RoadNetwork, signals: Iterable[Signal], heights: Heights) -> Covering:
    """The picture of a town's ground; where roads cross above each other, of the upper one."""
    bounds = network.bounds(_MARGIN)
    area = (bounds[2] - bounds[0]) * (bounds[3] - bounds[1])
    canvas = _Canvas(bounds, max(CELL, math.sqrt(area / MAX_CELLS)))
    pieces = list(strips(network))
    for corner in sidewalk_corners(network):
        canvas.fill(quads_between(corner[:, 0, :2], corner[:, 1, :2]), Surface.SIDEWALK)
    for surface in _ORDER:
        for piece in pieces:
            _cover_lanes(canvas, piece, surface)
    for box in _junction_boxes(pieces):
        canvas.close_gaps(box)
    for piece in pieces:
        _draw_marks(canvas, piece.road, piece.section)
    for piece in pieces:
        _draw_decks(canvas, piece, heights)
    for signal in signals:
        if signal.kind is not SignalKind.SPEED_LIMIT:
            for line in signal.stop_lines:
                canvas.fill(_stop_quad(line, canvas.cell), Surface.LINE_WHITE)
    for road in network.roads.values():
        for item in road.objects:
            if item.kind == "crosswalk" and len(item.outline) > 2:
                _draw_crosswalk(canvas, item)
    return Covering((bounds[0], bounds[1]), canvas.cell, canvas.surface)


def _junction_boxes(pieces: Iterable[Strip]) -> list[Floats]:
    """Boxes around the connecting roads of each junction."""
    corners: dict[int, list[Floats]] = {}
    for piece in pieces:
        if piece.road.junction >= 0:
            points = piece.xy.reshape(-1, 2)
            corners.setdefault(piece.road.junction, []).extend((points.min(0), points.max(0)))
    return [np.array([np.min(found, axis=0), np.max(found, axis=0)]) for found in corners.values()]


def _cover_lanes(canvas: _Canvas, piece: Strip, surface: Surface) -> None:
    for column, lane in enumerate(piece.lanes):
        if surface_of(lane) is surface:
            canvas.fill(quads_between(piece.xy[:, column], piece.xy[:, column + 1]), surface)


def _draw_decks(canvas: _Canvas, piece: Strip, heights: Heights) -> None:
    """Draw a road once more where it is above others."""
    middle = piece.xy.mean(axis=1)
    above = on_deck(heights, np.column_stack((middle, piece.z)))
    edges = np.flatnonzero(np.diff(np.concatenate(([False], above, [False]))))
    for first, last in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
        part = slice(first, last)
        for surface in _ORDER:
            for column, lane in enumerate(piece.lanes):
                if surface_of(lane) is surface:
                    canvas.fill(quads_between(piece.xy[part, column], piece.xy[part, column + 1]), surface)
        start, end = float(piece.s[first]), float(piece.s[last - 1])
        _draw_marks(canvas, piece.road, replace(piece.section, s=start, end=end))


def _draw_marks(canvas: _Canvas, road: Road, section: Section) -> None:
    middle = len(section.left.lanes)
    for lane in (section.centre, *section.lanes()):
        for mark, following in zip(lane.marks, (*lane.marks[1:], None), strict=False):
            end = section.end if following is None else min(following.s, section.end)
            start = max(mark.s, section.s)
            if end - start > 1e-3:
                _draw_mark(canvas, road, section, middle - lane.id, mark, start, end)


def lines_of(kind: str) -> tuple[tuple[float, bool], ...]:
    """The lines of a marking, from the inner to the outer side: offsets in line widths, and whether it is broken."""
    words = kind.split()
    if not set(words) <= {"solid", "broken"}:
        return ((0.0, True),) if kind == "botts dots" else ()
    if len(words) == 1:
        return ((0.0, words[0] == "broken"),)
    return tuple((float(2 * place - 1), word == "broken") for place, word in enumerate(words[:2]))


def _draw_mark(
    canvas: _Canvas, road: Road, section: Section, column: int, mark: Mark, start: float, end: float
) -> None:
    value = Surface.LINE_YELLOW if mark.color == "yellow" else Surface.LINE_WHITE
    width = max(mark.width, canvas.cell)
    # The inner side of left lanes is to their right.
    outward = 1.0 if column < len(section.left.lanes) else -1.0
    for place, broken in lines_of(mark.kind):
        dash, space = (mark.dash or _DASH, mark.space or _SPACE) if broken else (end - start, 0.0)
        begins = np.arange(math.ceil((end - start) / max(dash + space, 0.1) - 1e-6)) * (dash + space) + start
        count = max(math.ceil(dash / _LINE_STEP), 1)
        s = begins[:, None] + np.linspace(0.0, dash, count + 1)
        s = np.minimum(s, end)
        flat = s.ravel()
        t = road.borders(section, flat)[:, column] + outward * place * width
        xy = places(road.reference(flat), t[:, None] + 0.5 * width * np.array([1.0, -1.0]))
        xy = xy.reshape(*s.shape, 2, 2)
        quads = np.stack((xy[:, :-1, 0], xy[:, 1:, 0], xy[:, 1:, 1], xy[:, :-1, 1]), axis=2)
        canvas.fill(quads.reshape(-1, 4, 2), value)


def _stop_quad(line: StopLine, cell: float) -> Floats:
    yaw = math.radians(line.yaw_deg)
    forward, right = np.array([math.cos(yaw), math.sin(yaw)]), np.array([-math.sin(yaw), math.cos(yaw)])
    middle = np.array([line.x, line.y])
    half, back = 0.95 * line.half_width * right, max(_STOP_LINE, cell) * forward
    return np.array([[middle - half, middle + half, middle + half - back, middle - half - back]])


def _draw_crosswalk(canvas: _Canvas, item: RoadObject) -> None:
    outline = (item.outline[:, :2] - canvas.origin) / canvas.cell
    across = -math.sin(item.heading), math.cos(item.heading)
    for value, share in ((Surface.ROAD, 1.0), (Surface.LINE_WHITE, _STRIPE_SHARE)):
        raster_kernel.fill_striped(
            canvas.surface, outline, int(value), *across, _STRIPE_PERIOD / canvas.cell, share
        )
