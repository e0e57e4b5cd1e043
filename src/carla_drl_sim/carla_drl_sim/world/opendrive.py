"""What an OpenDRIVE 1.4 document is made of, as far as generated towns need it.

Everything here is in OpenDRIVE's own frame: right-handed, metres, radians, counter-clockwise headings; s runs along
a road's reference line, t to its left. `opendrive_writer` turns it into text.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

ContactPoint = Literal["start", "end"]
Pose = tuple[float, float, float]
"""x in m, y in m, heading in rad."""


@dataclass(frozen=True)
class Geometry:
    """One piece of a reference line: a line where `curvature` is 0, else an arc (positive turns left)."""

    x: float
    y: float
    heading: float
    length: float
    curvature: float = 0.0

    def pose(self, s: float) -> Pose:
        """Pose after `s` metres along this piece."""
        if self.curvature == 0.0:
            return self.x + s * math.cos(self.heading), self.y + s * math.sin(self.heading), self.heading
        heading = self.heading + s * self.curvature
        radius = 1.0 / self.curvature
        return (
            self.x + radius * (math.sin(heading) - math.sin(self.heading)),
            self.y - radius * (math.cos(heading) - math.cos(self.heading)),
            heading,
        )


@dataclass(frozen=True)
class Cubic:
    """Height over the reference line from `s` on: a + b ds + c ds^2 + d ds^3 with ds counted from `s`."""

    s: float
    a: float
    b: float = 0.0
    c: float = 0.0
    d: float = 0.0

    def value(self, s: float) -> float:
        """Height at `s`, m."""
        ds = s - self.s
        return self.a + ds * (self.b + ds * (self.c + ds * self.d))

    def slope(self, s: float) -> float:
        """Rise per metre at `s`."""
        ds = s - self.s
        return self.b + ds * (2.0 * self.c + ds * 3.0 * self.d)


@dataclass(frozen=True)
class RoadMark:
    """Marking on the outer border of a lane (of the centre lane: on the reference line)."""

    kind: str = "none"
    color: str = "white"
    lane_change: str = "none"
    width: float = 0.12


@dataclass(frozen=True)
class Lane:
    """A lane; id < 0 is right of the reference line, `predecessor`/`successor` are lane ids.

    Its width goes smoothly from `width` at the road's start to `end_width` at its end, where that is given.
    """

    id: int
    kind: str
    width: float
    mark: RoadMark = RoadMark()
    predecessor: int | None = None
    successor: int | None = None
    end_width: float | None = None


@dataclass(frozen=True)
class RoadLink:
    """What a road's start or end is joined to; `contact` is left out for junctions."""

    element: Literal["road", "junction"]
    id: int
    contact: ContactPoint | None = None


@dataclass(frozen=True)
class RoadSignal:
    """A traffic light or sign at (s, t), for traffic along (`+`) or against (`-`) the reference line.

    Attributes:
        kind: type as in CARLA's maps, see ``world.signals.SignalKind``.
        value: km/h for speed limits, else -1.
        from_lane, to_lane: the lanes it is for, inclusive.
        dynamic: whether it changes, as lights do.
    """

    id: int
    name: str
    kind: str
    s: float
    t: float
    orientation: Literal["+", "-"]
    from_lane: int
    to_lane: int
    value: int = -1
    dynamic: bool = False


@dataclass(frozen=True)
class Crosswalk:
    """A crossing for pedestrians: a rectangle around (s, t), `length` along the road and `width` across it."""

    id: int
    s: float
    t: float
    length: float
    width: float


@dataclass(frozen=True)
class Road:
    """A road; `junction` is -1 unless it is a connecting road. `lanes` leaves out the centre lane.

    `elevation` is empty where the road lies at height 0, else it begins with a piece at s = 0.
    """

    id: int
    name: str
    geometry: tuple[Geometry, ...]
    lanes: tuple[Lane, ...]
    speed_kmh: int
    centre_mark: RoadMark = RoadMark()
    junction: int = -1
    predecessor: RoadLink | None = None
    successor: RoadLink | None = None
    elevation: tuple[Cubic, ...] = ()
    kind: str = "town"
    signals: tuple[RoadSignal, ...] = ()
    crosswalks: tuple[Crosswalk, ...] = ()

    @property
    def length(self) -> float:
        """Length of the reference line in m."""
        return math.fsum(piece.length for piece in self.geometry)

    def pose(self, s: float) -> Pose:
        """Pose of the reference line `s` metres after the road's start (clamped to the road)."""
        s = max(s, 0.0)
        for piece in self.geometry[:-1]:
            if s <= piece.length:
                return piece.pose(s)
            s -= piece.length
        return self.geometry[-1].pose(min(s, self.geometry[-1].length))

    def height(self, s: float) -> float:
        """Height of the reference line at `s`, m."""
        return self._elevation(s).value(s)

    def slope(self, s: float) -> float:
        """Rise per metre along the reference line at `s`."""
        return self._elevation(s).slope(s)

    def _elevation(self, s: float) -> Cubic:
        found = self.elevation[0] if self.elevation else Cubic(0.0, 0.0)
        for piece in self.elevation[1:]:
            if piece.s <= s:
                found = piece
        return found


@dataclass(frozen=True)
class Connection:
    """One way through a junction: `lane_links` are (incoming lane id, connecting lane id)."""

    id: int
    incoming_road: int
    connecting_road: int
    lane_links: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Controller:
    """Traffic lights that change together; those of one junction take turns in the order of `sequence`."""

    id: int
    name: str
    sequence: int
    signal_ids: tuple[int, ...]


@dataclass(frozen=True)
class Junction:
    """A junction, the ways through it, and the controllers of its traffic lights."""

    id: int
    name: str
    connections: tuple[Connection, ...]
    controllers: tuple[Controller, ...] = ()
