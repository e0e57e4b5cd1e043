"""The generated town, judged by the map code of the real CARLA client (`carla.Map` works without a server)."""

from __future__ import annotations

import hashlib
import itertools
import math
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from town_checks import gap, lane_graph, lane_of, lane_path, lane_starts, strongly_connected, turned

from carla_drl_sim.world.town import Town
from carla_drl_sim.world.town_generator import PLANS, TOWNS, generate_town

carla = pytest.importorskip("carla")


@pytest.fixture(scope="module")
def town() -> Town:
    return generate_town("Town01", 0)


@pytest.fixture(scope="module")
def town_map(town: Town) -> Any:
    return carla.Map(town.name, town.opendrive)


@pytest.fixture(scope="module")
def document(town: Town) -> ElementTree.Element:
    return ElementTree.fromstring(town.opendrive)


def test_same_seed_gives_the_same_bytes_in_another_process() -> None:
    code = (
        "import sys, hashlib; from carla_drl_sim.world.town_generator import PLANS, generate_town;"
        "towns = [generate_town(name, 3) for name in PLANS];"
        "data = b''.join(t.opendrive.encode() + t.spawn_points.tobytes() for t in towns);"
        "sys.stdout.write(hashlib.sha256(data).hexdigest())"
    )
    environment = {
        **os.environ,
        "PYTHONHASHSEED": "4711",
        "PYTHONPATH": os.pathsep.join(filter(None, sys.path)),
    }
    other = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=120, check=True
    )
    towns = [generate_town(name, 3) for name in PLANS]
    mine = b"".join(town.opendrive.encode() + town.spawn_points.tobytes() for town in towns)
    assert other.stdout == hashlib.sha256(mine).hexdigest()


def test_another_seed_gives_another_town(town: Town) -> None:
    assert generate_town("Town01", 1).opendrive != town.opendrive


def test_unknown_town_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(ValueError, match=r"Town99.*Town01"):
        generate_town("Town99")
    assert {"Town01", "Town02"} <= set(TOWNS)


def test_name_may_have_a_path(town: Town) -> None:
    assert generate_town("Carla/Maps/Town01").opendrive == town.opendrive


def test_name_may_be_that_of_the_town_in_layers(town: Town) -> None:
    layered = generate_town("Town01_Opt")
    assert layered.name == "Town01_Opt"
    assert layered.opendrive == town.opendrive
    np.testing.assert_array_equal(layered.spawn_points, town.spawn_points)


def test_header_says_that_the_town_is_generated(document: ElementTree.Element) -> None:
    header = document.find("header")
    assert header is not None
    assert "generated" in header.attrib["name"]
    assert "not a copy" in header.attrib["name"]


def test_town_is_large_enough(town: Town, town_map: Any, document: ElementTree.Element) -> None:
    streets = [road for road in document.iter("road") if road.attrib["junction"] == "-1"]
    assert math.fsum(float(road.attrib["length"]) for road in streets) >= 5000.0
    assert 2.0 * len(town_map.generate_waypoints(2.0)) >= 10_000.0
    span = np.ptp(town.spawn_points[:, :2], axis=0)
    assert span[0] >= 400.0
    assert span[1] >= 350.0


def test_town_has_three_and_four_way_junctions_and_bends(document: ElementTree.Element) -> None:
    arms = []
    for junction in document.iter("junction"):
        ways = [c.attrib["connectingRoad"] for c in junction.iter("connection")]
        arms.append({6: 3, 12: 4}[len(ways)])
    assert arms.count(3) >= 10
    assert arms.count(4) >= 3
    streets = [road for road in document.iter("road") if road.attrib["junction"] == "-1"]
    bent = [road for road in streets if road.find(".//arc") is not None]
    assert 5 <= len(bent) < len(streets)
    curvatures = [abs(float(arc.attrib["curvature"])) for arc in document.iter("arc")]
    assert max(curvatures) <= 1.0 / 8.0


def test_speed_limits(document: ElementTree.Element) -> None:
    speeds = [road.find("type/speed") for road in document.iter("road")]
    assert all(speed is not None and speed.attrib["unit"] == "km/h" for speed in speeds)
    assert {int(speed.attrib["max"]) for speed in speeds if speed is not None} == {20, 30, 40, 50}


def test_driving_lanes_have_width_and_markings(town_map: Any) -> None:
    waypoints = town_map.generate_waypoints(5.0)
    assert {w.lane_type for w in waypoints} == {carla.LaneType.Driving}
    assert all(3.5 <= w.lane_width <= 4.0 for w in waypoints)
    for w in (w for w in waypoints if not w.is_junction):
        assert w.left_lane_marking.type == carla.LaneMarkingType.Broken
        assert w.left_lane_marking.color == carla.LaneMarkingColor.Yellow
        assert w.right_lane_marking.type == carla.LaneMarkingType.Solid
        assert w.lane_change == carla.LaneChange.NONE
        assert w.get_right_lane().lane_type == carla.LaneType.Shoulder
        assert w.get_right_lane().get_right_lane().lane_type == carla.LaneType.Sidewalk


def test_lanes_are_smooth_inside(town_map: Any) -> None:
    step = 0.25
    for start in lane_starts(town_map).values():
        path = lane_path(start, step)
        for a, b in itertools.pairwise(path[:-1]):
            assert gap(a, b, step) < 0.05
            assert turned(a, b) < 5.0


def test_lanes_join_without_gap_or_kink(town_map: Any) -> None:
    step = 0.1
    crossings = 0
    for start in lane_starts(town_map).values():
        end = lane_path(start, 0.05)[-1]
        following = end.next(step)
        assert following
        for after in following:
            assert gap(end, after, step) < 0.05
            assert turned(end, after) < 5.0
            crossings += lane_of(after) != lane_of(end)
    assert crossings > 100


def test_next_never_ends_and_previous_finds_back(town_map: Any) -> None:
    for waypoint in town_map.generate_waypoints(2.0):
        following = waypoint.next(2.0)
        assert following
        assert waypoint.previous(2.0)
        for after in following:
            assert after.transform.location.distance(waypoint.transform.location) < 2.0 * 1.25


def test_every_junction_offers_every_way_but_back(town_map: Any, document: ElementTree.Element) -> None:
    graph = lane_graph(town_map, with_lane_changes=False)
    streets = {int(road.attrib["id"]) for road in document.iter("road") if road.attrib["junction"] == "-1"}
    ways = {lane: others for lane, others in graph.items() if lane[0] in streets}
    assert len(ways) == 2 * len(streets)
    assert {len(others) for others in ways.values()} == {2, 3}
    for lane, others in ways.items():
        ends = {end for way in others for end in graph[way]}
        assert len(ends) == len(others)
        assert (lane[0], lane[1], -lane[2]) not in ends


@pytest.mark.parametrize("seed", range(5))
def test_every_lane_can_be_reached_from_every_other(seed: int) -> None:
    generated = generate_town("Town01", seed)
    graph = lane_graph(carla.Map(generated.name, generated.opendrive), with_lane_changes=False)
    assert all(graph.values())
    assert strongly_connected(graph)


def test_many_seeds_fit() -> None:
    for seed in range(5, 40):
        generated = generate_town("Town01", seed)
        assert len(generated.spawn_points) >= 150
        assert len(carla.Map(generated.name, generated.opendrive).get_topology()) > 100


def pairs_too_close(points: np.ndarray, distance: float) -> Iterator[tuple[int, int]]:
    for i in range(len(points)):
        near = np.hypot(*(points[i + 1 :, :2] - points[i, :2]).T) < distance
        yield from ((i, i + 1 + j) for j in np.flatnonzero(near))


def test_spawn_points_are_on_driving_lanes(town: Town, town_map: Any) -> None:
    points = town.spawn_points
    assert points.dtype == np.float64
    assert points.shape[0] >= 150
    assert points.shape[1] == 6
    assert (points[:, 2] >= 0.3).all()
    assert (points[:, 2] <= 0.6).all()
    for x, y, z, pitch, yaw, roll in points:
        waypoint = town_map.get_waypoint(carla.Location(x, y, z), project_to_road=False)
        assert waypoint is not None
        assert waypoint.lane_type == carla.LaneType.Driving
        assert not waypoint.is_junction
        centre, right = waypoint.transform.location, waypoint.transform.get_right_vector()
        assert abs((centre.x - x) * right.x + (centre.y - y) * right.y) < 0.05
        assert math.hypot(centre.x - x, centre.y - y) < 0.5
        assert abs((waypoint.transform.rotation.yaw - yaw + 180.0) % 360.0 - 180.0) < 1.0
        assert (pitch, roll) == (0.0, 0.0)
    # Two lanes lie side by side at 3.75 m; along a lane cars need more room than that.
    assert not list(pairs_too_close(points, 3.5))


def test_first_spawn_points_are_spread_over_the_town(town: Town) -> None:
    first, everything = town.spawn_points[:64, :2], town.spawn_points[:, :2]
    assert (np.ptp(first, axis=0) > 0.8 * np.ptp(everything, axis=0)).all()


def test_document_has_no_number_that_depends_on_the_machine(town: Town) -> None:
    assert not re.search(r"\d\.\d{10,}|\bnan\b|\binf\b|-0\.0\"", town.opendrive)
    assert str(Path.cwd()) not in town.opendrive
