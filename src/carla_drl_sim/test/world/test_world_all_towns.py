"""What holds in every generated town, judged by the map code of the real CARLA client."""

from __future__ import annotations

import hashlib
import itertools
import math
import re
from typing import Any
from xml.etree import ElementTree

import pytest
from town_checks import gap, lane_graph, lane_path, lane_starts, strongly_connected, turned

from carla_drl_sim.world.signals import SignalKind
from carla_drl_sim.world.town import Town
from carla_drl_sim.world.town_generator import PLANS, generate_town

carla = pytest.importorskip("carla")

KINDS = {kind.value for kind in SignalKind}


@pytest.fixture(scope="module", params=sorted(PLANS))
def town(request: pytest.FixtureRequest) -> Town:
    return generate_town(request.param, 0)


@pytest.fixture(scope="module")
def town_map(town: Town) -> Any:
    return carla.Map(town.name, town.opendrive)


@pytest.fixture(scope="module")
def document(town: Town) -> ElementTree.Element:
    return ElementTree.fromstring(town.opendrive)


def test_same_seed_same_town_other_seed_another(town: Town) -> None:
    again, other = generate_town(town.name, 0), generate_town(town.name, 1)
    assert again.opendrive == town.opendrive
    assert again.spawn_points.tobytes() == town.spawn_points.tobytes()
    assert other.opendrive != town.opendrive


def test_header_says_that_the_town_is_no_copy(document: ElementTree.Element) -> None:
    header = document.find("header")
    assert header is not None
    assert "not a copy" in header.attrib["name"]


def test_lanes_are_smooth_and_join_without_gap_or_kink(town_map: Any) -> None:
    step = 1.0
    for start in lane_starts(town_map).values():
        path = lane_path(start, step)
        for a, b in itertools.pairwise(path[:-1]):
            assert gap(a, b, step) < 0.2
            assert turned(a, b) < 13.0
        end = lane_path(path[-2], 0.05)[-1]
        following = end.next(0.1)
        assert following, f"{end} ends"
        for after in following:
            assert gap(end, after, 0.1) < 0.05
            assert turned(end, after) < 3.0
            assert abs(end.transform.location.z - after.transform.location.z) < 0.03
            assert (
                abs((end.transform.rotation.pitch - after.transform.rotation.pitch + 180) % 360 - 180) < 1.0
            )


def test_next_never_ends_and_previous_finds_back(town_map: Any) -> None:
    for waypoint in town_map.generate_waypoints(4.0):
        assert waypoint.previous(2.0)
        following = waypoint.next(2.0)
        assert following
        for after in following:
            assert after.transform.location.distance(waypoint.transform.location) < 2.5


def test_every_lane_can_be_reached_from_every_other(town_map: Any) -> None:
    graph = lane_graph(town_map, with_lane_changes=False)
    assert all(graph.values())
    assert strongly_connected(lane_graph(town_map, with_lane_changes=True))


def test_grades_are_at_most_eight_percent(town_map: Any) -> None:
    # The client takes the slope itself for the pitch angle in rad, without the arc tangent.
    pitches = [(w.transform.rotation.pitch + 180.0) % 360.0 - 180.0 for w in town_map.generate_waypoints(2.0)]
    assert math.radians(max(map(abs, pitches))) < 0.08001


def test_lane_changes_are_allowed_between_lanes_of_one_direction_only(town_map: Any) -> None:
    for w in town_map.generate_waypoints(5.0):
        assert 2.9 <= w.lane_width <= 4.1
        for side, other in (("Left", w.get_left_lane()), ("Right", w.get_right_lane())):
            same = other is not None and other.lane_type == w.lane_type and other.lane_id * w.lane_id > 0
            allowed = bool(w.lane_change & getattr(carla.LaneChange, side))
            assert allowed == (same and not w.is_junction)


def test_spawn_points_are_on_driving_lanes_in_their_direction(town: Town, town_map: Any) -> None:
    assert len(town.spawn_points) >= 100
    for x, y, z, pitch, yaw, roll in town.spawn_points:
        waypoint = town_map.get_waypoint(carla.Location(x, y, z), project_to_road=False)
        assert waypoint is not None
        assert waypoint.lane_type == carla.LaneType.Driving
        assert not waypoint.is_junction
        centre = waypoint.transform
        dx, dy, right = centre.location.x - x, centre.location.y - y, centre.get_right_vector()
        assert math.hypot(dx, dy) < 1.0
        assert abs(dx * right.x + dy * right.y) < 0.05
        assert 0.1 < z - centre.location.z < 0.6
        assert abs((centre.rotation.yaw - yaw + 180.0) % 360.0 - 180.0) < 1.5
        assert abs((centre.rotation.pitch - pitch + 180.0) % 360.0 - 180.0) < 0.5
        assert roll == 0.0


def test_signals_are_where_the_client_finds_them(town_map: Any) -> None:
    landmarks = town_map.get_all_landmarks()
    assert {mark.type for mark in landmarks} <= KINDS
    assert len({mark.id for mark in landmarks}) == len(landmarks)
    for mark in landmarks:
        assert mark.is_dynamic == (mark.type == SignalKind.TRAFFIC_LIGHT.value)
        if mark.type == SignalKind.SPEED_LIMIT.value:
            assert mark.value in {30, 40, 50, 60, 70, 80, 90}
        lanes = [lane for a, b in mark.get_lane_validities() for lane in range(a, b + 1)]
        assert lanes
        at = mark.transform.location
        for lane in lanes:
            waypoint = town_map.get_waypoint_xodr(mark.road_id, lane, mark.s)
            assert waypoint.lane_type == carla.LaneType.Driving
            assert (lane < 0) == (mark.orientation == carla.LandmarkOrientation.Positive)
            # The pole stands right of the lane, beyond its edge, next to the stop line.
            right = waypoint.transform.get_right_vector()
            offset = at - waypoint.transform.location
            across = offset.x * right.x + offset.y * right.y
            assert across > 0.5 * waypoint.lane_width
            assert math.hypot(offset.x, offset.y) - across < 0.3
            # Traffic that comes along the lane is told of it.
            before = waypoint.previous(8.0)[0]
            assert mark.id in {found.id for found in before.get_landmarks(12.0)}
            if mark.type != SignalKind.SPEED_LIMIT.value:
                assert all(w.is_junction for w in waypoint.next(6.5))


def test_lights_share_controllers_with_the_arm_they_face(document: ElementTree.Element) -> None:
    lights = {s.attrib["id"]: s for s in document.iter("signal") if s.attrib["dynamic"] == "yes"}
    controllers = {c.attrib["id"]: c for c in document.findall("controller")}
    switched = [c.attrib["signalId"] for each in controllers.values() for c in each.iter("control")]
    assert sorted(switched) == sorted(lights)
    of_junctions = [
        c.attrib["id"] for junction in document.iter("junction") for c in junction.findall("controller")
    ]
    assert sorted(of_junctions) == sorted(controllers)
    driven = {
        road.attrib["id"]
        for road in document.iter("road")
        if any(lane.attrib["type"] == "driving" for lane in road.iter("lane"))
    }
    for junction in document.iter("junction"):
        own = [controllers[c.attrib["id"]] for c in junction.findall("controller")]
        if own:
            sizes = [len(each.findall("control")) for each in own]
            assert set(sizes) <= {1, 2}
            assert len(own) >= 2
            ways = [c for c in junction.iter("connection") if c.attrib["connectingRoad"] in driven]
            incoming = {c.attrib["incomingRoad"] for c in ways}
            assert len(incoming) <= sum(sizes) <= 4


def test_crosswalks_cross_a_road(town_map: Any) -> None:
    corners = town_map.get_crosswalks()
    assert len(corners) % 5 == 0
    for i in range(0, len(corners), 5):
        outline = corners[i : i + 5]
        assert outline[0].distance(outline[4]) < 1e-3
        sides = sorted(a.distance(b) for a, b in itertools.pairwise(outline))
        assert sides[0] == pytest.approx(3.0, abs=0.01)
        assert sides[1] == pytest.approx(3.0, abs=0.01)
        assert sides[2] > 5.9
        middle = carla.Location(*(sum(getattr(c, axis) for c in outline[:4]) / 4 for axis in "xyz"))
        assert town_map.get_waypoint(middle).transform.location.distance(middle) < 3.5


def test_town01_keeps_its_streets_and_spawn_points() -> None:
    """Results of training depend on them."""
    town = generate_town("Town01", 0)
    text = re.sub(r"<(objects|signals)>.*?</\1>\n", "", town.opendrive)
    text = re.sub(r"<controller [^\n]*\n", "", text).replace("\n", "")
    assert (
        hashlib.sha256(text.encode()).hexdigest()
        == "97e6aa0a232ae0f83250baaba1f63f6d5053f081e702214f0f3fa142a57677ae"
    )
    assert hashlib.sha256(town.spawn_points.tobytes()).hexdigest().startswith("b6a5ede370e0bd73")


def test_junctions_know_their_lanes_and_their_size(town_map: Any) -> None:
    junctions = {}
    for waypoint in town_map.generate_waypoints(3.0):
        if waypoint.is_junction:
            junctions.setdefault(waypoint.get_junction().id, waypoint)
    assert len(junctions) == town_map.to_opendrive().count("<junction ")
    for waypoint in junctions.values():
        junction = waypoint.get_junction()
        ways = junction.get_waypoints(carla.LaneType.Driving)
        assert len(ways) >= 2
        box = junction.bounding_box
        assert 8.0 < max(box.extent.x, box.extent.y) < 45.0
        offset = waypoint.transform.location - box.location
        assert abs(offset.x) < box.extent.x + 1.0
        assert abs(offset.y) < box.extent.y + 1.0
