"""Heights, covering and speed limits of the ground, compared with the roads they are made from."""

from __future__ import annotations

import math
import sys
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from maps import SHARED_MAPS, document, piece, shared_map

from carla_drl_sim.world.covering_builder import lines_of
from carla_drl_sim.world.ground import Covering, Surface
from carla_drl_sim.world.ground_kernel import surface_gradients, surface_heights
from carla_drl_sim.world.opendrive_reader import read_opendrive
from carla_drl_sim.world.road_strips import strips
from carla_drl_sim.world.speed_limits import build_speed_limits
from carla_drl_sim.world.town import Town, town_from_opendrive
from carla_drl_sim.world.town_generator import generate_town

sys.path.insert(0, str(Path(__file__).parents[1]))
from small_town import small_town

Floats = npt.NDArray[np.float64]

RISE = '<elevation s="0" a="2" b="0.05" c="0" d="0"/>'


def covered_by(covering: Covering, xy: Floats) -> npt.NDArray[np.uint8]:
    cells = np.floor((xy - covering.origin) / covering.cell).astype(int)
    return covering.surface[cells[:, 1], cells[:, 0]]


def lane_points(town: Town) -> Floats:
    """Places all over the lanes of a town, near their edges too."""
    found = []
    for strip in strips(town.network):
        for column, lane in enumerate(strip.lanes):
            if lane.kind != "none":
                for share in (0.05, 0.5, 0.95):
                    t = (1.0 - share) * strip.t[:, column] + share * strip.t[:, column + 1]
                    found.append(strip.road.points(strip.s, t))
    return np.vstack(found)


@pytest.fixture(scope="module")
def hills() -> Town:
    return generate_town("Town03")


@pytest.fixture(scope="module")
def flat_town() -> Town:
    return generate_town("Town10HD")


def test_flat_town_is_one_plane(flat_town: Town) -> None:
    assert flat_town.heights.is_flat
    assert flat_town.heights.ground[0, 0] == 0.0


def test_ground_rises_with_a_road() -> None:
    town = town_from_opendrive("Ramp", document(piece("<line/>"), elevation=RISE))
    points = np.array([[10.3, 0.2, 2.5], [10.3, -3.4, 2.5], [80.7, 3.0, 6.0]])
    assert surface_heights(town.heights, points) == pytest.approx([2.515, 2.515, 6.035], abs=1e-3)
    assert surface_gradients(town.heights, points) == pytest.approx(np.array([[0.05, 0.0]] * 3), abs=1e-3)


def assert_lanes_carry(town: Town, tolerance: float) -> None:
    """From just above every lane, the lane is what carries, also on and below bridges."""
    points = lane_points(town)
    below = surface_heights(town.heights, points + np.array([0.0, 0.0, 0.2]))
    assert np.abs(below - points[:, 2]).max() < tolerance


def test_lanes_of_hills_and_flyovers_carry(hills: Town) -> None:
    assert not hills.heights.is_flat
    deck = hills.heights.deck
    assert np.isfinite(deck).sum() > 100
    assert (deck - hills.heights.ground)[np.isfinite(deck)].max() > 4.0
    assert_lanes_carry(hills, 0.02)


@pytest.mark.parametrize("name", SHARED_MAPS)
def test_lanes_of_carlas_towns_carry(name: str) -> None:
    # The map itself has steps of some centimetres where roads of Town04 meet.
    assert_lanes_carry(town_from_opendrive(name, shared_map(name)), 0.2)


def test_ground_beyond_roads_is_smooth(hills: Town) -> None:
    ground = hills.heights.ground
    assert np.isfinite(ground).all()
    roads = lane_points(hills)[:, 2]
    assert roads.min() - 0.01 <= ground.min() <= ground.max() <= roads.max() + 0.01
    steep = np.maximum(np.abs(np.diff(ground, axis=0))[:, :-1], np.abs(np.diff(ground, axis=1))[:-1])
    assert np.percentile(steep, 99.0) < 0.25


def test_lanes_are_covered_as_their_kind_says(flat_town: Town) -> None:
    expected = {"driving": Surface.ROAD, "sidewalk": Surface.SIDEWALK, "parking": Surface.PAVED}
    checked = set()
    for strip in strips(flat_town.network, 4.0):
        if strip.road.junction >= 0:
            continue
        for column, lane in enumerate(strip.lanes):
            if lane.kind in expected:
                middle = strip.xy[:, column : column + 2].mean(axis=1)[1:-1]
                kinds = covered_by(flat_town.covering, middle)
                markings = np.isin(kinds, (Surface.LINE_WHITE, Surface.LINE_YELLOW))
                on_crosswalk = markings | (kinds == Surface.ROAD)
                assert np.all((kinds == expected[lane.kind]) | on_crosswalk)
                assert np.mean(kinds == expected[lane.kind]) > 0.6
                checked.add(lane.kind)
    assert checked == set(expected)
    corner = np.array([[*flat_town.covering.origin]]) + 0.05
    assert covered_by(flat_town.covering, corner)[0] == Surface.TERRAIN


def marked_town(centre: str, right: str = "none") -> Town:
    text = document(piece("<line/>")).replace(
        '<lane id="0" type="none"/>',
        f'<lane id="0" type="none"><roadMark sOffset="0" type="{centre}" color="yellow" width="0.2"/></lane>',
    )
    mark = f'<roadMark sOffset="0" type="{right}" color="standard" width="0.2"/>'
    return town_from_opendrive("Marked", text.replace('b="0.01" c="0" d="0"/>', f'b="0" c="0" d="0"/>{mark}'))


def along(town: Town, y: float) -> npt.NDArray[np.uint8]:
    x = np.arange(0.05, 100.0, 0.1)
    return covered_by(town.covering, np.column_stack((x, np.full(x.size, y))))


def test_solid_lines_go_on_and_have_their_color() -> None:
    town = marked_town("solid", "solid")
    assert (along(town, 0.0) == Surface.LINE_YELLOW).all()
    assert (along(town, 3.0) == Surface.LINE_WHITE).all()
    assert (along(town, 1.5) == Surface.ROAD).all()


def test_broken_lines_are_a_third_paint() -> None:
    line = along(marked_town("broken"), 0.0) == Surface.LINE_YELLOW
    assert line[:29].all()
    assert not line[31:89].any()
    assert line.mean() == pytest.approx(1.0 / 3.0, abs=0.02)


def test_double_lines_have_a_gap_and_their_own_patterns() -> None:
    town = marked_town("solid broken")
    # The centre lane's lines are named from left to right; left is at negative y.
    assert (along(town, -0.2) == Surface.LINE_YELLOW).all()
    assert (along(town, 0.2) == Surface.LINE_YELLOW).mean() == pytest.approx(1.0 / 3.0, abs=0.02)
    assert (along(town, 0.0) == Surface.ROAD).all()
    assert lines_of("curb") == lines_of("none") == lines_of("grass") == ()


def test_stop_lines_and_crosswalks_are_painted(flat_town: Town) -> None:
    lines = [line for signal in flat_town.signals if signal.value == 0.0 for line in signal.stop_lines]
    back = np.array(
        [[math.cos(math.radians(line.yaw_deg)), math.sin(math.radians(line.yaw_deg))] for line in lines]
    )
    at = np.array([[line.x, line.y] for line in lines])
    assert (covered_by(flat_town.covering, at - 0.2 * back) == Surface.LINE_WHITE).all()
    assert (
        covered_by(flat_town.covering, at - 1.0 * back + 0.5 * back[:, ::-1]) != Surface.LINE_WHITE
    ).mean() > 0.9
    crosswalks = [
        item for road in flat_town.network.roads.values() for item in road.objects if item.kind == "crosswalk"
    ]
    assert crosswalks
    for item in crosswalks:
        outline = item.outline[:, :2]
        middle, side = outline.mean(axis=0), 0.5 * (outline[3] - outline[0])
        line = middle + np.linspace(-0.98, 0.98, 400)[:, None] * side
        kinds = covered_by(flat_town.covering, line)
        assert set(kinds.tolist()) == {Surface.ROAD, Surface.LINE_WHITE}
        assert (kinds == Surface.LINE_WHITE).mean() == pytest.approx(0.5, abs=0.12)


def test_junctions_have_no_holes(flat_town: Town) -> None:
    for junction in flat_town.network.junctions.values():
        ends = []
        for connection in junction.connections:
            road = flat_town.network.roads[connection.connecting]
            ends.append(road.points(np.array([0.0, road.length]), np.zeros(2))[:, :2])
        points = np.vstack(ends)
        middle = np.array([points.mean(axis=0)])
        assert covered_by(flat_town.covering, middle)[0] != Surface.TERRAIN


def test_the_upper_road_is_painted_where_two_cross(hills: Town) -> None:
    above = [
        s
        for s in strips(hills.network)
        if s.z.max() > 5.0 and {lane.kind for lane in s.lanes} == {"driving", "shoulder"}
    ]
    strip = max(above, key=lambda s: s.z.max() - min(s.z[0], s.z[-1]))
    top = int(strip.z.argmax())
    column = next(i for i, lane in enumerate(strip.lanes) if lane.id == -1)
    near = slice(top - 12, top + 12)
    kinds = covered_by(hills.covering, strip.xy[near, column : column + 2].mean(axis=1))
    assert (kinds == Surface.ROAD).all()


def test_speed_limits_by_place() -> None:
    limit = '<type s="0" type="town"><speed max="50" unit="km/h"/></type><type s="60" type="town"><speed max="70" unit="km/h"/></type>'
    limits = build_speed_limits(read_opendrive(document(piece("<line/>"), road_rest=limit)))
    x, y = np.array([20.0, 90.0, 20.0, -500.0]), np.array([1.0, -1.0, 40.0, 0.0])
    assert limits.at(x, y).tolist() == [50.0, 70.0, 0.0, 0.0]


def test_turns_through_junctions_have_lower_limits_than_the_road_before() -> None:
    text = small_town().opendrive
    line = '<geometry s="0" x="100.0" y="0.0" hdg="0.0" length="20.0"><line/></geometry>'
    assert line in text
    way = text.index('<road name="road 3"')
    limit = '<type s="0" type="town"><speed max="50" unit="km/h"/></type>'
    cut = text[:way] + text[way:].replace(limit, "", 1)
    x, y = np.array([50.0, 107.0]), np.array([1.75, 1.75])
    straight = build_speed_limits(read_opendrive(cut)).at(x, y)
    turning = cut.replace(line, line.replace("<line/>", '<arc curvature="-0.1"/>'))
    bend = build_speed_limits(read_opendrive(turning)).at(x, np.array([1.75, 4.5]))
    assert straight.tolist() == [50.0, 50.0]
    # 4 m/s2 in a bend whose middle has a radius of 8.25 m: 5.7 m/s.
    assert bend.tolist() == [50.0, 20.0]


def test_limits_are_lowered_before_bends_where_wanted() -> None:
    bend = piece("<line/>") + piece('<arc curvature="0.04"/>', 40.0, x=100.0, s=100.0)
    limit = '<type s="0" type="town"><speed max="70" unit="km/h"/></type>'
    network = read_opendrive(document(bend, 140.0, road_rest=limit).replace('b="0.01"', 'b="0"'))
    x, y = np.array([20.0, 70.0, 90.0, 115.0]), np.array([1.0, 1.0, 1.0, -4.6])
    assert build_speed_limits(network).at(x, y).tolist() == [70.0] * 4
    # 4 m/s2 in a bend of 25 m radius: 10 m/s.
    lowered = build_speed_limits(network, slow_bends=True).at(x, y)
    assert lowered.tolist() == [70.0, 70.0, 30.0, 30.0]


def test_speed_limits_of_a_town_are_those_of_its_roads(flat_town: Town) -> None:
    for road in flat_town.network.roads.values():
        if road.junction < 0:
            at = road.points(np.array([0.5 * road.length]), np.array([-0.5]))
            assert flat_town.speed_limits.at(at[:, 0], at[:, 1])[0] == road.speed_limit(0.0)
    junctions = [road for road in flat_town.network.roads.values() if road.junction >= 0]
    at = np.vstack([road.points(np.array([0.5 * road.length]), np.array([-0.5])) for road in junctions])
    assert (flat_town.speed_limits.at(at[:, 0], at[:, 1]) > 0.0).all()
