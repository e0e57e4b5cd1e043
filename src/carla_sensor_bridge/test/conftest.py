"""Shared fixtures."""

from __future__ import annotations

import math
from collections.abc import Iterator

import carla
import pytest
from gateway_peer import GatewayPeer
from processes import Simulator, gateway

from carla_sensor_bridge.lane_graph import LaneGraph, build_lane_graph

HEADER = (
    '<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4" name="{name}" north="0" south="0" east="0" '
    'west="0"><geoReference><![CDATA[+proj=tmerc +lat_0=0 +lon_0=0]]></geoReference></header>'
)
LINK = '<link><predecessor id="{lane}"/><successor id="{lane}"/></link>'


def lane_xml(lane: int, width_m: float, *, linked: bool) -> str:
    link = LINK.format(lane=lane) if linked else "<link/>"
    return (
        f'<lane id="{lane}" type="driving" level="false">{link}<width sOffset="0" a="{width_m}" b="0" c="0" d="0"/>'
        '<roadMark sOffset="0" type="solid" weight="standard" color="white" width="0.1" laneChange="none"/></lane>'
    )


def road_xml(
    road: int,
    start: tuple[float, float, float],
    length: float,
    *,
    curvature: float = 0.0,
    links: str = "",
    limit: str = "",
    sections: tuple[float, ...] = (0.0,),
    width_m: float = 4.0,
) -> str:
    """A road with one lane per direction; OpenDRIVE axes (those of REP-103)."""
    x, y, heading = start
    shape = f'<arc curvature="{curvature!r}"/>' if curvature else "<line/>"
    linked = bool(links) or len(sections) > 1
    lanes = "".join(
        f'<laneSection s="{s}"><left>{lane_xml(1, width_m, linked=linked)}</left>'
        '<center><lane id="0" type="none" level="false"/></center>'
        f"<right>{lane_xml(-1, width_m, linked=linked)}</right></laneSection>"
        for s in sections
    )
    return (
        f'<road name="" length="{length!r}" id="{road}" junction="-1"><link>{links}</link>{limit}'
        f'<planView><geometry s="0" x="{x!r}" y="{y!r}" hdg="{heading!r}" length="{length!r}">{shape}</geometry>'
        '</planView><elevationProfile><elevation s="0" a="0" b="0" c="0" d="0"/></elevationProfile>'
        f"<lateralProfile/><lanes>{lanes}</lanes></road>"
    )


def limit_xml(value: str, unit: str, s: float = 0.0) -> str:
    return f'<type s="{s}" type="town"><speed max="{value}" unit="{unit}"/></type>'


def link_xml(before: int, after: int) -> str:
    return (
        f'<predecessor elementType="road" elementId="{before}" contactPoint="end"/>'
        f'<successor elementType="road" elementId="{after}" contactPoint="start"/>'
    )


def document(name: str, *roads: str) -> str:
    return HEADER.format(name=name) + "".join(roads) + "</OpenDRIVE>"


def straight_road(length: float = 100.0) -> str:
    """One road along the x axis: the lane towards +x is at y = -2, the one towards -x at y = +2."""
    return document(
        "straight", road_xml(1, (0.0, 0.0, 0.0), length, limit=limit_xml("36", "km/h"), sections=(0.0, 40.5))
    )


def ring_road(radius: float = 30.0) -> str:
    """Two half circles that follow each other round the origin, counter-clockwise along the reference line."""
    half = math.pi * radius
    return document(
        "ring",
        road_xml(1, (radius, 0.0, math.pi / 2), half, curvature=1 / radius, links=link_xml(2, 2)),
        road_xml(2, (-radius, 0.0, -math.pi / 2), half, curvature=1 / radius, links=link_xml(1, 1)),
    )


@pytest.fixture(scope="session")
def straight_graph() -> LaneGraph:
    return build_lane_graph(carla.Map("straight", straight_road()))


@pytest.fixture(scope="session")
def ring_graph() -> LaneGraph:
    return build_lane_graph(carla.Map("ring", ring_road()))


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as process:
        yield process


@pytest.fixture(scope="module")
def shared_simulator() -> Iterator[Simulator]:
    """One simulator for several tests that leave it as it is."""
    with Simulator() as process:
        yield process


@pytest.fixture
def peer() -> Iterator[GatewayPeer]:
    peer = gateway()
    yield peer
    peer.die()
