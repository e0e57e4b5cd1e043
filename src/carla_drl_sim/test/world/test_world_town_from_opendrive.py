"""Towns from any OpenDRIVE document: spawn points and signals."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from maps import SHARED_MAPS, document, piece, shared_map

from carla_drl_sim.world.signals import SignalKind
from carla_drl_sim.world.town import Town, town_from_opendrive
from carla_drl_sim.world.town_generator import TOWNS, generate_town

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_town import small_town

carla = pytest.importorskip("carla")


def assert_spawn_points_are_usable(town: Town, least: int) -> None:
    town_map = carla.Map(town.name, town.opendrive)
    assert len(town.spawn_points) >= least
    for x, y, z, pitch, yaw, roll in town.spawn_points:
        waypoint = town_map.get_waypoint(carla.Location(x, y, z), project_to_road=False)
        assert waypoint is not None
        assert waypoint.lane_type == carla.LaneType.Driving
        assert not waypoint.is_junction
        at, turn = waypoint.transform.location, waypoint.transform.rotation
        # The client's projection onto bends is inexact along the lane.
        across = (x - at.x) * -math.sin(math.radians(yaw)) + (y - at.y) * math.cos(math.radians(yaw))
        assert abs(across) < 0.1
        assert math.hypot(at.x - x, at.y - y) < 1.0
        assert 0.1 < z - at.z < 0.6
        assert abs((turn.yaw - yaw + 180.0) % 360.0 - 180.0) < 1.5
        assert abs((turn.pitch - pitch + 180.0) % 360.0 - 180.0) < 0.5
        assert roll == 0.0
    xy = town.spawn_points[:, :2]
    distance = np.linalg.norm(xy[:, None] - xy[None], axis=2) + 100.0 * np.eye(len(xy))
    assert distance.min() > 2.0


@pytest.mark.parametrize("name", SHARED_MAPS)
def test_spawn_points_of_carlas_towns(name: str) -> None:
    assert_spawn_points_are_usable(town_from_opendrive(name, shared_map(name), 3), 100)


def test_spawn_points_of_any_document() -> None:
    text = generate_town("Town02").opendrive
    town = town_from_opendrive("Mine", text, 3)
    assert_spawn_points_are_usable(town, 60)
    assert np.array_equal(town.spawn_points, town_from_opendrive("Mine", text, 3).spawn_points)
    assert not np.array_equal(town.spawn_points, town_from_opendrive("Mine", text, 4).spawn_points)


def test_map_without_driving_lanes_is_refused() -> None:
    text = document(piece("<line/>")).replace("driving", "sidewalk")
    with pytest.raises(ValueError, match="no driving lane"):
        town_from_opendrive("Mine", text)


def test_short_map_has_a_spawn_point() -> None:
    assert len(town_from_opendrive("Mine", document(piece("<line/>", 8.0), 8.0)).spawn_points) == 2


def test_signals_of_the_small_town() -> None:
    east, limit, west = small_town().signals
    assert (east.id, limit.id, west.id) == ("11", "30", "12")
    assert east.kind is west.kind is SignalKind.TRAFFIC_LIGHT
    assert (east.group, east.junction_id, west.group, west.junction_id) == ("71", 9, "72", 9)
    assert (east.x, east.y, east.yaw_deg) == pytest.approx((99.0, 5.0, 0.0))
    assert (west.x, west.y, abs(west.yaw_deg)) == pytest.approx((121.0, -5.0, 180.0))
    (line,) = east.stop_lines
    assert (line.road_id, line.lane_id, line.half_width) == (1, -1, 1.75)
    assert (line.x, line.y, line.yaw_deg) == pytest.approx((99.0, 1.75, 0.0))
    assert (limit.kind, limit.value, limit.group, limit.junction_id) == (SignalKind.SPEED_LIMIT, 30.0, "", -1)


@pytest.mark.parametrize("name", sorted(TOWNS))
def test_signals_agree_with_the_client(name: str) -> None:
    town = generate_town(name)
    town_map = carla.Map(name, town.opendrive)
    marks: dict[str, Any] = {mark.id: mark for mark in town_map.get_all_landmarks()}
    assert {signal.id for signal in town.signals} == set(marks)
    for signal in town.signals:
        mark = marks[signal.id]
        at = mark.transform.location
        assert (signal.x, signal.y, signal.z) == pytest.approx((at.x, at.y, at.z), abs=0.3)
        assert signal.stop_lines
        for line in signal.stop_lines:
            waypoint = town_map.get_waypoint(carla.Location(line.x, line.y, line.z))
            assert (waypoint.road_id, waypoint.lane_id) == (line.road_id, line.lane_id)
            assert abs((waypoint.transform.rotation.yaw - line.yaw_deg + 180.0) % 360.0 - 180.0) < 0.5
            assert abs((signal.yaw_deg - line.yaw_deg + 180.0) % 360.0 - 180.0) < 5.0
            assert 2.0 * line.half_width == pytest.approx(waypoint.lane_width, abs=0.01)
            if signal.kind is not SignalKind.SPEED_LIMIT:
                after = waypoint.next(8.0)[0]
                assert after.is_junction
                assert after.get_junction().id == signal.junction_id
        assert bool(signal.group) == (signal.kind is SignalKind.TRAFFIC_LIGHT)
        assert (signal.value > 0.0) == (signal.kind is SignalKind.SPEED_LIMIT)


def test_reference_inside_a_junction_stops_the_lane_that_leads_there() -> None:
    text = small_town().opendrive
    way = text.index('<road name="road 3"')
    empty = text.index("<signals>", way)
    reference = '<signalReference id="11" s="0" t="0" orientation="+"><validity fromLane="-1" toLane="-1"/></signalReference>'
    start, end = text.index("<signal "), text.index("</signal>") + len("</signal>")
    light = text[start:end].replace('fromLane="-1" toLane="-1"', 'fromLane="0" toLane="0"')
    changed = (
        text[:start]
        + light
        + text[end : empty + len("<signals>")]
        + reference
        + text[empty + len("<signals>") :]
    )
    signal = next(s for s in town_from_opendrive("Mine", changed).signals if s.id == "11")
    (line,) = signal.stop_lines
    assert (line.road_id, line.lane_id) == (1, -1)
    assert (line.x, line.y) == pytest.approx((100.0, 1.75))
