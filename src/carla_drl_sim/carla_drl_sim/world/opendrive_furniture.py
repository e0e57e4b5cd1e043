"""Reads the signals and objects of a road of an OpenDRIVE document."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.opendrive_fields import Fields
from carla_drl_sim.world.road_network import Road, RoadObject, SignalPlace

Floats = npt.NDArray[np.float64]

MAX_CORNERS = 10_000
"""Of an object's outline."""


def read_signals(road: Fields) -> tuple[SignalPlace, ...]:
    """The signals and signal references of a road.

    Raises:
        ValueError: an attribute is missing or wrong.
    """
    return tuple(
        _read_signal(record, is_reference=name == "signalReference")
        for name in ("signal", "signalReference")
        for record in road.children("signals", name)
    )


def _read_signal(record: Fields, *, is_reference: bool) -> SignalPlace:
    signal_id = record.text("id")
    record.where += f" (id {signal_id})"
    validity = tuple(
        (min(ends), max(ends))
        for lanes in record.children("validity")
        for ends in [(lanes.integer("fromLane"), lanes.integer("toLane"))]
    )
    orientation = record.text("orientation", "none")
    place = SignalPlace(signal_id, record.number("s"), record.number("t"), orientation, validity)
    if is_reference:
        return place
    value = record.text("value", "-1")
    return SignalPlace(
        signal_id,
        place.s,
        place.t,
        orientation,
        validity,
        kind=record.text("type") or "none",
        subtype=record.text("subtype", ""),
        value=record.number("value") if value not in ("", "-1") else None,
        unit=record.text("unit", ""),
        name=record.text("name", ""),
        z_offset=record.number("zOffset", 0.0),
        is_dynamic=record.text("dynamic", "no") in ("yes", "true", "1"),
    )


def read_objects(element: Fields, road: Road) -> tuple[RoadObject, ...]:
    """The objects of a road, with their outlines in the world.

    Args:
        element: the road's element.
        road: the road without its objects, to place them.

    Raises:
        ValueError: an attribute is missing or wrong.
    """
    return tuple(_read_object(record, road) for record in element.children("objects", "object"))


def _read_object(record: Fields, road: Road) -> RoadObject:
    object_id, kind = record.text("id", ""), record.text("type", "none").lower()
    record.where += f" (id {object_id})"
    s, t = np.array([record.number("s")]), np.array([record.number("t")])
    point = road.points(s, t)[0]
    z = float(point[2]) + record.number("zOffset", 0.0)
    heading = float(road.reference(s)[0, 2]) - record.number("hdg", 0.0, 1e6)
    corners = record.children("outline", "cornerLocal") or record.children(
        "outlines", "outline", "cornerLocal"
    )
    road_corners = record.children("outline", "cornerRoad") or record.children(
        "outlines", "outline", "cornerRoad"
    )
    if len(corners) + len(road_corners) > MAX_CORNERS:
        raise record.error(f"more than {MAX_CORNERS} corners")
    outline = np.zeros((0, 3))
    if corners:
        u = np.array([corner.number("u") for corner in corners])
        v = np.array([-corner.number("v") for corner in corners])
        up = np.array([corner.number("z", 0.0) for corner in corners])
        cos, sin = math.cos(heading), math.sin(heading)
        outline = np.column_stack((point[0] + cos * u - sin * v, point[1] + sin * u + cos * v, z + up))
    elif road_corners:
        along = np.array([corner.number("s") for corner in road_corners])
        aside = np.array([corner.number("t") for corner in road_corners])
        outline = road.points(along, aside)
        outline[:, 2] += [corner.number("dz", 0.0) for corner in road_corners]
    elif kind == "crosswalk":
        outline = _rectangle(record, point, z, heading)
    if len(outline) > 1 and np.allclose(outline[0], outline[-1]):
        outline = outline[:-1]
    return RoadObject(
        id=object_id,
        kind=kind,
        name=record.text("name", ""),
        centre=(float(point[0]), float(point[1]), z),
        heading=heading,
        outline=outline,
        length=record.unsigned_length("length", 0.0),
        width=record.unsigned_length("width", 0.0),
        height=record.unsigned_length("height", 0.0),
        radius=record.unsigned_length("radius", 0.0),
    )


def _rectangle(record: Fields, point: Floats, z: float, heading: float) -> Floats:
    """The outline of an object that has none but a length along its axis and a width; empty without them."""
    length, width = record.unsigned_length("length", 0.0), record.unsigned_length("width", 0.0)
    if length == 0.0 or width == 0.0:
        return np.zeros((0, 3))
    u, v = 0.5 * length * np.array([-1.0, 1.0, 1.0, -1.0]), 0.5 * width * np.array([-1.0, -1.0, 1.0, 1.0])
    cos, sin = math.cos(heading), math.sin(heading)
    return np.column_stack((point[0] + cos * u - sin * v, point[1] + sin * u + cos * v, np.full(4, z)))
