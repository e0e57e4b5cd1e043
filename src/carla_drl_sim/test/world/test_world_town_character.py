"""What makes each town the one it stands in for."""

from __future__ import annotations

import itertools
import math
from functools import cache
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from town_checks import lane_graph, strongly_connected

from carla_drl_sim.world.town_generator import PLANS, generate_town

carla = pytest.importorskip("carla")

YIELD, STOP, LIGHT, SPEED = "205", "206", "1000001", "274"


@cache
def map_of(name: str) -> Any:
    town = generate_town(name, 0)
    return carla.Map(town.name, town.opendrive)


@cache
def lane_points(name: str) -> np.ndarray:
    """x, y, z of driving lanes, every 2 m."""
    places = [w.transform.location for w in map_of(name).generate_waypoints(2.0)]
    return np.array([(at.x, at.y, at.z) for at in places])


def lane_kilometres(name: str) -> float:
    return len(lane_points(name)) * 2.0 / 1000.0


def count(name: str, kind: str) -> int:
    return len(map_of(name).get_all_landmarks_of_type(kind))


def lanes_ahead(name: str) -> int:
    """The most driving lanes side by side in one direction."""
    most = 0
    for waypoint in map_of(name).generate_waypoints(20.0):
        if not waypoint.is_junction:
            lanes, at = 1, waypoint
            while at.lane_change & carla.LaneChange.Right:
                lanes, at = lanes + 1, at.get_right_lane()
            most = max(most, lanes)
    return most


def clearance(name: str) -> float:
    """The largest height of a lane above another one at the same place, m."""
    cells: dict[tuple[int, int], list[float]] = {}
    for x, y, z in lane_points(name).tolist():
        cells.setdefault((round(x / 2.0), round(y / 2.0)), []).append(z)
    return max(max(heights) - min(heights) for heights in cells.values())


def junction_arms(name: str) -> list[int]:
    """How many roads lead into each junction."""
    document = ElementTree.fromstring(map_of(name).to_opendrive())
    return [
        len({c.attrib["incomingRoad"] for c in junction.iter("connection")})
        for junction in document.iter("junction")
    ]


def test_town01_and_town02_are_small_towns_with_few_lights() -> None:
    for name in ("Town01", "Town02"):
        assert lanes_ahead(name) == 1
        assert junction_arms(name).count(3) > junction_arms(name).count(4)
        assert count(name, LIGHT) > 0
        assert count(name, STOP) > 0
        assert count(name, YIELD) > 0
    assert lane_kilometres("Town02") < 0.4 * lane_kilometres("Town01")


def test_town03_has_a_roundabout() -> None:
    town_map = map_of("Town03")
    ring = [
        town_map.get_waypoint_xodr(mark.road_id, mark.get_lane_validities()[0][0], mark.s)
        for mark in town_map.get_all_landmarks_of_type(YIELD)
        if math.hypot(mark.transform.location.x, mark.transform.location.y) < 65.0
    ]
    assert len(ring) == 4
    for waypoint in ring:
        inside = [
            w
            for w in waypoint.next(45.0)
            if math.hypot(w.transform.location.x, w.transform.location.y) < 34.0
        ]
        assert inside
        # Straight on means round and round: the ring runs counter-clockwise, seen from above (y points south).
        start = inside[0]
        angle, at = 0.0, start
        for _ in range(400):
            following = at.next(1.0)
            at = min(
                following,
                key=lambda w: abs(math.hypot(w.transform.location.x, w.transform.location.y) - 28.0),
            )
            here = at.transform.location
            forward = at.transform.get_forward_vector()
            assert math.hypot(here.x, here.y) < 36.0
            angle += (here.y * forward.x - here.x * forward.y) / (here.x**2 + here.y**2)
        assert angle > 2.0 * math.pi


def test_town03_has_hills_and_a_flyover() -> None:
    assert np.ptp(lane_points("Town03")[:, 2]) > 10.0
    assert 6.0 < clearance("Town03") < 8.0
    assert lanes_ahead("Town03") == 2


def test_town05_is_a_grid_of_multi_lane_streets_with_lights() -> None:
    for name in ("Town05", "Town10HD"):
        assert lanes_ahead(name) == 2
        yaws = [w.transform.rotation.yaw for w in map_of(name).generate_waypoints(10.0) if not w.is_junction]
        straight = [yaw for yaw in yaws if abs((yaw + 45.0) % 90.0 - 45.0) < 0.1]
        assert len(straight) > 0.75 * len(yaws)
        arms = junction_arms(name)
        assert count(name, LIGHT) > 0.7 * sum(arms)


def test_elevations_are_level_in_junctions_and_continuous_between_pieces() -> None:
    document = ElementTree.fromstring(map_of("Town03").to_opendrive())
    raised = 0
    for road in document.iter("road"):
        length = float(road.attrib["length"])
        pieces = [{k: float(v) for k, v in e.attrib.items()} for e in road.iter("elevation")]
        raised += any(piece["a"] for piece in pieces)
        for before, after in itertools.pairwise(pieces):
            ds = after["s"] - before["s"]
            assert before["a"] + ds * (before["b"] + ds * (before["c"] + ds * before["d"])) == pytest.approx(
                after["a"], abs=1e-4
            )
            assert before["b"] + ds * (2 * before["c"] + ds * 3 * before["d"]) == pytest.approx(
                after["b"], abs=1e-6
            )
        last = pieces[-1]
        ds = length - last["s"]
        assert pieces[0]["b"] == pytest.approx(0.0, abs=1e-6)
        assert last["b"] + ds * (2 * last["c"] + ds * 3 * last["d"]) == pytest.approx(0.0, abs=1e-6)
    assert raised > 10


def test_town04_is_a_highway_loop_around_a_town() -> None:
    assert lanes_ahead("Town04") == 4
    assert 6.0 < clearance("Town04") < 9.0
    assert {int(mark.value) for mark in map_of("Town04").get_all_landmarks_of_type(SPEED)} >= {40, 50, 60, 90}
    assert count("Town04", LIGHT) > 10
    # The innermost lane of the highway leads round the town, in both directions, and back to where it began.
    for lane in (-2, 2):
        starts = [
            w
            for w in map_of("Town04").generate_waypoints(50.0)
            if w.lane_id == lane and not w.is_junction and w.get_landmarks(1.0) == [] and is_highway(w)
        ]
        start = at = starts[0]
        driven = 0.0
        while driven < 300.0 or at.transform.location.distance(start.transform.location) > 6.0:
            at = min(at.next(5.0), key=lambda w, at=at: abs(turn(at, w)))
            assert at.lane_id in (lane, -1)  # -1 where a junction carries the lane on
            driven += 5.0
            assert driven < 5000.0
        assert driven > 2500.0


def turn(a: Any, b: Any) -> float:
    return (b.transform.rotation.yaw - a.transform.rotation.yaw + 180.0) % 360.0 - 180.0


def is_highway(waypoint: Any) -> bool:
    lanes, at = 1, waypoint
    while at.lane_change & carla.LaneChange.Right:
        lanes, at = lanes + 1, at.get_right_lane()
    return lanes == 4


def test_town06_has_straight_highways_with_many_lanes() -> None:
    assert lanes_ahead("Town06") == 5
    assert count("Town06", LIGHT) >= 20
    straight = [
        w for w in map_of("Town06").generate_waypoints(10.0) if abs(w.transform.rotation.yaw % 180.0) < 0.01
    ]
    assert len(straight) > 0.6 * len(map_of("Town06").generate_waypoints(10.0))


def test_town07_has_narrow_hilly_roads_without_lights_and_sidewalks() -> None:
    town_map = map_of("Town07")
    assert lanes_ahead("Town07") == 1
    assert count("Town07", LIGHT) == 0
    assert count("Town07", STOP) > 0
    assert count("Town07", YIELD) > 0
    assert max(w.lane_width for w in town_map.generate_waypoints(20.0)) <= 3.0
    assert np.ptp(lane_points("Town07")[:, 2]) > 5.0
    kinds = {w.get_right_lane().lane_type for w in town_map.generate_waypoints(20.0) if not w.is_junction}
    assert kinds == {carla.LaneType.Shoulder}


@pytest.mark.parametrize("name", sorted(PLANS))
def test_other_seeds_give_sound_towns_too(name: str) -> None:
    for seed in range(1, 7):
        town = generate_town(name, seed)
        town_map = carla.Map(name, town.opendrive)
        graph = lane_graph(town_map, with_lane_changes=True)
        assert strongly_connected(graph)
        assert all(lane_graph(town_map, with_lane_changes=False).values())
        for x, y, z, *_ in town.spawn_points[::7]:
            assert town_map.get_waypoint(carla.Location(x, y, z), project_to_road=False) is not None


def test_town10hd_has_parking_places() -> None:
    town_map = map_of("Town10HD")
    assert lanes_ahead("Town10HD") == 2
    beside = [w.get_right_lane() for w in town_map.generate_waypoints(10.0) if not w.is_junction]
    assert sum(lane.lane_type == carla.LaneType.Parking for lane in beside) > 0.4 * len(beside)
