"""Reads OpenDRIVE 1.1 to 1.7 documents into a `RoadNetwork`, as far as CARLA uses them.

Railways and left-hand traffic rules are ignored. This is the place where
the right-handed axes of OpenDRIVE become CARLA's left-handed ones: y and all angles change sign.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from xml.etree import ElementTree

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.opendrive_fields import Fields, cubic_table
from carla_drl_sim.world.opendrive_furniture import read_objects, read_signals
from carla_drl_sim.world.opendrive_lanes import read_sections
from carla_drl_sim.world.road_kernel import ARC, CUBIC, LINE, PIECE_COLUMNS, SPIRAL
from carla_drl_sim.world.road_network import (
    Connection,
    Contact,
    Junction,
    Road,
    RoadEnd,
    RoadNetwork,
)
from carla_drl_sim.world.road_surface import Banking

MAX_DOCUMENT_BYTES = 256 * 2**20
MAX_ROADS = 100_000
MAX_ROAD_LENGTH = 1e5
MAX_TOTAL_LENGTH = 1e6
_MAX_CURVATURE = 100.0
_MAX_BANK = 1.0

_TO_KMH = {"km/h": 1.0, "kmh": 1.0, "mph": 1.609344, "m/s": 3.6}

Floats = npt.NDArray[np.float64]


def read_opendrive(text: str) -> RoadNetwork:
    """Read a document.

    Args:
        text: the document.

    Raises:
        ValueError: it is not XML, not OpenDRIVE, says something impossible (with the place), or is absurdly large.
    """
    if len(text) > MAX_DOCUMENT_BYTES:
        raise ValueError(f"OpenDRIVE: document of {len(text)} characters; allowed: {MAX_DOCUMENT_BYTES}")
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise ValueError("OpenDRIVE: document type declarations and entities are not allowed")
    try:
        root = ElementTree.fromstring(text.encode())
    except ElementTree.ParseError as error:
        raise ValueError(f"OpenDRIVE: not a well-formed XML document: {error}") from None
    if root.tag != "OpenDRIVE":
        raise ValueError(f"OpenDRIVE: the document's element is {root.tag!r}; expected 'OpenDRIVE'")
    document = Fields(root, "document")
    elements = document.children("road")
    if not elements:
        raise ValueError("OpenDRIVE: document: there is no road")
    if len(elements) > MAX_ROADS:
        raise ValueError(f"OpenDRIVE: document: {len(elements)} roads; allowed: {MAX_ROADS}")
    roads: dict[int, Road] = {}
    total = 0.0
    for element in elements:
        road = _read_road(element)
        if road.id in roads:
            raise element.error(f"there are two roads with id {road.id}")
        roads[road.id] = road
        total += road.length
        if total > MAX_TOTAL_LENGTH:
            raise ValueError(
                f"OpenDRIVE: document: more than {MAX_TOTAL_LENGTH / 1000.0:g} km of roads are not allowed"
            )
    junctions = {}
    for element in document.children("junction"):
        junction = _read_junction(element)
        if junction.id in junctions:
            raise element.error(f"there are two junctions with id {junction.id}")
        junctions[junction.id] = junction
    _check_links(roads, junctions)
    controllers = {
        element.text("id"): tuple(control.text("signalId") for control in element.children("control"))
        for element in document.children("controller")
    }
    network = RoadNetwork(roads, junctions, controllers)
    network.bounds()  # refuses what does not fit into the world
    return network


def _read_road(element: Fields) -> Road:
    road_id = element.id()
    element.where = f"road {road_id}"
    length = element.number("length", limit=MAX_ROAD_LENGTH)
    if length <= 0.0:
        raise element.error(f"attribute 'length' is {length:g}; allowed: above 0 up to {MAX_ROAD_LENGTH:g}")
    types = element.children("type")
    road = Road(
        id=road_id,
        name=element.text("name", ""),
        length=length,
        junction=element.integer("junction", -1),
        kind=types[0].text("type", "unknown") if types else "unknown",
        pieces=_read_pieces(element),
        elevation=cubic_table(element.children("elevationProfile", "elevation")),
        banking=_read_banking(element),
        lane_offset=cubic_table(element.children("lanes", "laneOffset")),
        sections=read_sections(element, length),
        speeds=_read_speeds(types),
        predecessor=_read_end(element, "predecessor"),
        successor=_read_end(element, "successor"),
        signals=read_signals(element),
    )
    objects = read_objects(element, road)
    return replace(road, objects=objects) if objects else road


def _read_angles(records: list[Fields]) -> Floats:
    """Cubics of an angle across the road."""
    table = cubic_table(records)
    if len(table) and (np.abs(table[:, 1]) > _MAX_BANK).any():
        steepest = float(np.abs(table[:, 1]).max())
        raise records[0].error(f"an angle of {steepest:g} rad across the road; allowed: up to {_MAX_BANK:g}")
    return table


def _read_banking(road: Fields) -> Banking:
    records = road.children("lateralProfile", "crossfall")
    left, right = (
        _read_angles([record for record in records if record.text("side", "both") in (side, "both")])
        for side in ("left", "right")
    )
    shape = [
        (
            record.number("s", 0.0),
            record.number("t"),
            *(record.number(name, 0.0, math.inf) for name in ("a", "b", "c", "d")),
        )
        for record in road.children("lateralProfile", "shape")
    ]
    return Banking(
        _read_angles(road.children("lateralProfile", "superelevation")),
        left,
        right,
        np.array(sorted(shape), np.float64).reshape(-1, 6),
    )


def _read_speeds(types: list[Fields]) -> tuple[tuple[float, float], ...]:
    speeds = []
    for record in types:
        speed = record.child("speed")
        if speed is None:
            continue
        text = speed.text("max", "")
        if text in ("no limit", "undefined", ""):
            continue
        unit = speed.text("unit", "m/s")
        if unit not in _TO_KMH:
            raise speed.error(f"attribute 'unit' is {unit!r}; allowed: {', '.join(_TO_KMH)}")
        limit = speed.unsigned_length("max") * _TO_KMH[unit]
        if limit > 0.0:
            speeds.append((record.number("s", 0.0), limit))
    return tuple(sorted(speeds))


def _read_end(road: Fields, name: str) -> RoadEnd | None:
    link = road.child("link")
    end = None if link is None else link.child(name)
    if end is None:
        return None
    kind = end.text("elementType", "road")
    if kind not in ("road", "junction"):
        raise end.error(f"attribute 'elementType' is {kind!r}; allowed: 'road', 'junction'")
    contact = None if kind == "junction" else _contact(end)
    return RoadEnd(kind == "junction", end.id("elementId"), contact)


def _contact(element: Fields) -> Contact:
    text = element.text("contactPoint", "start")
    if text == "start":
        return "start"
    if text == "end":
        return "end"
    raise element.error(f"attribute 'contactPoint' is {text!r}; allowed: 'start', 'end'")


def _read_pieces(road: Fields) -> Floats:
    rows = []
    for element in road.children("planView", "geometry"):
        row = np.zeros(PIECE_COLUMNS)
        length = element.unsigned_length("length")
        row[:5] = (
            element.number("s"),
            element.number("x"),
            -element.number("y"),
            -element.number("hdg", limit=1e6),
            length,
        )
        if length > 0.0:
            _read_shape(element, row)
            rows.append(row)
    if not rows:
        raise road.error("planView has no geometry that is longer than 0")
    rows.sort(key=lambda row: float(row[0]))
    return np.array(rows)


def _read_shape(element: Fields, row: Floats) -> None:
    for name in ("line", "arc", "spiral", "poly3", "paramPoly3"):
        shape = element.child(name)
        if shape is not None:
            break
    else:
        raise element.error("no shape; expected line, arc, spiral, poly3 or paramPoly3")
    if name == "arc":
        curvature = shape.number("curvature", limit=_MAX_CURVATURE)
        if curvature != 0.0:
            row[5:7] = ARC, -curvature
    elif name == "spiral":
        start = shape.number("curvStart", limit=_MAX_CURVATURE)
        end = shape.number("curvEnd", limit=_MAX_CURVATURE)
        row[5:8] = SPIRAL, -start, -(end - start) / row[4]
    elif name == "poly3":
        v = [shape.number(letter, 0.0, math.inf) for letter in "abcd"]
        row[5:15] = (CUBIC, 0.0, 1.0, 0.0, 0.0, *(-value for value in v), row[4])
    elif name == "paramPoly3":
        u = [shape.number(f"{letter}U", 0.0, math.inf) for letter in "abcd"]
        v = [shape.number(f"{letter}V", 0.0, math.inf) for letter in "abcd"]
        scale = shape.text("pRange", "normalized")
        if scale not in ("arcLength", "normalized"):
            raise shape.error(f"attribute 'pRange' is {scale!r}; allowed: 'arcLength', 'normalized'")
        row[5:15] = (CUBIC, *u, *(-value for value in v), row[4] if scale == "arcLength" else 1.0)
    else:
        row[5] = LINE


def _read_junction(element: Fields) -> Junction:
    junction_id = element.id()
    element.where = f"junction {junction_id}"
    connections = []
    for record in element.children("connection"):
        if record.element.get("connectingRoad") is None:
            continue  # direct junctions of OpenDRIVE 1.7 have no connecting roads
        links = tuple((link.integer("from"), link.integer("to")) for link in record.children("laneLink"))
        connections.append(
            Connection(record.id("incomingRoad"), record.id("connectingRoad"), _contact(record), links)
        )
    controllers = tuple(record.text("id") for record in element.children("controller"))
    return Junction(junction_id, element.text("name", ""), tuple(connections), controllers)


def _check_links(roads: Mapping[int, Road], junctions: Mapping[int, Junction]) -> None:
    for road in roads.values():
        for name, end in (("predecessor", road.predecessor), ("successor", road.successor)):
            if end is not None and end.id not in (junctions if end.is_junction else roads):
                kind = "junction" if end.is_junction else "road"
                raise ValueError(f"OpenDRIVE: road {road.id}: its {name}, {kind} {end.id}, does not exist")
    for junction in junctions.values():
        for connection in junction.connections:
            for road_id in (connection.incoming, connection.connecting):
                if road_id not in roads:
                    raise ValueError(f"OpenDRIVE: junction {junction.id}: road {road_id} does not exist")
