"""Town07: narrow, winding roads over hills, without sidewalks and traffic lights."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.town_layout import TownLayout
from carla_drl_sim.world.town_network import Link, Spot, TownNetwork
from carla_drl_sim.world.traffic_control import Control

_ROAD = CrossSection(1, 1, lane_width=3.0, shoulder=0.75, sidewalk=0.0)
_LANE = CrossSection(1, 1, lane_width=2.9, shoulder=0.5, sidewalk=0.0)
_COLUMNS, _ROWS = 4, 3
_SPACING = 170.0
_SHIFT = 16.0
_ASIDE = (12.0, 22.0)
"""How far roads swing to one side half-way, m."""
_SIZE = 16.0
_BEND = 55.0
_CORNER = 35.0
_RELIEF = (14.0, 12.0, 10.0, 8.0, 6.0, 4.0)
"""Differences in height that are tried, until no road is too steep, m."""

Place = tuple[int, int]


def _name(place: Place) -> str:
    return f"{place[0]},{place[1]}"


def _edges() -> list[tuple[Place, Place]]:
    edges = [((c, r), (c + 1, r)) for r in range(_ROWS) for c in range(_COLUMNS - 1)]
    edges += [((c, r), (c, r + 1)) for c in range(_COLUMNS) for r in range(_ROWS - 1)]
    edges.remove(((1, 1), (2, 1)))
    return edges


def _half_way(a: Spot, b: Spot, aside: float) -> Spot:
    x, y = b.x - a.x, b.y - a.y
    length = math.hypot(x, y)
    return Spot(
        0.5 * (a.x + b.x) - aside * y / length,
        0.5 * (a.y + b.y) + aside * x / length,
        _BEND,
        0.5 * (a.z + b.z),
    )


def _is_corner(place: Place) -> bool:
    return place[0] in (0, _COLUMNS - 1) and place[1] in (0, _ROWS - 1)


def _spots(rng: Random, sign_rng: Random) -> dict[str, Spot]:
    """Places with heights from 0 to 1."""
    spots = {}
    for column in range(_COLUMNS):
        for row in range(_ROWS):
            place = column, row
            x = (column - 0.5 * (_COLUMNS - 1)) * _SPACING + _SHIFT * (2.0 * rng.random() - 1.0)
            y = (row - 0.5 * (_ROWS - 1)) * _SPACING + _SHIFT * (2.0 * rng.random() - 1.0)
            kind: Control = "stop" if sign_rng.random() < 0.5 else "yield"
            spots[_name(place)] = Spot(x, y, _CORNER if _is_corner(place) else _SIZE, rng.random(), kind)
    return spots


def _links(rng: Random, spots: dict[str, Spot]) -> list[Link]:
    """Roads with a bend half-way, whose spots are added to `spots`; corners of the grid are bends as well."""
    links, at_corners = [], dict[Place, list[Place]]()
    for a, b in _edges():
        for corner, other in ((a, b), (b, a)):
            if _is_corner(corner):
                at_corners.setdefault(corner, []).append(other)
        if _is_corner(a) or _is_corner(b):
            continue
        sign = 1.0 if rng.random() < 0.5 else -1.0
        aside = sign * (_ASIDE[0] + (_ASIDE[1] - _ASIDE[0]) * rng.random())
        middle = f"{_name(a)}-{_name(b)}"
        spots[middle] = _half_way(spots[_name(a)], spots[_name(b)], aside)
        is_lane = rng.random() < 0.5
        links.append(
            Link((_name(a), middle, _name(b)), _LANE if is_lane else _ROAD, 30 if is_lane else 50, "rural")
        )
    for corner, (first, last) in sorted(at_corners.items()):
        links.append(Link((_name(first), _name(corner), _name(last)), _ROAD, 50, "rural"))
    return links


def _raised(spots: Mapping[str, Spot], relief: float) -> dict[str, Spot]:
    return {
        name: Spot(spot.x, spot.y, spot.size, round(relief * spot.z, 2), spot.control)
        for name, spot in spots.items()
    }


def draw_rural_town(rng: Random, sign_rng: Random) -> TownLayout:
    """Draw the roads from `rng`, as hilly as they can be, and the kinds of signs from `sign_rng`.

    Raises:
        ValueError: the roads do not fit.
    """
    spots = _spots(rng, sign_rng)
    links = _links(rng, spots)
    for relief in _RELIEF:
        network = TownNetwork()
        network.draw(_raised(spots, relief), links)
        try:
            return network.finish()
        except ValueError as error:
            reason = error
    raise ValueError(f"Town07: {reason}")
