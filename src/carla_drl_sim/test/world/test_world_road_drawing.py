"""The parts that towns are drawn with: curves, heights, cross-sections, ways through junctions, lights and signs."""

from __future__ import annotations

import itertools
import math
from random import Random

import pytest

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.curves import Pen, arcs_between, turned
from carla_drl_sim.world.junction_ways import Arm, Joiner, turning_speed, usual_movements
from carla_drl_sim.world.opendrive import Geometry, Road
from carla_drl_sim.world.opendrive_writer import write
from carla_drl_sim.world.roundabout import Roundabout, add_roundabout
from carla_drl_sim.world.town_network import Link, Spot, TownNetwork, draw_path, profile, steepest
from carla_drl_sim.world.traffic_control import GuardedJunction, add_signals, minor_arms, opposing


def arm(
    road_id: int, degrees: float, section: CrossSection, *, speed_kmh: int = 50, size: float = 20.0
) -> Arm:
    """A road that leaves a junction at the origin."""
    heading = math.radians(degrees)
    start = Geometry(size * math.cos(heading), size * math.sin(heading), heading, 60.0)
    return Arm(Road(road_id, f"Street {road_id}", (start,), section.lanes(), speed_kmh), "start")


def test_arcs_lead_from_pose_to_pose_without_a_kink() -> None:
    rng = Random(5)
    for _ in range(300):
        start = rng.uniform(-9, 9), rng.uniform(-9, 9), rng.uniform(-9, 9)
        angle, turn = rng.uniform(-1.0, 1.0), rng.uniform(-1.5, 1.5)
        distance = rng.uniform(5.0, 80.0)
        end = (
            start[0] + distance * math.cos(start[2] + angle),
            start[1] + distance * math.sin(start[2] + angle),
            start[2] + turn,
        )
        pieces = arcs_between(start, end)
        assert len(pieces) <= 2
        pose = start
        for piece in pieces:
            assert math.dist(pose[:2], (piece.x, piece.y)) < 1e-9
            assert abs(turned(piece.heading - pose[2])) < 1e-9
            pose = piece.pose(piece.length)
        assert math.dist(pose[:2], end[:2]) < 1e-6
        assert abs(turned(pose[2] - end[2])) < 1e-9


def test_simple_ways_are_one_piece() -> None:
    (line,) = arcs_between((0.0, 0.0, 0.0), (12.0, 0.0, 0.0))
    assert (line.length, line.curvature) == (12.0, 0.0)
    (arc,) = arcs_between((0.0, 0.0, 0.0), (10.0, 10.0, math.pi / 2.0))
    assert arc.length == pytest.approx(5.0 * math.pi)
    assert arc.curvature == pytest.approx(0.1)


def test_a_pose_behind_cannot_be_reached() -> None:
    with pytest.raises(ValueError, match="no smooth way"):
        arcs_between((0.0, 0.0, 0.0), (-5.0, 0.0, 0.0))


def test_a_pen_goes_on_where_it_stopped() -> None:
    pen = Pen((0.0, 0.0, 0.0))
    pen.draw(10.0)
    pen.draw(5.0 * math.pi, 0.1)
    assert pen.pose == pytest.approx((20.0, 10.0, math.pi / 2.0))
    assert [piece.length for piece in pen.pieces] == [10.0, 5.0 * math.pi]


def test_heights_do_not_overshoot_and_have_no_kink() -> None:
    knots = [(0.0, 0.0), (50.0, 2.0), (80.0, 6.0), (160.0, 6.0), (200.0, 1.0)]
    pieces = profile(knots)
    road = Road(0, "x", (Geometry(0.0, 0.0, 0.0, 200.0),), (), 50, elevation=pieces)
    for s, z in knots:
        assert road.height(s) == pytest.approx(z)
    assert road.slope(0.0) == 0.0
    assert road.slope(200.0) == pytest.approx(0.0, abs=1e-12)
    heights = [road.height(0.5 * i) for i in range(401)]
    assert min(heights) >= 0.0
    assert max(heights) <= 6.0 + 1e-12
    for a, b in itertools.pairwise(pieces):
        assert a.value(b.s) == pytest.approx(b.a)
        assert a.slope(b.s) == pytest.approx(b.b, abs=1e-12)
    sampled = max(abs(road.slope(0.1 * i)) for i in range(2001))
    assert steepest([road]) == pytest.approx(sampled, rel=1e-3)
    assert steepest([road]) >= sampled - 1e-12
    assert profile([(0.0, 0.0), (10.0, 0.0)]) == ()


def test_streets_have_round_corners() -> None:
    pieces, knots = draw_path([Spot(0.0, 0.0, 10.0), Spot(100.0, 0.0, 30.0, 4.0), Spot(100.0, 90.0, 20.0)])
    assert [piece.curvature for piece in pieces] == [0.0, pytest.approx(1.0 / 30.0), 0.0]
    assert [piece.length for piece in pieces] == pytest.approx([60.0, 15.0 * math.pi, 40.0])
    assert pieces[-1].pose(40.0) == pytest.approx((100.0, 70.0, math.pi / 2.0))
    assert knots == [
        (0.0, 0.0),
        (pytest.approx(60.0 + 7.5 * math.pi), 4.0),
        (pytest.approx(100.0 + 15.0 * math.pi), 0.0),
    ]


def test_bends_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"bend of 95 m at \(100, 0\)"):
        draw_path([Spot(0.0, 0.0, 10.0), Spot(100.0, 0.0, 95.0), Spot(100.0, 200.0, 20.0)])


def test_roads_that_are_too_steep_are_refused() -> None:
    network = TownNetwork()
    spots = {"a": Spot(0.0, 0.0), "b": Spot(100.0, 0.0, z=9.0), "c": Spot(50.0, 80.0)}
    links = [Link(path, CrossSection(), 50) for path in (("a", "b"), ("b", "c"), ("c", "a"))]
    network.draw(spots, links)
    with pytest.raises(ValueError, match=r"% steep; allowed: 8 %"):
        network.finish()


def test_cross_sections_list_lanes_from_the_middle_outwards() -> None:
    lanes = CrossSection(2, 1, median=2.0, parking=2.5, sidewalk=3.0).lanes()
    right = [(lane.id, lane.kind, lane.width) for lane in lanes if lane.id < 0]
    assert right == [
        (-1, "median", 1.0),
        (-2, "driving", 3.5),
        (-3, "driving", 3.5),
        (-4, "parking", 2.5),
        (-5, "shoulder", 0.5),
        (-6, "sidewalk", 3.0),
    ]
    assert [lane.kind for lane in lanes if lane.id > 0] == [
        "median",
        "driving",
        "parking",
        "shoulder",
        "sidewalk",
    ]
    changes = {lane.id: lane.mark.lane_change for lane in lanes if lane.kind == "driving"}
    assert changes == {2: "none", -2: "both", -3: "none"}
    one_way = CrossSection(1, 0, sidewalk=0.0).lanes()
    assert [(lane.id, lane.kind) for lane in one_way] == [(1, "shoulder"), (-1, "driving"), (-2, "shoulder")]


@pytest.mark.parametrize("lanes", [(1, 2), (2, 1), (3, 1), (1, 3), (2, 2)])
def test_every_lane_has_a_way_through_a_junction(lanes: tuple[int, int]) -> None:
    arms = [arm(i, 90.0 * i, CrossSection(lanes[i % 2], lanes[i % 2])) for i in range(3)]
    movements = usual_movements(arms)
    for each in arms:
        leaving = {a for m in movements if m.into is each for a, _ in m.pairs}
        arriving = {b for m in movements if m.out is each for _, b in m.pairs}
        assert leaving == set(range(len(each.inward)))
        assert arriving == set(range(len(each.outward)))
    assert not any(m.into is m.out for m in movements)
    assert sum(m.has_edge for m in movements) == 3


def test_corners_without_a_turning_lane_have_a_sidewalk_all_the_same() -> None:
    street = CrossSection()
    arms = [arm(0, 0.0, street), arm(1, 90.0, CrossSection(1, 0)), arm(2, 180.0, street)]
    joiner = Joiner(3)
    junction = joiner.join(10, usual_movements(arms))
    edges = [road for road in joiner.roads if all(lane.kind != "driving" for lane in road.lanes)]
    # The street at 90 degrees leads away only: from it to the left one nobody drives, but people walk.
    assert [
        (road.predecessor.id, road.successor.id) for road in edges if road.predecessor and road.successor
    ] == [(1, 2)]
    assert len(junction.connections) == len(joiner.roads)


def test_limits_in_bends_are_what_the_bend_allows() -> None:
    limits = [
        turning_speed([Geometry(0.0, 0.0, 0.0, 9.0, 1.0 / radius)])
        for radius in (5.0, 12.0, 20.0, 30.0, 200.0)
    ]
    assert limits == [20, 20, 30, 30, 100]
    assert turning_speed([Geometry(0.0, 0.0, 0.0, 40.0)]) > 300
    arms = [arm(i, 90.0 * i, CrossSection(), speed_kmh=60) for i in range(3)]
    joiner = Joiner(3)
    joiner.join(10, usual_movements(arms))
    assert {road.speed_kmh for road in joiner.roads} == {30, 60}


def test_who_gives_way() -> None:
    wide, narrow = CrossSection(2, 2), CrossSection(1, 1)
    stem = arm(1, 90.0, wide)
    t_junction = (arm(0, 0.0, narrow), stem, arm(2, 180.0, narrow))
    assert minor_arms(t_junction) == (stem,)
    cross = tuple(arm(i, 90.0 * i, wide if i % 2 else narrow) for i in range(4))
    assert set(minor_arms(cross)) == {cross[0], cross[2]}
    assert [[each.road.id for each in pair] for pair in opposing(cross)] == [[0, 2], [1, 3]]
    bend = (arm(0, 0.0, narrow), arm(1, 120.0, narrow), arm(2, 240.0, narrow))
    assert set(minor_arms(bend)) == set(bend)  # nobody goes straight on: all give way


def test_lights_stand_at_the_stop_line_right_of_the_lanes() -> None:
    arms = tuple(arm(i, 90.0 * i, CrossSection(2, 2)) for i in range(4))
    joiner = Joiner(4)
    junction = joiner.join(10, usual_movements(arms))
    roads, (guarded,) = add_signals([each.road for each in arms], [GuardedJunction(junction, arms, "lights")])
    assert [controller.sequence for controller in guarded.controllers] == [0, 1]
    assert [len(controller.signal_ids) for controller in guarded.controllers] == [2, 2]
    for road in roads:
        (light,) = road.signals
        assert (light.kind, light.dynamic, light.orientation) == ("1000001", True, "-")
        assert (light.from_lane, light.to_lane) == (1, 2)
        assert light.s == 5.0
        assert light.t == pytest.approx(2 * 3.5 + 0.5 + 0.6)  # against the reference line, right is left
        (crosswalk,) = road.crosswalks
        assert crosswalk.s + 0.5 * crosswalk.length < light.s
        assert crosswalk.width == pytest.approx(15.0)


def test_a_roundabout_needs_room_between_its_streets() -> None:
    network = TownNetwork()
    plan = Roundabout()
    spots = {
        "O/a": Spot(0.0, 0.0, plan.arm_size),
        "O/b": Spot(0.0, 0.0, plan.arm_size),
        "a": Spot(200.0, 0.0),
        "b": Spot(200.0, 60.0),
    }
    nodes = network.draw(spots, [Link((f"O/{name}", name), CrossSection(), 50) for name in "ab"])
    with pytest.raises(ValueError, match="too close"):
        add_roundabout(network, plan, (0.0, 0.0), 0.0, [nodes["O/a"], nodes["O/b"]])


def test_text_has_no_digits_that_depend_on_the_machine() -> None:
    road = Road(
        0,
        "A & B",
        (Geometry(1.0 / 3.0, -0.0, 0.1, 200.0),),
        CrossSection().lanes(),
        50,
        elevation=profile([(0, 0), (200, 7)]),
    )
    text = write("t", [road], [], "+proj=tmerc")
    assert 'x="0.333333333"' in text
    assert 'y="0.0"' in text
    assert 'c="0.000525" d="-1.75e-06"' in text
    assert "A &amp; B" in text
