"""What stands in towns, held against their lanes."""

from __future__ import annotations

from collections import defaultdict

import numpy as np
import numpy.typing as npt
import pytest
from maps import document, piece, shared_map

from carla_drl_sim.sensors.traffic_parts import sign_parts, traffic_light_parts
from carla_drl_sim.world.ground_kernel import surface_heights
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.road_strips import strips
from carla_drl_sim.world.scenery import Parts, Shape
from carla_drl_sim.world.scenery_sites import box_corners
from carla_drl_sim.world.signals import SignalKind
from carla_drl_sim.world.town import Town, town_from_opendrive
from carla_drl_sim.world.town_generator import generate_town

Floats = npt.NDArray[np.float64]

_CELL = 8.0
_FOLLOWED = ("driving", "shoulder", "parking", "stop", "bidirectional")


@pytest.fixture(scope="module")
def hills() -> Town:
    return generate_town("Town03")


def ways(town: Town) -> Floats:
    """Places all over the carriageways, along the middles of sidewalks, and on crosswalks: float64 [N, 3]."""
    found = []
    for strip in strips(town.network):
        for column, lane in enumerate(strip.lanes):
            shares = (0.02, 0.25, 0.5, 0.75, 0.98) if lane.kind in _FOLLOWED else (0.5,)
            if lane.kind in (*_FOLLOWED, "sidewalk"):
                for share in shares:
                    t = (1.0 - share) * strip.t[:, column] + share * strip.t[:, column + 1]
                    found.append(strip.road.points(strip.s, t))
    for road in town.network.roads.values():
        for item in road.objects:
            if item.kind == "crosswalk":
                outline = item.outline[:, :2]
                middle = outline.mean(axis=0)
                for share in (0.3, 0.9):
                    xy = middle + share * (outline - middle)
                    found.append(np.column_stack((xy, np.full(len(xy), item.centre[2]))))
    return np.vstack(found)


def standing_on(parts: Parts, points: Floats) -> list[int]:
    """The solid parts that are within the two metres above any of the points."""
    cells: dict[tuple[int, int], list[int]] = defaultdict(list)
    keys = np.floor(points[:, :2] / _CELL).astype(int)
    for number, key in enumerate(map(tuple, keys.tolist())):
        cells[key].append(number)
    found = []
    for k in np.flatnonzero(parts.solid).tolist():
        corners = box_corners(*parts.centre[k, :2], parts.yaw_deg[k], *parts.extent[k, :2])
        low = np.floor(corners.min(axis=0) / _CELL).astype(int)
        high = np.floor(corners.max(axis=0) / _CELL).astype(int)
        near = [
            n for i in range(low[0], high[0] + 1) for j in range(low[1], high[1] + 1) for n in cells[i, j]
        ]
        offset = points[near] - parts.centre[k]
        yaw = np.radians(parts.yaw_deg[k])
        along = offset[:, 0] * np.cos(yaw) + offset[:, 1] * np.sin(yaw)
        aside = offset[:, 1] * np.cos(yaw) - offset[:, 0] * np.sin(yaw)
        half = parts.extent[k]
        inside = (np.abs(along) < half[0]) & (np.abs(aside) < half[1])
        inside &= (offset[:, 2] < half[2]) & (offset[:, 2] + 2.0 > -half[2])
        if inside.any():
            found.append(k)
    return found


@pytest.mark.parametrize("name", ["Town01", "Town03", "Town04", "Town10HD"])
def test_nothing_solid_stands_in_the_way(name: str) -> None:
    town = generate_town(name)
    assert standing_on(town.scenery.parts, ways(town)) == []


@pytest.mark.parametrize("name", ["Town01", "Town04"])
def test_nothing_solid_stands_in_the_way_in_carlas_towns(name: str) -> None:
    town = town_from_opendrive(name, shared_map(name))
    assert len(town.scenery.objects) > 500
    assert standing_on(town.scenery.parts, ways(town)) == []


def test_a_part_on_a_lane_would_be_found(hills: Town) -> None:
    points = ways(hills)
    parts = hills.scenery.parts
    moved = parts.centre.copy()
    first = int(np.flatnonzero(parts.solid)[0])
    moved[first] = points[1000]
    changed = Parts(**{**vars(parts), "centre": moved})
    assert standing_on(changed, points) == [first]


def test_the_same_seed_gives_the_same_scenery(hills: Town) -> None:
    again = generate_town("Town03").scenery
    assert again.objects == hills.scenery.objects
    for name, array in vars(again.parts).items():
        assert np.array_equal(array, getattr(hills.scenery.parts, name))
    other = Town("Town03", hills.opendrive, hills.spawn_points, 5).scenery
    assert other.objects != hills.scenery.objects


def test_a_town_has_what_streets_have(hills: Town) -> None:
    labels = {Label(int(label)) for label in hills.scenery.parts.label}
    assert labels == {
        Label.BUILDINGS,
        Label.WALLS,
        Label.FENCES,
        Label.POLES,
        Label.TRAFFIC_LIGHT,
        Label.TRAFFIC_SIGNS,
        Label.VEGETATION,
        Label.STATIC,
        Label.BRIDGE,
        Label.GUARD_RAIL,
    }
    length = sum(road.length for road in hills.network.roads.values() if road.junction < 0)
    buildings = sum(item.label == Label.BUILDINGS for item in hills.scenery.objects)
    assert 8.0 < length / buildings < 60.0


def test_objects_have_their_own_ids_names_and_boxes_around_their_parts(hills: Town) -> None:
    objects, parts = hills.scenery.objects, hills.scenery.parts
    assert len({item.id for item in objects}) == len({item.name for item in objects}) == len(objects)
    assert set(parts.object_id.tolist()) == {item.id for item in objects}
    first = np.searchsorted(parts.object_id, [item.id for item in objects])
    last = np.searchsorted(parts.object_id, [item.id for item in objects], side="right")
    for item, start, end in zip(objects, first, last, strict=True):
        yaw = np.radians(item.yaw_deg)
        turn = np.array([[np.cos(yaw), np.sin(yaw), 0.0], [-np.sin(yaw), np.cos(yaw), 0.0], [0.0, 0.0, 1.0]])
        low, high = np.full(3, np.inf), np.full(3, -np.inf)
        for k in range(start, end):
            corners = box_corners(*parts.centre[k, :2], parts.yaw_deg[k], *parts.extent[k, :2])
            for side in (-1.0, 1.0):
                z = np.full((4, 1), parts.centre[k, 2] + side * parts.extent[k, 2])
                own = (np.hstack((corners, z)) - item.centre) @ turn.T
                low, high = np.minimum(low, own.min(axis=0)), np.maximum(high, own.max(axis=0))
        assert high == pytest.approx(item.extent, abs=1e-6)
        assert -low == pytest.approx(item.extent, abs=1e-6)


def test_buildings_do_not_overlap(hills: Town) -> None:
    boxes = [item for item in hills.scenery.objects if item.label == Label.BUILDINGS]
    corners = [box_corners(*item.centre[:2], item.yaw_deg, *item.extent[:2]) for item in boxes]
    for i in range(len(boxes)):
        for j in range(i):
            axes = np.radians(
                [boxes[i].yaw_deg, boxes[i].yaw_deg + 90, boxes[j].yaw_deg, boxes[j].yaw_deg + 90]
            )
            directions = np.column_stack((np.cos(axes), np.sin(axes)))
            a, b = corners[i] @ directions.T, corners[j] @ directions.T
            assert ((a.max(0) <= b.min(0)) | (b.max(0) <= a.min(0))).any()


def test_what_stands_on_the_ground_touches_it(hills: Town) -> None:
    parts = hills.scenery.parts
    trunks = (parts.label == Label.VEGETATION) & (parts.shape == Shape.CYLINDER)
    walls = (parts.label == Label.BUILDINGS) & np.concatenate(([True], np.diff(parts.object_id) > 0))
    for chosen, depth in ((trunks, 0.5), (walls, 6.0)):
        bottom = parts.centre[chosen, 2] - parts.extent[chosen, 2]
        ground = surface_heights(
            hills.heights, np.column_stack((parts.centre[chosen, :2], np.full(chosen.sum(), -9.0)))
        )
        assert (bottom <= ground).all()
        assert (ground - bottom < depth).all()


def test_lights_and_signs_stand_where_the_signals_are(hills: Town) -> None:
    parts = hills.scenery.parts
    for label, is_light in ((Label.TRAFFIC_LIGHT, True), (Label.TRAFFIC_SIGNS, False)):
        expected = [s for s in hills.signals if (s.kind is SignalKind.TRAFFIC_LIGHT) is is_light]
        heads = parts.centre[parts.label == label]
        assert len(heads) == len(expected)
        for signal, head in zip(expected, heads, strict=True):
            assert np.hypot(signal.x - head[0], signal.y - head[1]) < 0.1
            assert 2.0 < head[2] - signal.z < 5.0


def test_bridges_have_slabs_below_their_roads_and_rails_beside_them(hills: Town) -> None:
    parts = hills.scenery.parts
    slabs = np.flatnonzero((parts.label == Label.BRIDGE) & (parts.shape == Shape.BOX))
    assert slabs.size > 5
    top = parts.centre[slabs, 2] + parts.extent[slabs, 2]
    high = np.column_stack((parts.centre[slabs, :2], np.full(slabs.size, 99.0)))
    assert (surface_heights(hills.heights, high) - top > 0.0).all()
    assert (surface_heights(hills.heights, high) - top < 0.4).all()
    assert not parts.solid[slabs].any()
    assert (parts.label == Label.GUARD_RAIL).sum() > 8


def test_a_lone_road_far_from_everything_still_has_scenery() -> None:
    text = document(piece("<line/>", 400.0), 400.0)
    town = town_from_opendrive("Road", text, 1)
    assert any(item.label == Label.VEGETATION for item in town.scenery.objects)
    assert standing_on(town.scenery.parts, ways(town)) == []


def test_lights_and_signs_are_hidden_in_what_cameras_draw_of_their_actors(hills: Town) -> None:
    parts = hills.scenery.parts
    checked = set()
    for number, signal in enumerate(hills.signals):
        at = np.array([signal.x, signal.y, signal.z])
        yaw = np.radians(signal.yaw_deg)
        own = np.array([[np.cos(yaw), np.sin(yaw), 0.0], [-np.sin(yaw), np.cos(yaw), 0.0], [0.0, 0.0, 1.0]])
        is_light = signal.kind is SignalKind.TRAFFIC_LIGHT
        drawn = (traffic_light_parts() if is_light else sign_parts(signal.kind)).parts
        wide = drawn.extent + np.maximum(-drawn.taper[:, [0, 2, 1]] * (0.0, 1.0, 0.0), 0.0)
        reach = np.einsum("kij,ki->kj", np.abs(drawn.axes), wide)
        low, high = drawn.centre - reach - 1e-6, drawn.centre + reach + 1e-6
        # The poles and heads of all signals come first, in their order.
        for k in (2 * number, 2 * number + 1):
            middle = own @ (parts.centre[k] - at)
            inside = (low <= middle - parts.extent[k]) & (middle + parts.extent[k] <= high)
            assert inside.all(axis=1).any()
        checked.add(signal.kind)
    assert SignalKind.TRAFFIC_LIGHT in checked
    assert SignalKind.YIELD in checked
