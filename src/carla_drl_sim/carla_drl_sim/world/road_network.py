"""Roads, lanes and junctions of an OpenDRIVE document, and where they are. CARLA's axes, metres, radians.

`s` runs along a road's reference line, `t` to its left, as in the document. Lanes with negative ids are right of the
line and are driven along it, those with positive ids against it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world import road_kernel
from carla_drl_sim.world.road_surface import LEVEL, Banking, LaneHeights, lane_heights

Floats = npt.NDArray[np.float64]
Contact = Literal["start", "end"]

MAX_COORDINATE = 1e6
"""Numbers beyond this (m) are refused: single precision could not place a vehicle there."""

_SLOPE_STEP = 1e-3
"""Slopes of surfaces that are more than banked are taken over this, m."""


@dataclass(frozen=True)
class Mark:
    """Marking along a lane's outer border from `s` on; `dash` and `space` are 0 where the document leaves them out."""

    s: float
    kind: str
    color: str
    width: float
    dash: float = 0.0
    space: float = 0.0


@dataclass(frozen=True)
class Lane:
    """A lane of a section.

    Attributes:
        predecessor, successor: lane ids in the neighbouring section or road.
        level, heights: as in `road_surface.lane_heights`.
    """

    id: int
    kind: str
    marks: tuple[Mark, ...] = ()
    predecessor: int | None = None
    successor: int | None = None
    level: bool = False
    heights: LaneHeights = ()


@dataclass(frozen=True)
class Side:
    """The lanes on one side of a section, from the middle outwards, and the cubics of their widths."""

    lanes: tuple[Lane, ...]
    widths: Floats
    first: npt.NDArray[np.int64]


@dataclass(frozen=True)
class Section:
    """A stretch of a road from `s` to `end` with the same lanes.

    Attributes:
        left, right: lanes with positive and negative ids.
        centre: the centre lane, which has no width; its marks are on the reference line, moved by the lane offset.
    """

    s: float
    end: float
    left: Side
    right: Side
    centre: Lane

    def side(self, lane_id: int) -> Side:
        """The side that has the lane."""
        return self.left if lane_id > 0 else self.right

    def lanes(self) -> tuple[Lane, ...]:
        """All lanes but the centre lane, from left to right."""
        return (*reversed(self.left.lanes), *self.right.lanes)

    def lane(self, lane_id: int) -> Lane:
        """The lane with this id. Raises KeyError."""
        for lane in (self.centre, *self.left.lanes, *self.right.lanes):
            if lane.id == lane_id:
                return lane
        raise KeyError(f"there is no lane {lane_id} at s = {self.s:g}")


@dataclass(frozen=True)
class RoadEnd:
    """What a road's start or end is joined to; `contact` is None for junctions."""

    is_junction: bool
    id: int
    contact: Contact | None = None


@dataclass(frozen=True)
class SignalPlace:
    """A signal at a place of a road, or a reference to a signal that stands elsewhere and is valid here.

    Attributes:
        id: of the signal.
        s, t: place on the road.
        orientation: "+" for traffic along the reference line, "-" against it, "none" for both.
        validity: lane ranges, both ends included; empty: all lanes of the orientation.
        kind: type in the document; empty for references.
        subtype, value, unit, name: as in the document.
        z_offset: height above the road.
        is_dynamic: whether it changes, as lights do.
    """

    id: str
    s: float
    t: float
    orientation: str
    validity: tuple[tuple[int, int], ...]
    kind: str = ""
    subtype: str = ""
    value: float | None = None
    unit: str = ""
    name: str = ""
    z_offset: float = 0.0
    is_dynamic: bool = False

    @property
    def is_reference(self) -> bool:
        """Whether this refers to a signal that stands elsewhere."""
        return self.kind == ""


@dataclass(frozen=True)
class RoadObject:
    """An object on or beside a road.

    Attributes:
        kind, name: as in the document, `kind` in lower case.
        centre: x, y, z.
        heading: of its own axes, rad.
        outline: float64 [N, 3], corners in the world, empty without outline.
        length, width, height, radius: 0 where the document leaves them out.
    """

    id: str
    kind: str
    name: str
    centre: tuple[float, float, float]
    heading: float
    outline: Floats
    length: float
    width: float
    height: float
    radius: float


@dataclass(frozen=True)
class LaneLine:
    """Points along a lane by rising `s`.

    Attributes:
        s: float64 [N].
        points: float64 [N, 3], middle of the lane.
        yaw: float64 [N], direction of the lane's traffic, rad.
        pitch: float64 [N], rise in that direction, rad.
        roll: float64 [N], fall to the right of that direction, rad.
        width: float64 [N].
    """

    s: Floats
    points: Floats
    yaw: Floats
    pitch: Floats
    roll: Floats
    width: Floats


@dataclass(frozen=True)
class Road:
    """A road.

    Attributes:
        junction: id of the junction that it leads through, else -1.
        pieces: its reference line, a table for `road_kernel.reference_poses`.
        elevation, lane_offset: cubics by s; empty: 0.
        speeds: (s, km/h) from which on the limits are valid, in order.
    """

    id: int
    name: str
    length: float
    junction: int
    kind: str
    pieces: Floats
    elevation: Floats
    lane_offset: Floats
    sections: tuple[Section, ...]
    speeds: tuple[tuple[float, float], ...] = ()
    predecessor: RoadEnd | None = None
    successor: RoadEnd | None = None
    signals: tuple[SignalPlace, ...] = ()
    objects: tuple[RoadObject, ...] = ()
    banking: Banking = LEVEL

    def reference(self, s: Floats) -> Floats:
        """x, y and heading of the reference line: float64 [N, 3]."""
        return road_kernel.reference_poses(self.pieces, s)

    def heights(self, s: Floats) -> Floats:
        """z along the reference line."""
        return road_kernel.cubic_values(self.elevation, s)[0]

    @cached_property
    def has_steps(self) -> bool:
        """Whether lanes are raised, or level where the road is not."""
        lanes = [lane for section in self.sections for lane in section.lanes()]
        raised = any(inner or outer for lane in lanes for _, inner, outer in lane.heights)
        return raised or (not self.banking.is_level and any(lane.level for lane in lanes))

    @property
    def is_level(self) -> bool:
        """Whether the surface is level across."""
        return self.banking.is_level and not self.has_steps

    def surface_heights(self, s: Floats, t: Floats, section: Section | None = None) -> Floats:
        """z of the surface at s [N] and t [N] or [N, K], of the shape of t; of one section where that is given.

        Banking turns the surface about the reference line, but leaves distances in the map as they are.
        """
        z = self.heights(s)[:, None]
        if self.is_level:
            return z + np.zeros(t.shape) if t.ndim > 1 else z[:, 0]
        result = z + self._rise(s, t.reshape(s.size, -1), section)
        return result.reshape(t.shape)

    def _rise(self, s: Floats, t: Floats, section: Section | None) -> Floats:
        """How much the surface is above the reference line, at s [N] and t [N, K]."""
        if not self.has_steps:
            return self.banking.heights(s, t)
        if section is not None:
            return self._rise_of_lanes(section, s, t)
        result = np.empty(t.shape)
        starts = np.array([found.s for found in self.sections])
        number = np.maximum(np.searchsorted(starts, s, side="right") - 1, 0)
        for found in np.unique(number):
            rows = number == found
            result[rows] = self._rise_of_lanes(self.sections[found], s[rows], t[rows])
        return result

    def _rise_of_lanes(self, section: Section, s: Floats, t: Floats) -> Floats:
        borders, middle = self.borders(section, s), len(section.left.lanes)
        sides = [
            (edges, [(lane.level, lane.heights) for lane in side.lanes])
            for edges, side in (
                (borders[:, middle::-1], section.left),
                (borders[:, middle:], section.right),
            )
        ]
        return lane_heights(self.banking.heights, sides, s, t)

    def points(self, s: Floats, t: Floats) -> Floats:
        """Places on the surface beside the reference line: float64 [N, 3]."""
        x, y, heading = self.reference(s).T
        return np.column_stack((x + t * np.sin(heading), y - t * np.cos(heading), self.surface_heights(s, t)))

    def _rise_across(self, section: Section, s: Floats, t: Floats) -> tuple[Floats, Floats, Floats]:
        """How much the surface of a section is above the reference line, and its slopes along s and t; all [N]."""
        if self.is_level:
            nothing = np.zeros(t.shape)
            return nothing, nothing, nothing
        if not (self.has_steps or self.banking.is_shaped):
            above, along, across = (values[:, 0] for values in self.banking.rise(s, t[:, None]))
            return above, along, across

        def rise(ds: float, dt: float) -> Floats:
            return self._rise(s + ds, t[:, None] + dt, section)[:, 0]

        h = _SLOPE_STEP
        return (
            rise(0.0, 0.0),
            (rise(h, 0.0) - rise(-h, 0.0)) / (2 * h),
            (rise(0.0, h) - rise(0.0, -h)) / (2 * h),
        )

    def section_at(self, s: float) -> Section:
        """The section around `s`, the first or last one beyond the ends."""
        found = self.sections[0]
        for section in self.sections[1:]:
            if section.s <= s:
                found = section
        return found

    def speed_limit(self, s: float) -> float | None:
        """Speed limit at `s` in km/h, None where the document has none."""
        found = None
        for start, limit in self.speeds:
            if start <= s or found is None:
                found = limit
        return found

    def borders(self, section: Section, s: Floats) -> Floats:
        """t of all borders from the leftmost to the rightmost, the centre lane once: float64 [N, lanes + 1]."""
        offset = road_kernel.cubic_values(self.lane_offset, s)[0]
        left = road_kernel.lane_borders(section.left.widths, section.left.first, s)[0]
        right = road_kernel.lane_borders(section.right.widths, section.right.first, s)[0]
        return np.hstack((left[:, :0:-1], np.zeros((s.size, 1)), -right[:, 1:])) + offset[:, None]

    def lane_line(self, section: Section, lane_id: int, s: Floats) -> LaneLine:
        """The middle of a lane. Raises KeyError when the section has no such lane."""
        side = section.side(lane_id)
        place = side.lanes.index(section.lane(lane_id))
        offset, offset_slope = road_kernel.cubic_values(self.lane_offset, s)
        distance, slope = road_kernel.lane_borders(side.widths, side.first, s)
        sign = 1.0 if lane_id > 0 else -1.0
        t = offset + sign * 0.5 * (distance[:, place] + distance[:, place + 1])
        t_slope = offset_slope + sign * 0.5 * (slope[:, place] + slope[:, place + 1])
        x, y, heading = self.reference(s).T
        z, rise = road_kernel.cubic_values(self.elevation, s)
        above, rise_of_bank, across = self._rise_across(section, s, t)
        return LaneLine(
            s,
            np.column_stack((x + t * np.sin(heading), y - t * np.cos(heading), z + above)),
            heading - np.arctan(t_slope) + (np.pi if lane_id > 0 else 0.0),
            np.arctan(rise + rise_of_bank) * -sign,
            np.arctan(across) * -sign,
            distance[:, place + 1] - distance[:, place],
        )

    def samples(self, start: float, end: float, step: float = 1.0) -> Floats:
        """Values of s from `start` to `end`, evenly spaced and at most `step` apart."""
        return np.linspace(start, end, max(int(np.ceil((end - start) / step - 1e-9)), 1) + 1)


@dataclass(frozen=True)
class Connection:
    """A way through a junction; `lane_links` are (incoming lane id, connecting lane id)."""

    incoming: int
    connecting: int
    contact: Contact
    lane_links: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Junction:
    """A junction, the ways through it, and the ids of the controllers of its traffic lights."""

    id: int
    name: str
    connections: tuple[Connection, ...]
    controllers: tuple[str, ...] = ()


@dataclass(frozen=True)
class RoadNetwork:
    """Everything that a document says about roads.

    Attributes:
        roads, junctions: by id.
        controllers: ids of the signals of each controller, by controller id.
    """

    roads: Mapping[int, Road]
    junctions: Mapping[int, Junction]
    controllers: Mapping[str, Sequence[str]]

    @cached_property
    def _extent(self) -> tuple[float, float, float, float]:
        low, high = np.full(2, np.inf), np.full(2, -np.inf)
        for road in self.roads.values():
            for section in road.sections:
                s = road.samples(section.s, section.end, 5.0)
                t = road.borders(section, s)
                points = np.vstack((road.points(s, t[:, 0]), road.points(s, t[:, -1])))
                if not np.abs(points).max() < MAX_COORDINATE:
                    raise ValueError(
                        f"OpenDRIVE: road {road.id}: between s = {section.s:g} and {section.end:g} its lanes are "
                        f"not within {MAX_COORDINATE:g} m of the origin"
                    )
                low, high = np.minimum(low, points[:, :2].min(0)), np.maximum(high, points[:, :2].max(0))
        return float(low[0]), float(low[1]), float(high[0]), float(high[1])

    def bounds(self, margin: float = 0.0) -> tuple[float, float, float, float]:
        """Least x and y and greatest x and y of all lanes.

        Raises:
            ValueError: a road is not finite, or further than `MAX_COORDINATE` from the origin.
        """
        left, top, right, bottom = self._extent
        return left - margin, top - margin, right + margin, bottom + margin
