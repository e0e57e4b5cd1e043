"""A small OpenDRIVE 1.4 writer: roads of lines and arcs with one lane section, and junctions.

Everything here is in OpenDRIVE's own frame: right-handed, metres, radians, counter-clockwise headings.
Element and attribute names follow the OpenDRIVE Format Specification, Rev. 1.4 (VIRES, 2015).
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

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
class RoadMark:
    """Marking on the outer border of a lane (of the centre lane: on the reference line)."""

    kind: str = "none"
    color: str = "white"
    lane_change: str = "none"
    width: float = 0.12


@dataclass(frozen=True)
class Lane:
    """A lane of constant width; id < 0 is right of the reference line, `predecessor`/`successor` are lane ids."""

    id: int
    kind: str
    width: float
    mark: RoadMark = RoadMark()
    predecessor: int | None = None
    successor: int | None = None


@dataclass(frozen=True)
class RoadLink:
    """What a road's start or end is joined to; `contact` is left out for junctions."""

    element: Literal["road", "junction"]
    id: int
    contact: ContactPoint | None = None


@dataclass(frozen=True)
class Road:
    """A road; `junction` is -1 unless it is a connecting road. `lanes` leaves out the centre lane."""

    id: int
    name: str
    geometry: tuple[Geometry, ...]
    lanes: tuple[Lane, ...]
    speed_kmh: int
    centre_mark: RoadMark = RoadMark()
    junction: int = -1
    predecessor: RoadLink | None = None
    successor: RoadLink | None = None

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


@dataclass(frozen=True)
class Connection:
    """One way through a junction: `lane_links` are (incoming lane id, connecting lane id)."""

    id: int
    incoming_road: int
    connecting_road: int
    lane_links: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class Junction:
    """A junction and the ways through it."""

    id: int
    name: str
    connections: tuple[Connection, ...]


def number(value: float) -> str:
    """Decimal text of a length or angle, rounded to 1e-9 so that a town is the same text on every machine."""
    return repr(round(value, 9) + 0.0)


def _lane_xml(lane: Lane) -> str:
    link = "".join(
        f'<{tag} id="{other}"/>'
        for tag, other in (("predecessor", lane.predecessor), ("successor", lane.successor))
        if other is not None
    )
    return (
        f'<lane id="{lane.id}" type="{lane.kind}" level="false"><link>{link}</link>'
        f'<width sOffset="0" a="{number(lane.width)}" b="0" c="0" d="0"/>{_mark_xml(lane.mark)}</lane>'
    )


def _mark_xml(mark: RoadMark) -> str:
    return (
        f'<roadMark sOffset="0" type="{mark.kind}" weight="standard" color="{mark.color}" '
        f'width="{number(mark.width)}" laneChange="{mark.lane_change}"/>'
    )


def _link_xml(tag: str, link: RoadLink | None) -> str:
    if link is None:
        return ""
    contact = "" if link.contact is None else f' contactPoint="{link.contact}"'
    return f'<{tag} elementType="{link.element}" elementId="{link.id}"{contact}/>'


def _road_xml(road: Road) -> Iterable[str]:
    yield f'<road name={quoteattr(road.name)} length="{number(road.length)}" id="{road.id}" junction="{road.junction}">'
    yield f"<link>{_link_xml('predecessor', road.predecessor)}{_link_xml('successor', road.successor)}</link>"
    yield f'<type s="0" type="town"><speed max="{road.speed_kmh}" unit="km/h"/></type>'
    yield "<planView>"
    s = 0.0
    for piece in road.geometry:
        shape = "<line/>" if piece.curvature == 0.0 else f'<arc curvature="{number(piece.curvature)}"/>'
        yield (
            f'<geometry s="{number(s)}" x="{number(piece.x)}" y="{number(piece.y)}" '
            f'hdg="{number(piece.heading)}" length="{number(piece.length)}">{shape}</geometry>'
        )
        s += piece.length
    yield "</planView>"
    yield '<elevationProfile><elevation s="0" a="0" b="0" c="0" d="0"/></elevationProfile><lateralProfile/>'
    yield '<lanes><laneOffset s="0" a="0" b="0" c="0" d="0"/><laneSection s="0">'
    left = sorted((lane for lane in road.lanes if lane.id > 0), key=lambda lane: -lane.id)
    right = sorted((lane for lane in road.lanes if lane.id < 0), key=lambda lane: -lane.id)
    if left:
        yield "<left>" + "".join(map(_lane_xml, left)) + "</left>"
    yield f'<center><lane id="0" type="none" level="false"><link/>{_mark_xml(road.centre_mark)}</lane></center>'
    if right:
        yield "<right>" + "".join(map(_lane_xml, right)) + "</right>"
    yield "</laneSection></lanes></road>"


def _junction_xml(junction: Junction) -> Iterable[str]:
    yield f'<junction id="{junction.id}" name={quoteattr(junction.name)}>'
    for connection in junction.connections:
        links = "".join(f'<laneLink from="{a}" to="{b}"/>' for a, b in connection.lane_links)
        yield (
            f'<connection id="{connection.id}" incomingRoad="{connection.incoming_road}" '
            f'connectingRoad="{connection.connecting_road}" contactPoint="start">{links}</connection>'
        )
    yield "</junction>"


def write(
    name: str,
    roads: Sequence[Road],
    junctions: Sequence[Junction],
    geo_reference: str,
    vendor: str = "carla_drl_sim",
) -> str:
    """The OpenDRIVE document as text, one element group per line.

    Args:
        name: written into the header.
        roads: ordinary and connecting roads.
        junctions: junctions that the roads refer to.
        geo_reference: PROJ string of the map's origin.
        vendor: who made the file.
    """
    ends = [road.pose(s) for road in roads for s in (0.0, 0.5 * road.length, road.length)]
    xs, ys = [pose[0] for pose in ends], [pose[1] for pose in ends]
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<OpenDRIVE>",
        f'<header revMajor="1" revMinor="4" name={quoteattr(name)} version="1.00" date="2025-01-01T00:00:00" '
        f'north="{number(max(ys))}" south="{number(min(ys))}" east="{number(max(xs))}" west="{number(min(xs))}" '
        f"vendor={quoteattr(vendor)}><geoReference><![CDATA[{escape(geo_reference)}]]></geoReference></header>",
    ]
    for road in roads:
        lines.extend(_road_xml(road))
    for junction in junctions:
        lines.extend(_junction_xml(junction))
    lines.append("</OpenDRIVE>")
    return "\n".join(lines) + "\n"
