"""Serves a small town of its own: a round course with sidewalks, whose first straight has a junction with
traffic lights and a crosswalk before it.

Run as a program with the arguments of the server.
"""

from __future__ import annotations

import math
import sys
from unittest.mock import patch

import numpy as np

import carla_drl_sim.town_library
from carla_drl_sim.cli import main
from carla_drl_sim.world.town import Town

LANE_WIDTH = 3.5
SIDEWALK_WIDTH = 2.0
CROSSWALK_S = 94.0
RADIUS = 30.0
_LIGHT = (
    '<signal name="light" id="{id}" s="{s}" t="{t}" zOffset="0" hOffset="0" roll="0" pitch="0" orientation="{way}" '
    'dynamic="{dynamic}" country="OpenDRIVE" type="{type}" subtype="-1" value="{value}" text="" height="1" width="1">'
    '<validity fromLane="{lane}" toLane="{lane}"/></signal>'
)


def _link(tag: str, road: int, contact: str) -> str:
    return f'<{tag} elementType="road" elementId="{road}" contactPoint="{contact}"/>'


def _road(
    number: int,
    start: tuple[float, float, float],
    length: float,
    links: str,
    *,
    junction: int = -1,
    curvature: float = 0.0,
    lanes: tuple[int, ...] = (1, -1),
    turned: bool = False,
    limit: int = 50,
    objects: str = "",
    signals: str = "",
) -> str:
    x, y, heading = start
    shape = f'<arc curvature="{curvature}"/>' if curvature else "<line/>"

    def lane(lane_id: int, kind: str = "driving", width: float = LANE_WIDTH) -> str:
        other = -lane_id if turned else lane_id
        inner = f'<predecessor id="{other}"/><successor id="{other}"/>'
        return (
            f'<lane id="{lane_id}" type="{kind}" level="false"><link>{inner}</link>'
            f'<width sOffset="0" a="{width}" b="0" c="0" d="0"/></lane>'
        )

    left = lane(2, "sidewalk", SIDEWALK_WIDTH) + lane(1) if 1 in lanes else ""
    right = lane(-1) + lane(-2, "sidewalk", SIDEWALK_WIDTH)
    return (
        f'<road name="road {number}" length="{length}" id="{number}" junction="{junction}"><link>{links}</link>'
        f'<type s="0" type="town"><speed max="{limit}" unit="km/h"/></type>'
        f'<planView><geometry s="0" x="{x}" y="{y}" hdg="{heading}" length="{length}">{shape}</geometry></planView>'
        '<elevationProfile><elevation s="0" a="0" b="0" c="0" d="0"/></elevationProfile><lateralProfile/>'
        f'<lanes><laneSection s="0"><left>{left}</left>'
        '<center><lane id="0" type="none" level="false"><link/></lane></center>'
        f"<right>{right}</right></laneSection></lanes>{objects}<signals>{signals}</signals></road>"
    )


def _opendrive() -> str:
    def light(name: str, s: float, lane: int) -> str:
        way = "+" if lane < 0 else "-"
        return _LIGHT.format(
            id=name, s=s, t=lane * 5.0, way=way, lane=lane, dynamic="yes", type=1000001, value=-1
        )

    limit = _LIGHT.format(id="30", s=40.0, t=-5.0, way="+", lane=-1, dynamic="no", type=274, value=30)
    crosswalk = (
        f'<objects><object id="100" name="crosswalk" type="crosswalk" s="{CROSSWALK_S}" t="0" zOffset="0" hdg="0" '
        'pitch="0" roll="0" orientation="none" length="3" width="7"><outline>'
        + "".join(
            f'<cornerLocal u="{u}" v="{v}" z="0"/>'
            for u, v in ((-1.5, -LANE_WIDTH), (1.5, -LANE_WIDTH), (1.5, LANE_WIDTH), (-1.5, LANE_WIDTH))
        )
        + "</outline></object></objects>"
    )
    bend = math.pi * RADIUS
    to_junction, from_junction = (
        f'<{tag} elementType="junction" elementId="9"/>' for tag in ("successor", "predecessor")
    )
    connections = "".join(
        f'<connection id="{number}" incomingRoad="{road}" connectingRoad="{way}" contactPoint="start">'
        f'<laneLink from="{lane}" to="-1"/></connection>'
        for number, road, way, lane in ((0, 1, 3, -1), (1, 2, 7, 1))
    )
    controllers = "".join(
        f'<controller id="{name}" name="{name}" sequence="0"><control signalId="{signal}" type="0"/></controller>'
        for name, signal in (("71", "11"), ("72", "12"))
    )
    return (
        '<?xml version="1.0" encoding="UTF-8"?><OpenDRIVE><header revMajor="1" revMinor="4" name="small" version="1.00" '
        'north="10" south="-10" east="220" west="0" vendor="test"/>'
        + _road(
            1,
            (0.0, 0.0, 0.0),
            100.0,
            _link("predecessor", 6, "end") + to_junction,
            objects=crosswalk,
            signals=light("11", 99.0, -1) + limit,
        )
        + _road(
            2,
            (120.0, 0.0, 0.0),
            100.0,
            from_junction + _link("successor", 4, "start"),
            signals=light("12", 1.0, 1),
        )
        + _road(
            3,
            (100.0, 0.0, 0.0),
            20.0,
            _link("predecessor", 1, "end") + _link("successor", 2, "start"),
            junction=9,
            lanes=(-1,),
        )
        + _road(
            7,
            (120.0, 0.0, math.pi),
            20.0,
            _link("predecessor", 2, "start") + _link("successor", 1, "end"),
            junction=9,
            lanes=(-1,),
            turned=True,
        )
        + _road(
            4,
            (220.0, 0.0, 0.0),
            bend,
            _link("predecessor", 2, "end") + _link("successor", 5, "start"),
            curvature=1.0 / RADIUS,
            limit=40,
        )
        + _road(
            5,
            (220.0, 2.0 * RADIUS, math.pi),
            220.0,
            _link("predecessor", 4, "end") + _link("successor", 6, "start"),
        )
        + _road(
            6,
            (0.0, 2.0 * RADIUS, math.pi),
            bend,
            _link("predecessor", 5, "end") + _link("successor", 1, "start"),
            curvature=1.0 / RADIUS,
        )
        + controllers
        + f'<junction id="9" name="middle">{connections}<controller id="71" type="0" sequence="0"/>'
        '<controller id="72" type="0" sequence="0"/></junction></OpenDRIVE>'
    )


def small_town() -> Town:
    """The town; its spawn points are at the starts of both lanes."""
    half = 0.5 * LANE_WIDTH
    points = np.array([[20.0, half, 0.3, 0.0, 0.0, 0.0], [200.0, -half, 0.3, 0.0, 180.0, 0.0]])
    return Town("Town01", _opendrive(), points)


if __name__ == "__main__":
    with patch.object(carla_drl_sim.town_library, "generate_town", lambda name, seed: small_town()):
        sys.exit(main())
