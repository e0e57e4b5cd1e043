"""Walkways of a road network, the mesh that is made of them, and its file."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np
import pytest

from carla_drl_sim.navigation_files import make_mesh
from carla_drl_sim.world import navigation_mesh
from carla_drl_sim.world.convex import is_convex, joined, oriented, subtract, twice_area
from carla_drl_sim.world.navigation_mesh import encode, file_name
from carla_drl_sim.world.navigation_pieces import MAX_CORNERS, NO_NEIGHBOUR, Piece, pieces
from carla_drl_sim.world.network_walkways import convex_hull
from carla_drl_sim.world.town_generator import generate_town
from carla_drl_sim.world.walkways import Walkway, WalkwayKind

SIDEWALK, CROSSWALK, ROAD = WalkwayKind.SIDEWALK, WalkwayKind.CROSSWALK, WalkwayKind.ROAD


def _corners(x: float, y: float, length: float, width: float, z: float = 0.0) -> list[Any]:
    return [(x, y, z), (x + length, y, z), (x + length, y + width, z), (x, y + width, z)]


def _box(kind: WalkwayKind, *place: float) -> Walkway:
    return Walkway(kind, np.array(_corners(*place)))


def _area(found: list[Piece], kind: WalkwayKind) -> float:
    return sum(0.5 * abs(twice_area(piece.corners)) for piece in found if piece.kind == kind)


def _parts(found: list[Piece], kinds: set[WalkwayKind]) -> list[set[int]]:
    """Sets of pieces that can be walked between."""
    parts: list[set[int]] = []
    left = {index for index, piece in enumerate(found) if piece.kind in kinds}
    while left:
        waiting, part = [left.pop()], set()
        while waiting:
            index = waiting.pop()
            part.add(index)
            neighbours = set(found[index].neighbours) & left
            left -= neighbours
            waiting += neighbours
        parts.append(part)
    return parts


def _check(found: list[Piece]) -> None:
    for index, piece in enumerate(found):
        assert 3 <= len(piece.corners) <= MAX_CORNERS
        assert len(piece.neighbours) == len(piece.corners)
        assert twice_area(piece.corners) < 0.0
        assert is_convex(piece.corners)
        for neighbour in piece.neighbours:
            if neighbour != NO_NEIGHBOUR:
                assert index in found[neighbour].neighbours


def test_subtracting_leaves_convex_pieces_around_the_hole() -> None:
    square, hole = oriented(_corners(0.0, 0.0, 10.0, 10.0)), oriented(_corners(4.0, 4.0, 2.0, 2.0))
    rest = subtract(square, hole)
    assert len(rest) == 4
    assert sum(0.5 * abs(twice_area(piece)) for piece in rest) == pytest.approx(96.0)
    assert all(is_convex(piece) for piece in rest)
    assert subtract(square, oriented(_corners(20.0, 0.0, 5.0, 5.0))) == [square]
    assert subtract(hole, square) == []


def test_joining_needs_a_whole_common_edge_and_a_convex_result() -> None:
    first = oriented(_corners(0.0, 0.0, 4.0, 2.0))
    assert sorted(joined(first, oriented(_corners(4.0, 0.0, 3.0, 2.0))) or []) == sorted(
        _corners(0.0, 0.0, 7.0, 2.0)
    )
    assert joined(first, oriented(_corners(4.0, 0.0, 3.0, 1.0))) is None
    assert (
        joined(first, oriented([(4.0, 0.0, 0.0), (4.0, 2.0, 0.0), (7.0, 6.0, 0.0), (7.0, 4.0, 0.0)])) is None
    )
    rising = [(4.0, 0.0, 0.0), (4.0, 2.0, 0.0), (7.0, 2.0, 1.0), (7.0, 0.0, 1.0)]
    assert len(joined(first, oriented(rising)) or []) == 6  # a bend in height keeps its corners


def test_a_crosswalk_joins_two_sidewalks_and_the_road_goes_around_it() -> None:
    found = pieces(
        [
            _box(ROAD, 0.0, 0.0, 40.0, 8.0),
            _box(SIDEWALK, 0.0, -2.0, 40.0, 2.0),
            _box(SIDEWALK, 0.0, 8.5, 40.0, 2.0),
            _box(CROSSWALK, 18.0, 0.3, 3.0, 7.4),
        ]
    )
    _check(found)
    assert _area(found, SIDEWALK) == pytest.approx(160.0)
    assert _area(found, CROSSWALK) == pytest.approx(3.0 * 8.5)  # from sidewalk to sidewalk
    assert _area(found, ROAD) == pytest.approx(320.0 - 3.0 * 8.0)
    assert len(_parts(found, {SIDEWALK})) == 2
    assert len(_parts(found, {SIDEWALK, CROSSWALK})) == 1
    assert len(_parts(found, {SIDEWALK, CROSSWALK, ROAD})) == 1


def test_edges_of_different_lengths_that_touch_are_doors() -> None:
    long = _box(SIDEWALK, 0.0, 0.0, 100.0, 2.0)
    found = pieces([long, *(_box(ROAD, 10.0 * index, 2.0, 10.0, 5.0 + index) for index in range(10))])
    _check(found)
    assert _area(found, SIDEWALK) == pytest.approx(200.0)
    assert len(_parts(found, {SIDEWALK, ROAD})) == 1
    ways = {neighbour for piece in found if piece.kind == SIDEWALK for neighbour in piece.neighbours}
    assert {index for index, piece in enumerate(found) if piece.kind == ROAD} <= ways


def test_a_bridge_does_not_cut_what_is_below() -> None:
    found = pieces([_box(SIDEWALK, 0.0, 0.0, 20.0, 2.0), _box(SIDEWALK, 9.0, -9.0, 2.0, 20.0, 6.0)])
    _check(found)
    assert _area(found, SIDEWALK) == pytest.approx(80.0)
    assert len(_parts(found, {SIDEWALK})) == 2


def test_straight_strips_become_few_pieces() -> None:
    strip = [_box(SIDEWALK, 2.0 * index, 0.0, 2.0, 2.0) for index in range(100)]
    found = pieces(strip)
    assert len(found) <= 5
    assert _area(found, SIDEWALK) == pytest.approx(400.0)


def test_the_hull_of_points() -> None:
    rng = np.random.default_rng(1)
    points = np.vstack((rng.uniform(-1.0, 1.0, (50, 3)), [[2, 2, 5], [-2, 2, 5], [-2, -2, 5], [2, -2, 5]]))
    assert sorted(convex_hull(points).tolist()) == sorted([[2, 2, 5], [-2, 2, 5], [-2, -2, 5], [2, -2, 5]])


@pytest.mark.parametrize("name", ["Town02", "Town10HD"])
def test_all_sidewalks_of_a_town_are_connected_by_crosswalks(name: str) -> None:
    town = generate_town(name, 0)
    found = pieces(town.walkways)
    _check(found)
    parts = _parts(found, {SIDEWALK, CROSSWALK})
    areas = sorted(_area([found[index] for index in part], SIDEWALK) for part in parts)
    assert areas[-1] > 0.99 * sum(areas) > 1000.0
    given = sum(
        0.5 * abs(twice_area([(x, y, z) for x, y, z in item.corners.tolist()]))
        for item in town.walkways
        if item.kind == SIDEWALK
    )
    assert 0.9 * given < sum(areas) < 1.01 * given


def _read(data: bytes) -> dict[str, Any]:
    """The file, taken apart as Detour does it."""
    magic, version, tiles = struct.unpack_from("<3i", data)
    origin = struct.unpack_from("<3f", data, 12)
    width, depth = struct.unpack_from("<2f", data, 24)
    most_tiles, most_polygons = struct.unpack_from("<2i", data, 32)
    assert (magic, version, tiles) == (0x4D534554, 1, 1)
    reference, size = struct.unpack_from("<Ii", data, 40)
    tile = data[48:]
    assert len(tile) == size
    head = struct.unpack_from("<5iI9i10f", tile)
    assert head[:6] == (0x444E4156, 7, 0, 0, 0, 0)
    polygons, corners, links, details, detail_corners, triangles, nodes, off_mesh, base = head[6:15]
    assert (details, detail_corners, off_mesh, base) == (polygons, 0, 0, polygons)
    low, high = np.array(head[18:21]), np.array(head[21:24])
    assert np.allclose(low, origin)
    assert width >= high[0] - low[0]
    assert depth >= high[2] - low[2]
    polygon_bits = (most_polygons - 1).bit_length()
    tile_bits = (most_tiles - 1).bit_length()
    assert 32 - polygon_bits - tile_bits >= 10
    assert polygons <= most_polygons
    assert reference >> (polygon_bits + tile_bits) == 1
    at = 100
    parts = {}
    for name, count, length in (
        ("corners", corners, 12),
        ("polygons", polygons, 32),
        ("links", links, 12),
        ("details", details, 12),
        ("triangles", triangles, 4),
        ("nodes", nodes, 16),
    ):
        parts[name] = tile[at : at + count * length]
        at += count * length
    assert at == size
    return parts | {"low": low, "quantum": head[24], "link_count": links}


def test_the_file_is_what_detour_reads() -> None:
    found = pieces(
        [
            _box(ROAD, 0.0, 0.0, 40.0, 8.0, 1.5),
            _box(SIDEWALK, 0.0, -2.0, 40.0, 2.0, 1.5),
            _box(SIDEWALK, 0.0, 8.0, 40.0, 2.0, 1.5),
            _box(CROSSWALK, 18.0, 0.0, 3.0, 8.0, 1.5),
        ]
    )
    parts = _read(encode(found))
    places = np.frombuffer(parts["corners"], "<f4").reshape(-1, 3)
    assert np.all(places[:, 1] == 1.5)  # up
    flags = {SIDEWALK: 0x02, CROSSWALK: 0x04, ROAD: 0x08}
    internal = 0
    triangle = 0
    for index, piece in enumerate(found):
        record = struct.unpack_from("<I6H6HHBB", parts["polygons"], 32 * index)
        count = record[14]
        assert count == len(piece.corners)
        assert places[list(record[1 : 1 + count])][:, [0, 2, 1]].tolist() == pytest.approx(
            np.array(piece.corners)
        )
        neighbours = [value - 1 for value in record[7 : 7 + count]]
        assert neighbours == piece.neighbours
        internal += sum(neighbour != NO_NEIGHBOUR for neighbour in neighbours)
        assert record[13] == flags[piece.kind]
        assert record[15] == int(piece.kind)
        _, first, own, shape = struct.unpack_from("<IIBB", parts["details"], 12 * index)
        assert (first, own, shape) == (triangle, 0, count - 2)
        triangle += shape
    assert parts["link_count"] == internal
    assert len(parts["triangles"]) == 4 * triangle


def test_the_tree_finds_every_piece() -> None:
    found = pieces(generate_town("Town02", 0).walkways)
    parts = _read(encode(found))
    nodes = np.frombuffer(parts["nodes"], np.dtype([("low", "<u2", 3), ("high", "<u2", 3), ("index", "<i4")]))
    rng = np.random.default_rng(2)
    for index in rng.integers(0, len(found), 50).tolist():
        middle = np.mean(found[index].corners, axis=0)[[0, 2, 1]]
        place = ((middle - parts["low"]) * parts["quantum"]).astype(np.int64)
        hits, at, steps = [], 0, 0
        while at < len(nodes):
            node = nodes[at]
            overlaps = bool(np.all(node["low"] <= place) and np.all(place <= node["high"]))
            if node["index"] >= 0 and overlaps:
                hits.append(int(node["index"]))
            at += 1 if overlaps or node["index"] >= 0 else -int(node["index"])
            steps += 1
        assert index in hits
        assert steps < len(nodes) // 4


def test_names_differ_with_the_map() -> None:
    names = {file_name(name, content) for name in ("Town01", "Town02") for content in ("a", "b")}
    assert len(names) == 4
    assert file_name("Town01", "a") in names


def test_limits() -> None:
    corners = [(0.0, 0.0, 0.0), (0.0, 1.0, 0.0), (1.0, 0.0, 0.0)]
    many = [Piece(SIDEWALK, corners, [NO_NEIGHBOUR] * 3)] * 40000
    with pytest.raises(ValueError, match="40000 pieces"):
        encode(many)
    assert struct.unpack_from("<3i", encode([])) == (0x4D534554, 1, 0)


def test_a_map_that_is_too_large_has_only_its_sidewalks(monkeypatch: pytest.MonkeyPatch) -> None:
    town = generate_town("Town10HD", 0)
    footways = pieces(item for item in town.walkways if item.kind != ROAD)
    assert make_mesh(town, most_walkways=10) == encode(footways)
    monkeypatch.setattr(navigation_mesh, "MAX_PIECES", len(footways))
    assert make_mesh(town) == encode(footways)
    monkeypatch.setattr(navigation_mesh, "MAX_PIECES", 10)
    assert make_mesh(town) == encode([])
