"""Sidewalks round the corners of junctions whose connecting roads have none."""

from __future__ import annotations

import re

import numpy as np
import pytest
from maps import shared_map

from carla_drl_sim.world.navigation_pieces import NO_NEIGHBOUR, pieces
from carla_drl_sim.world.network_corners import sidewalk_corners
from carla_drl_sim.world.town import Town, town_from_opendrive
from carla_drl_sim.world.town_generator import generate_town
from carla_drl_sim.world.walkways import WalkwayKind


def islands(town: Town) -> int:
    """Into how many parts the sidewalks of a town fall, for those who cross no road."""
    mesh = pieces(town.walkways)
    own = [i for i, piece in enumerate(mesh) if piece.kind == WalkwayKind.SIDEWALK]
    waiting, found = set(own), 0
    while waiting:
        found += 1
        edge = [waiting.pop()]
        while edge:
            for other in mesh[edge.pop()].neighbours:
                if other != NO_NEIGHBOUR and other in waiting:
                    waiting.remove(other)
                    edge.append(other)
    return found


def without_corners(text: str) -> str:
    """The document with no sidewalks on the roads through junctions."""

    def cut(road: re.Match[str]) -> str:
        return road[0] if 'junction="-1"' in road[0] else road[0].replace('type="sidewalk"', 'type="none"')

    return re.sub(r"<road [^>]*>.*?</road>", cut, text, flags=re.DOTALL)


@pytest.fixture(scope="module")
def whole() -> Town:
    return generate_town("Town02")


def test_roads_with_their_own_corners_get_no_others(whole: Town) -> None:
    assert sidewalk_corners(whole.network) == []


def test_corners_take_the_place_of_those_that_are_missing(whole: Town) -> None:
    cut = town_from_opendrive("Town02", without_corners(whole.opendrive))
    assert sidewalk_corners(cut.network)
    assert islands(cut) == islands(whole)


def test_corners_are_level_with_the_sidewalks_and_as_wide(whole: Town) -> None:
    for corner in sidewalk_corners(town_from_opendrive("Town02", without_corners(whole.opendrive)).network):
        width = np.linalg.norm(corner[:, 0] - corner[:, 1], axis=1)
        assert width[[0, -1]] == pytest.approx([2.0, 2.0], abs=1e-6)
        assert (width < 4.0).all()
        assert (corner[..., 2] == 0.0).all()


@pytest.mark.parametrize(("name", "blocks"), [("Town01", 8), ("Town02", 6)])
def test_one_can_walk_round_the_blocks_of_carlas_towns(name: str, blocks: int) -> None:
    # Two of Town02's sidewalks overlap where they meet; slivers beside them are islands of their own.
    assert blocks <= islands(town_from_opendrive(name, shared_map(name))) <= blocks + 2
