"""Writes OpenDRIVE 1.4 documents.

Element and attribute names follow the OpenDRIVE Format Specification, Rev. 1.4 (VIRES, 2015); traffic lights, signs
and crosswalks are written the way CARLA's client reads them from CARLA's own maps.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from xml.sax.saxutils import escape, quoteattr

from carla_drl_sim.world.opendrive import (
    Crosswalk,
    Cubic,
    Junction,
    Lane,
    Road,
    RoadLink,
    RoadMark,
    RoadSignal,
)


def number(value: float) -> str:
    """Decimal text of a length or angle, rounded to 1e-9 so that a town is the same text on every machine."""
    return repr(round(value, 9) + 0.0)


def _polynomial(piece: Cubic) -> str:
    # Powers are multiplied with up to the cube of a road's length: they need digits that `number` cuts off.
    b, c, d = (f"{value + 0.0:.9g}" for value in (piece.b, piece.c, piece.d))
    return f'a="{number(piece.a)}" b="{b}" c="{c}" d="{d}"'


def _width(lane: Lane, length: float) -> Cubic:
    """A width that starts and ends level: 3 q^2 - 2 q^3 of the difference at q = s / length."""
    if lane.end_width is None or lane.end_width == lane.width:
        return Cubic(0.0, lane.width)
    change = lane.end_width - lane.width
    return Cubic(0.0, lane.width, 0.0, 3.0 * change / length**2, -2.0 * change / length**3)


def _lane_xml(lane: Lane, length: float) -> str:
    link = "".join(
        f'<{tag} id="{other}"/>'
        for tag, other in (("predecessor", lane.predecessor), ("successor", lane.successor))
        if other is not None
    )
    width = _polynomial(_width(lane, length))
    return (
        f'<lane id="{lane.id}" type="{lane.kind}" level="false"><link>{link}</link>'
        f'<width sOffset="0" {width}/>{_mark_xml(lane.mark)}</lane>'
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


def _crosswalk_xml(crosswalk: Crosswalk) -> str:
    u, v = 0.5 * crosswalk.length, 0.5 * crosswalk.width
    # The client expects a closed outline: the first corner comes again.
    corners = ((-u, -v), (u, -v), (u, v), (-u, v), (-u, -v))
    outline = "".join(f'<cornerLocal u="{number(a)}" v="{number(b)}" z="0"/>' for a, b in corners)
    return (
        f'<object type="crosswalk" id="{crosswalk.id}" name="Crosswalk {crosswalk.id}" '
        f's="{number(crosswalk.s)}" t="{number(crosswalk.t)}" zOffset="0" orientation="none" hdg="0" pitch="0" '
        f'roll="0" length="{number(crosswalk.length)}" width="{number(crosswalk.width)}">'
        f"<outline>{outline}</outline></object>"
    )


def _signal_xml(signal: RoadSignal) -> str:
    subtype = signal.value if signal.value >= 0 else -1
    return (
        f'<signal name={quoteattr(signal.name)} id="{signal.id}" s="{number(signal.s)}" t="{number(signal.t)}" '
        f'zOffset="0" hOffset="0" roll="0" pitch="0" orientation="{signal.orientation}" '
        f'dynamic="{"yes" if signal.dynamic else "no"}" country="OpenDRIVE" type="{signal.kind}" '
        f'subtype="{subtype}" value="{signal.value}" text="" height="0.8" width="0.6">'
        f'<validity fromLane="{signal.from_lane}" toLane="{signal.to_lane}"/></signal>'
    )


def _road_xml(road: Road) -> Iterable[str]:
    length = road.length
    yield f'<road name={quoteattr(road.name)} length="{number(length)}" id="{road.id}" junction="{road.junction}">'
    yield f"<link>{_link_xml('predecessor', road.predecessor)}{_link_xml('successor', road.successor)}</link>"
    yield f'<type s="0" type="{road.kind}"><speed max="{road.speed_kmh}" unit="km/h"/></type>'
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
    heights = "".join(f'<elevation s="{number(piece.s)}" {_polynomial(piece)}/>' for piece in road.elevation)
    heights = heights or '<elevation s="0" a="0" b="0" c="0" d="0"/>'
    yield f"<elevationProfile>{heights}</elevationProfile><lateralProfile/>"
    yield '<lanes><laneOffset s="0" a="0" b="0" c="0" d="0"/><laneSection s="0">'
    left = sorted((lane for lane in road.lanes if lane.id > 0), key=lambda lane: -lane.id)
    right = sorted((lane for lane in road.lanes if lane.id < 0), key=lambda lane: -lane.id)
    if left:
        yield "<left>" + "".join(_lane_xml(lane, length) for lane in left) + "</left>"
    yield f'<center><lane id="0" type="none" level="false"><link/>{_mark_xml(road.centre_mark)}</lane></center>'
    if right:
        yield "<right>" + "".join(_lane_xml(lane, length) for lane in right) + "</right>"
    yield "</laneSection></lanes>"
    if road.crosswalks:
        yield "<objects>" + "".join(map(_crosswalk_xml, road.crosswalks)) + "</objects>"
    if road.signals:
        yield "<signals>" + "".join(map(_signal_xml, road.signals)) + "</signals>"
    yield "</road>"


def _controllers_xml(junctions: Sequence[Junction]) -> Iterable[str]:
    for junction in junctions:
        for controller in junction.controllers:
            controls = "".join(f'<control signalId="{id_}" type="0"/>' for id_ in controller.signal_ids)
            yield (
                f'<controller name={quoteattr(controller.name)} id="{controller.id}" '
                f'sequence="{controller.sequence}">{controls}</controller>'
            )


def _junction_xml(junction: Junction) -> Iterable[str]:
    yield f'<junction id="{junction.id}" name={quoteattr(junction.name)}>'
    for connection in junction.connections:
        links = "".join(f'<laneLink from="{a}" to="{b}"/>' for a, b in connection.lane_links)
        yield (
            f'<connection id="{connection.id}" incomingRoad="{connection.incoming_road}" '
            f'connectingRoad="{connection.connecting_road}" contactPoint="start">{links}</connection>'
        )
    for controller in junction.controllers:
        yield f'<controller id="{controller.id}" type="0" sequence="{controller.sequence}"/>'
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
    lines.extend(_controllers_xml(junctions))
    for junction in junctions:
        lines.extend(_junction_xml(junction))
    lines.append("</OpenDRIVE>")
    return "\n".join(lines) + "\n"
