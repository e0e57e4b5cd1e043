"""carla.Map, Waypoint, Landmark and Junction on a town of the server, method by method."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import carla
import pytest
from carla_world import Scene
from covered import covers


@pytest.fixture
def town(scene: Scene) -> carla.Map:
    return scene.map


@pytest.fixture
def on_road(town: carla.Map) -> carla.Waypoint:
    """A waypoint in the middle of a street, with room ahead and behind."""
    points = town.get_spawn_points()
    found = (town.get_waypoint(point.location) for point in points)
    return next(
        w for w in found if len(w.next_until_lane_end(5.0)) > 4 and len(w.previous_until_lane_start(5.0)) > 4
    )


@pytest.fixture
def landmark(town: carla.Map) -> carla.Landmark:
    return town.get_all_landmarks_of_type("1000001")[0]


@covers("Map.name", "Map.to_opendrive", "Map.save_to_disk", "Map.cook_in_memory_map")
def test_the_document(town: carla.Map, tmp_path: Path) -> None:
    assert town.name.endswith("Town01")
    assert ElementTree.fromstring(town.to_opendrive().encode()).tag == "OpenDRIVE"
    town.save_to_disk(str(tmp_path / "town.xodr"))
    assert (tmp_path / "town.xodr").read_text().strip() == town.to_opendrive().strip()
    town.cook_in_memory_map(str(tmp_path / "town.bin"))
    assert (tmp_path / "town.bin").stat().st_size > 0


@covers("Map.get_spawn_points", "Map.get_waypoint")
def test_spawn_points_are_on_driving_lanes(town: carla.Map) -> None:
    points = town.get_spawn_points()
    assert len(points) > 50
    for point in points:
        waypoint = town.get_waypoint(point.location, project_to_road=False)
        assert waypoint is not None
        assert waypoint.lane_type == carla.LaneType.Driving
        turn = waypoint.transform.rotation.yaw - point.rotation.yaw
        assert abs((turn + 180.0) % 360.0 - 180.0) < 5.0
    far = carla.Location(1e4, 1e4, 0.0)
    assert town.get_waypoint(far, project_to_road=False) is None
    assert town.get_waypoint(far) is not None


@covers(
    "Map.get_waypoint_xodr",
    "Waypoint.road_id",
    "Waypoint.lane_id",
    "Waypoint.section_id",
    "Waypoint.s",
    "Waypoint.id",
)
def test_waypoints_by_road_and_lane(town: carla.Map, on_road: carla.Waypoint) -> None:
    again = town.get_waypoint_xodr(on_road.road_id, on_road.lane_id, on_road.s)
    assert again.id == on_road.id
    assert again.section_id == on_road.section_id
    assert again.transform.location.distance(on_road.transform.location) < 1e-3
    assert town.get_waypoint_xodr(987654, -1, 0.0) is None


@covers("Map.get_topology", "Map.generate_waypoints")
def test_the_topology_covers_the_town(town: carla.Map) -> None:
    topology = town.get_topology()
    starts = {(entry.road_id, entry.lane_id) for entry, _ in topology}
    generated = town.generate_waypoints(5.0)
    assert {(w.road_id, w.lane_id) for w in generated} <= starts
    assert all(entry.transform.location.distance(exit_.transform.location) > 0.1 for entry, exit_ in topology)


@covers("Map.transform_to_geolocation", "Map.geolocation_to_transform")
def test_geolocation_goes_there_and_back(town: carla.Map) -> None:
    place = carla.Location(120.0, -45.0, 3.0)
    geo = town.transform_to_geolocation(place)
    assert geo.altitude == pytest.approx(3.0)
    assert town.geolocation_to_transform(geo).distance(place) < 0.01


@covers("Map.get_crosswalks")
def test_crosswalks_are_polygons(town: carla.Map) -> None:
    corners = town.get_crosswalks()
    assert len(corners) >= 5
    assert corners[0].distance(corners[4]) < 1e-3


@covers(
    "Map.get_all_landmarks",
    "Map.get_all_landmarks_from_id",
    "Map.get_all_landmarks_of_type",
    "Map.get_landmark_group",
)
def test_landmarks_are_found(town: carla.Map, landmark: carla.Landmark) -> None:
    everything = town.get_all_landmarks()
    assert len(everything) >= len(town.get_all_landmarks_of_type("1000001")) > 0
    assert landmark.id in [found.id for found in town.get_all_landmarks_from_id(landmark.id)]
    assert landmark.id in [found.id for found in town.get_landmark_group(landmark)]


@covers("Map.get_all_road_marks", "Map.get_road_marks_from_id", "Map.get_all_road_marks_of_type")
def test_road_marks_are_listed(town: carla.Map) -> None:
    marks = town.get_all_road_marks()
    assert isinstance(len(marks), int)
    for mark in marks[:3]:
        assert town.get_road_marks_from_id(mark.id)
        assert town.get_all_road_marks_of_type(mark.type)


@covers("Waypoint.transform", "Waypoint.lane_width", "Waypoint.lane_type", "Waypoint.is_rht")
def test_a_waypoint_is_in_its_lane(on_road: carla.Waypoint) -> None:
    assert 2.5 < on_road.lane_width < 5.0
    assert on_road.lane_type == carla.LaneType.Driving
    assert on_road.is_rht
    ahead = on_road.next(1.0)[0].transform.location - on_road.transform.location
    forward = on_road.transform.get_forward_vector()
    assert ahead.x * forward.x + ahead.y * forward.y == pytest.approx(1.0, abs=0.05)


@covers("Waypoint.next", "Waypoint.previous")
def test_next_and_previous_are_a_distance_away(on_road: carla.Waypoint) -> None:
    (ahead,) = on_road.next(4.0)
    assert ahead.transform.location.distance(on_road.transform.location) == pytest.approx(4.0, abs=0.1)
    (back,) = ahead.previous(4.0)
    assert back.transform.location.distance(on_road.transform.location) < 0.05


@covers("Waypoint.next_until_lane_end", "Waypoint.previous_until_lane_start")
def test_whole_lanes(on_road: carla.Waypoint) -> None:
    ahead, behind = on_road.next_until_lane_end(2.0), on_road.previous_until_lane_start(2.0)
    assert {w.lane_id for w in [*ahead, *behind]} == {on_road.lane_id}
    assert abs(ahead[-1].s - on_road.s) > 10.0
    for a, b in pairwise(ahead):
        assert a.transform.location.distance(b.transform.location) < 2.5


@covers("Waypoint.get_right_lane", "Waypoint.get_left_lane")
def test_neighbouring_lanes(on_road: carla.Waypoint) -> None:
    left, right = on_road.get_left_lane(), on_road.get_right_lane()
    assert left.lane_id * on_road.lane_id < 0
    assert right.lane_type in {carla.LaneType.Shoulder, carla.LaneType.Sidewalk, carla.LaneType.Driving}


@covers("Waypoint.right_lane_marking", "Waypoint.left_lane_marking", "Waypoint.lane_change")
def test_lane_markings(on_road: carla.Waypoint) -> None:
    assert on_road.left_lane_marking.color == carla.LaneMarkingColor.Yellow
    assert on_road.right_lane_marking.type == carla.LaneMarkingType.Solid
    assert on_road.right_lane_marking.width > 0.05
    assert on_road.lane_change in {carla.LaneChange.NONE, carla.LaneChange.Left, carla.LaneChange.Right}


@covers(
    "Waypoint.is_junction",
    "Waypoint.is_intersection",
    "Waypoint.get_junction",
    "Waypoint.junction_id",
    "Junction.id",
    "Junction.bounding_box",
    "Junction.get_waypoints",
)
def test_junctions(town: carla.Map) -> None:
    inside = next(w for w in town.generate_waypoints(3.0) if w.is_junction)
    assert inside.is_intersection
    junction = inside.get_junction()
    assert junction.id == inside.junction_id
    box = junction.bounding_box
    reach = math.hypot(box.extent.x, box.extent.y)
    assert inside.transform.location.distance(box.location) < reach + 1.0
    pairs = junction.get_waypoints(carla.LaneType.Driving)
    assert pairs
    assert all(entry.junction_id == junction.id for entry, _ in pairs)


def before(town: carla.Map, landmark: carla.Landmark) -> carla.Waypoint:
    """A waypoint 15 m before a landmark, in a lane that it is for."""
    (lanes, *_) = landmark.get_lane_validities()
    return town.get_waypoint_xodr(landmark.road_id, lanes[0], landmark.s).previous(15.0)[0]


@covers("Waypoint.get_landmarks", "Waypoint.get_landmarks_of_type")
def test_landmarks_ahead(town: carla.Map, landmark: carla.Landmark) -> None:
    waypoint = before(town, landmark)
    assert landmark.id in [found.id for found in waypoint.get_landmarks(60.0)]
    assert landmark.id in [found.id for found in waypoint.get_landmarks_of_type(60.0, "1000001")]
    assert landmark.id not in [found.id for found in waypoint.get_landmarks_of_type(60.0, "274")]


@covers(
    *(
        f"Landmark.{name}"
        for name in (
            "road_id",
            "distance",
            "s",
            "t",
            "id",
            "name",
            "is_dynamic",
            "orientation",
            "z_offset",
            "country",
            "type",
            "sub_type",
            "value",
            "unit",
            "height",
            "width",
            "text",
            "h_offset",
            "pitch",
            "roll",
            "waypoint",
            "transform",
            "get_lane_validities",
        )
    )
)
def test_a_landmark_tells_all(town: carla.Map, landmark: carla.Landmark) -> None:
    waypoint = before(town, landmark)
    landmark = next(found for found in waypoint.get_landmarks(60.0) if found.id == landmark.id)
    assert landmark.type == "1000001"
    assert landmark.is_dynamic
    assert landmark.id
    assert landmark.road_id == landmark.waypoint.road_id
    assert landmark.s == pytest.approx(landmark.waypoint.s, abs=0.5)
    assert landmark.distance == pytest.approx(15.0, abs=2.0)
    assert landmark.orientation in {
        carla.LandmarkOrientation.Positive,
        carla.LandmarkOrientation.Negative,
        carla.LandmarkOrientation.Both,
    }
    assert landmark.transform.location.distance(landmark.waypoint.transform.location) < 30.0
    assert landmark.get_lane_validities()
    for text in (landmark.name, landmark.country, landmark.sub_type, landmark.unit, landmark.text):
        assert isinstance(text, str)
    for number in ("t", "z_offset", "value", "height", "width", "h_offset", "pitch", "roll"):
        assert math.isfinite(getattr(landmark, number))
    assert town.get_waypoint_xodr(landmark.road_id, landmark.waypoint.lane_id, landmark.s) is not None
