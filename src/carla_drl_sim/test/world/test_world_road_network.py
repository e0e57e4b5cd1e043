"""Reading OpenDRIVE: curves computed by hand, lanes as the real client's `carla.Map` sees them, wrong documents."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from maps import SHARED_MAPS, document, piece, shared_map

from carla_drl_sim.world.opendrive_reader import read_opendrive
from carla_drl_sim.world.road_network import Road
from carla_drl_sim.world.town_generator import TOWNS, generate_town

carla = pytest.importorskip("carla")


def road_of(geometry: str, length: float = 100.0, **more: str) -> Road:
    return read_opendrive(document(geometry, length, **more)).roads[7]


def test_line_turns_y_and_heading_over() -> None:
    poses = road_of(piece("<line/>", x=1.0, y=2.0, hdg=math.pi / 2)).reference(np.array([0.0, 10.0]))
    assert poses == pytest.approx(np.array([[1.0, -2.0, -math.pi / 2], [1.0, -12.0, -math.pi / 2]]))


def test_arc_turns_left_for_positive_curvature() -> None:
    quarter = 0.5 * math.pi * 20.0
    pose = road_of(piece('<arc curvature="0.05"/>', quarter), quarter).reference(np.array([quarter]))[0]
    assert pose == pytest.approx([20.0, -20.0, -math.pi / 2])


@pytest.mark.parametrize(("start", "end"), [(0.0, 0.1), (-0.05, 0.02), (0.3, -0.3)])
def test_spiral_follows_its_curvature(start: float, end: float) -> None:
    length = 60.0
    road = road_of(piece(f'<spiral curvStart="{start}" curvEnd="{end}"/>', length), length)
    s = np.linspace(0.0, length, 200_001)
    heading = -(start * s + 0.5 * (end - start) * s**2 / length)
    step = s[1] - s[0]
    middle = 0.5 * (heading[1:] + heading[:-1])
    x, y = np.cumsum(np.cos(middle)) * step, np.cumsum(np.sin(middle)) * step
    poses = road.reference(s[[20_000, 120_000, 200_000]])
    for pose, n in zip(poses, (20_000, 120_000, 200_000), strict=True):
        assert pose == pytest.approx([x[n - 1], y[n - 1], heading[n]], abs=1e-6)


def test_poly3_is_measured_along_the_curve() -> None:
    # v = u gives a straight line at 45 degrees: 10 m along it lead to 10 / sqrt(2).
    poses = road_of(piece('<poly3 a="0" b="1" c="0" d="0"/>', 10.0), 10.0).reference(np.array([5.0, 10.0]))
    assert poses[1] == pytest.approx([10.0 / math.sqrt(2.0), -10.0 / math.sqrt(2.0), -math.pi / 4])
    # v = 0.02 u^2: length from 0 to u is (t sqrt(1 + t^2) + asinh t) / (4 c) with t = 2 c u.
    c, u = 0.02, 30.0
    t = 2.0 * c * u
    length = (t * math.sqrt(1.0 + t * t) + math.asinh(t)) / (4.0 * c)
    pose = road_of(piece(f'<poly3 a="0" b="0" c="{c}" d="0"/>', length), length).reference(
        np.array([length])
    )[0]
    assert pose == pytest.approx([u, -c * u * u, -math.atan(t)], abs=1e-6)


@pytest.mark.parametrize("scale", ["arcLength", "normalized"])
def test_param_poly3_in_both_parameter_ranges(scale: str) -> None:
    q = 40.0 if scale == "normalized" else 1.0
    shape = f'<paramPoly3 aU="0" bU="{0.6 * q}" cU="0" dU="0" aV="0" bV="{0.8 * q}" cV="0" dV="0" pRange="{scale}"/>'
    poses = road_of(piece(shape, 40.0), 40.0).reference(np.array([10.0, 40.0]))
    assert poses[:, :2] == pytest.approx(np.array([[6.0, -8.0], [24.0, -32.0]]))
    assert poses[:, 2] == pytest.approx(-math.atan2(0.8, 0.6))


def test_lanes_lie_beside_the_moved_centre_and_widen() -> None:
    road = road_of(
        piece("<line/>"),
        elevation='<elevation s="0" a="1" b="0.1" c="0" d="0"/><elevation s="50" a="6" b="0" c="0" d="0"/>',
        offset='<laneOffset s="0" a="0.5" b="0" c="0" d="0"/>',
    )
    section, s = road.sections[0], np.array([10.0, 60.0])
    assert road.borders(section, s) == pytest.approx(np.array([[4.0, 0.5, -2.6], [4.0, 0.5, -3.1]]))
    right, left = road.lane_line(section, -1, s), road.lane_line(section, 1, s)
    assert right.points == pytest.approx(np.array([[10.0, 1.05, 2.0], [60.0, 1.3, 6.0]]))
    assert left.points == pytest.approx(np.array([[10.0, -2.25, 2.0], [60.0, -2.25, 6.0]]))
    assert right.width == pytest.approx([3.1, 3.6])
    assert right.yaw == pytest.approx([math.atan(0.005)] * 2)
    assert left.yaw == pytest.approx([math.pi] * 2)
    assert right.pitch == pytest.approx([math.atan(0.1), 0.0])
    assert left.pitch == pytest.approx([-math.atan(0.1), 0.0])


def test_lane_borders_give_the_same_lanes_as_widths() -> None:
    def lane(number: int, text: str) -> str:
        return f'<lane id="{number}" type="driving">{text}</lane>'

    lanes = (
        '<laneSection s="0"><center><lane id="0" type="none"/></center><right>'
        + lane(-1, '<border sOffset="0" a="-3" b="0" c="0" d="0"/>')
        + lane(-2, '<border sOffset="0" a="-5" b="-0.02" c="0" d="0"/>')
        + "</right></laneSection>"
    )
    road = road_of(piece("<line/>"), lanes=lanes)
    assert road.borders(road.sections[0], np.array([50.0])) == pytest.approx(np.array([[0.0, -3.0, -6.0]]))


def assert_lanes_are_where_the_client_sees_them(name: str, text: str) -> None:
    network = read_opendrive(text)
    town_map = carla.Map(name, text)
    compared = 0
    for road in network.roads.values():
        for section in road.sections:
            length = section.end - section.s
            if length < 0.1:
                continue
            s = section.s + length * np.array([0.02, 0.37, 0.71, 0.98])
            for lane in section.lanes():
                line = road.lane_line(section, lane.id, s)
                for i in np.flatnonzero(line.width > 0.05):
                    waypoint = town_map.get_waypoint_xodr(road.id, lane.id, float(s[i]))
                    place, turn = waypoint.transform.location, waypoint.transform.rotation
                    assert (place.x, place.y, place.z) == pytest.approx(line.points[i], abs=0.001)
                    for angle, mine in ((turn.yaw, line.yaw[i]), (turn.pitch, line.pitch[i])):
                        assert abs((angle - math.degrees(mine) + 180.0) % 360.0 - 180.0) < 0.05
                    assert waypoint.lane_width == pytest.approx(line.width[i], abs=0.001)
                    compared += 1
    assert compared > 200


@pytest.mark.parametrize("name", sorted(TOWNS))
def test_lanes_of_our_towns_are_where_the_client_sees_them(name: str) -> None:
    assert_lanes_are_where_the_client_sees_them(name, generate_town(name).opendrive)


@pytest.mark.parametrize("name", SHARED_MAPS)
def test_lanes_of_carlas_towns_are_where_the_client_sees_them(name: str) -> None:
    assert_lanes_are_where_the_client_sees_them(name, shared_map(name))


LINE = piece("<line/>")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", r"not a well-formed XML"),
        ("<a/>", r"element is 'a'; expected 'OpenDRIVE'"),
        ("<OpenDRIVE/>", r"there is no road"),
        ("<!DOCTYPE a><OpenDRIVE/>", r"document type declarations"),
        (document(""), r"road 7: planView has no geometry"),
        (document(piece("")), r"road 7, geometry 0: no shape"),
        (
            document(LINE, elevation='<elevation s="0" a="0" b="0" c="0" d="9e200"/>'),
            r"road 7: between s = 0 and 100",
        ),
        (document(LINE, -3.0), r"road 7: attribute 'length' is -3"),
        (document(LINE, 1e9), r"road 7: attribute 'length' is 1000000000.0; allowed"),
        (document(LINE, lanes=""), r"road 7: there is no laneSection"),
        (document(piece("<line/>", x=math.nan)), r"geometry 0: attribute 'x' is nan; allowed: finite"),
        (document(LINE).replace('s="0.0"', 's="here"'), r"geometry 0: attribute 's' is 'here', not a number"),
        (
            document(LINE).replace('id="7"', 'id="seven"'),
            r"road 0: attribute 'id' is 'seven', not a whole number",
        ),
        (document(LINE).replace('lane id="-1"', 'lane id="-2"'), r"lane ids on the right side are \[-2\]"),
        (
            document(LINE).replace("<link/>", '<link><successor elementType="road" elementId="8"/></link>'),
            r"road 7: its successor, road 8",
        ),
        (
            document(
                LINE, rest='<junction id="3"><connection incomingRoad="7" connectingRoad="9"/></junction>'
            ),
            r"junction 3: road 9 does not",
        ),
        (
            document(LINE, rest=document(LINE)[document(LINE).index("<road") : -len("</OpenDRIVE>")]),
            r"two roads with id 7",
        ),
        (
            document(LINE, road_rest='<signals><signal s="1" t="2" type="206"/></signals>'),
            r"road 7, signal 0: attribute 'id' is missing",
        ),
        (
            document(LINE, road_rest='<type s="0"><speed max="3" unit="knots"/></type>'),
            r"attribute 'unit' is 'knots'",
        ),
    ],
)
def test_wrong_documents_are_refused_with_the_place(text: str, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        read_opendrive(text)


def test_crosswalk_without_outline_is_a_rectangle() -> None:
    text = '<objects><object type="Crosswalk" id="4" s="10" t="1" hdg="0" length="2" width="4"/></objects>'
    outline = road_of(LINE, road_rest=text).objects[0].outline
    assert outline == pytest.approx(
        np.array([[9.0, -3.0, 0.0], [11.0, -3.0, 0.0], [11.0, 1.0, 0.0], [9.0, 1.0, 0.0]])
    )


def test_speed_limits_are_in_kmh_from_their_place_on() -> None:
    def limit(s: float, text: str) -> str:
        return f'<type s="{s}" type="town"><speed {text}/></type>'

    road = road_of(
        LINE,
        road_rest=limit(40, 'max="50" unit="km/h"') + limit(0, 'max="25" unit="mph"') + limit(80, 'max="10"'),
    )
    assert [road.speed_limit(s) for s in (0.0, 39.0, 40.0, 90.0)] == pytest.approx(
        [40.23, 40.23, 50.0, 36.0], abs=0.01
    )
    assert road_of(LINE).speed_limit(3.0) is None


def test_objects_have_their_outline_in_the_world() -> None:
    corners = "".join(
        f'<cornerLocal u="{u}" v="{v}" z="0"/>' for u, v in ((-1, -2), (1, -2), (1, 2), (-1, 2), (-1, -2))
    )
    text = f'<objects><object type="crosswalk" id="4" s="10" t="1" hdg="0" length="2" width="4"><outline>{corners}</outline></object></objects>'
    road = road_of(piece("<line/>", x=5.0, hdg=math.pi / 2), road_rest=text)
    assert road.objects[0].kind == "crosswalk"
    expected: Any = np.array([[6.0, -9.0, 0.0], [6.0, -11.0, 0.0], [2.0, -11.0, 0.0], [2.0, -9.0, 0.0]])
    assert road.objects[0].outline == pytest.approx(expected)
