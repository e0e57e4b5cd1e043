"""Traffic lights and signs of a road network, with the places where they stop the traffic."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from carla_drl_sim.world.road_network import Lane, Road, RoadNetwork, Section, SignalPlace
from carla_drl_sim.world.signals import Signal, SignalKind, StopLine

DRIVABLE = frozenset(
    (
        "driving",
        "entry",
        "exit",
        "onRamp",
        "offRamp",
        "connectingRamp",
        "bidirectional",
        "mwyEntry",
        "mwyExit",
        "taxi",
        "bus",
        "HOV",
    )
)
"""Lane types that vehicles drive on."""

_LIGHTS = frozenset(("1000001", "1000008", "1000009", "1000010", "1000011", "1000012"))
"""Types of lights for vehicles (Annex of the OpenDRIVE Format Specification, Rev. 1.4, after the German catalogue)."""

_MILE = 1.609344
_NEAR_JUNCTION_M = 50.0
"""A sign further from the junction ahead does not guard it."""


def kind_of(place: SignalPlace) -> SignalKind | None:
    """What a signal is, None for kinds that nobody obeys here."""
    if place.kind in _LIGHTS:
        return SignalKind.TRAFFIC_LIGHT
    for kind in (SignalKind.STOP, SignalKind.YIELD, SignalKind.SPEED_LIMIT):
        if place.kind == kind.value:
            return kind
    return None


def read_signals(network: RoadNetwork) -> tuple[Signal, ...]:
    """All lights, stop signs, yield signs and speed limits, in the order of the document."""
    references: dict[str, list[tuple[Road, SignalPlace]]] = {}
    controller_of = {signal: name for name, signals in network.controllers.items() for signal in signals}
    junction_of = {name: j.id for j in network.junctions.values() for name in j.controllers}
    for road in network.roads.values():
        for place in road.signals:
            references.setdefault(place.id, []).append((road, place))
    result = []
    seen: set[str] = set()
    for road in network.roads.values():
        for place in road.signals:
            kind = None if place.is_reference or place.id in seen else kind_of(place)
            if kind is None:
                continue
            seen.add(place.id)
            group = controller_of.get(place.id, "")
            lines = _stop_lines(network, kind, references[place.id])
            junction = -1
            if kind is not SignalKind.SPEED_LIMIT:
                junction = junction_of.get(group, _junction_ahead(network, road, place))
            result.append(_signal(road, place, kind, tuple(lines), group, junction))
    return tuple(result)


def _is_forward(place: SignalPlace) -> bool:
    """Whether the signal is for traffic along the reference line."""
    if place.orientation in "+-" and place.orientation:
        return place.orientation == "+"
    if place.validity:
        return place.validity[0][0] < 0
    return place.t <= 0.0


def _signal(
    road: Road,
    place: SignalPlace,
    kind: SignalKind,
    lines: tuple[StopLine, ...],
    group: str,
    junction: int,
) -> Signal:
    s = np.array([min(max(place.s, 0.0), road.length)])
    x, y, z = road.points(s, np.array([place.t]))[0].tolist()
    yaw = math.degrees(road.reference(s)[0, 2]) + (0.0 if _is_forward(place) else 180.0)
    value = 0.0
    if kind is SignalKind.SPEED_LIMIT:
        value = place.value or 0.0
        if not value and place.subtype.isdigit():
            value = float(place.subtype)
        value *= _MILE if place.unit == "mph" else 3.6 if place.unit == "m/s" else 1.0
    return Signal(place.id, kind, value, x, y, z, _wrapped(yaw), road.id, float(s[0]), lines, group, junction)


def _wrapped(yaw_deg: float) -> float:
    return (yaw_deg + 180.0) % 360.0 - 180.0


def _valid_lanes(section: Section, place: SignalPlace) -> list[Lane]:
    lanes = [lane for lane in section.lanes() if lane.kind in DRIVABLE]
    if place.orientation in ("+", "-"):
        lanes = [lane for lane in lanes if (lane.id < 0) == (place.orientation == "+")]
    if place.validity:
        lanes = [lane for lane in lanes if any(low <= lane.id <= high for low, high in place.validity)]
    return lanes


def _stop_lines(
    network: RoadNetwork, kind: SignalKind, places: Iterable[tuple[Road, SignalPlace]]
) -> list[StopLine]:
    """One line per lane; for lanes inside a junction, at the ends of the lanes that lead there."""
    lines: dict[tuple[int, int], StopLine] = {}
    for road, place in places:
        s = min(max(place.s, 0.0), road.length)
        section = road.section_at(s)
        for lane in _valid_lanes(section, place):
            at: tuple[Road, Section, int, float] | None = (road, section, lane.id, s)
            if road.junction >= 0 and kind is not SignalKind.SPEED_LIMIT:
                at = _before_junction(network, road, lane.id)
            if at is not None and (at[0].id, at[2]) not in lines:
                lines[at[0].id, at[2]] = _stop_line(*at)
    return list(lines.values())


def _stop_line(road: Road, section: Section, lane_id: int, s: float) -> StopLine:
    line = road.lane_line(section, lane_id, np.array([s]))
    x, y, z = line.points[0].tolist()
    return StopLine(
        road.id, lane_id, x, y, z, _wrapped(math.degrees(line.yaw[0])), 0.5 * float(line.width[0])
    )


def _before_junction(
    network: RoadNetwork, road: Road, lane_id: int
) -> tuple[Road, Section, int, float] | None:
    """The lane that leads into a lane of a connecting road, and the s of its end."""
    first, last = road.sections[0], road.sections[-1]
    end = road.predecessor if lane_id < 0 else road.successor
    if end is None or end.is_junction or end.contact is None:
        return None
    section = first if lane_id < 0 else last
    lane = next((lane for lane in section.lanes() if lane.id == lane_id), None)
    if lane is None:
        return None
    other_id = lane.predecessor if lane_id < 0 else lane.successor
    before = network.roads[end.id]
    if other_id is None:
        return None
    at_start = end.contact == "start"
    section = before.sections[0] if at_start else before.sections[-1]
    if all(other.id != other_id for other in section.lanes()):
        return None
    return before, section, other_id, 0.0 if at_start else before.length


def _junction_ahead(network: RoadNetwork, road: Road, place: SignalPlace) -> int:
    if road.junction >= 0:
        return road.junction
    forward = _is_forward(place)
    end = road.successor if forward else road.predecessor
    distance = road.length - place.s if forward else place.s
    if end is None or distance > _NEAR_JUNCTION_M:
        return -1
    if end.is_junction:
        return end.id
    return network.roads[end.id].junction
