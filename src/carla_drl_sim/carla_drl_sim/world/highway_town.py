"""Town04: a small town inside a highway loop, with an interchange in the south and one in the north."""

from __future__ import annotations

import math
from random import Random

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.interchange import Interchange, InterchangeNodes, add_interchange
from carla_drl_sim.world.town_layout import TownLayout
from carla_drl_sim.world.town_network import Link, Spot, TownNetwork, draw_path
from carla_drl_sim.world.traffic_control import Control

_LOOP = 530.0, 275.0
"""Half the length and width of the loop, m."""
_CURVE = 160.0
"""Radius of its curves, m."""
_PLAN = Interchange()
_MAIN = CrossSection(2, 2, sidewalk=2.5)
_STREET = CrossSection(1, 1, sidewalk=2.0)
_SIZE = 20.0
_BEND = 30.0
_SHIFT = 8.0
_COLUMNS = {"a": -235.0, "b": -80.0, "c": 80.0, "d": 235.0}
_ROWS = {"1": -110.0, "2": 0.0, "3": 110.0}
_CORNERS = ("a1", "a3", "d1", "d3")
_HILLS = (11.0, 15.0)
"""Least and most height of the loop's two ends, m."""


def _between(rng: Random, limits: tuple[float, float]) -> float:
    return limits[0] + (limits[1] - limits[0]) * rng.random()


def _streets() -> list[Link]:
    main = (
        ("a2", "b2"),
        ("b2", "c2"),
        ("c2", "d2"),
        ("south", "b1"),
        ("b1", "b2"),
        ("c2", "c3"),
        ("c3", "north"),
    )
    side = (
        ("b1", "a1", "a2"),
        ("a2", "a3", "b3"),
        ("c1", "d1", "d2"),
        ("d2", "d3", "c3"),
        ("b1", "c1"),
        ("b3", "c3"),
        ("b2", "b3"),
        ("c1", "c2"),
    )
    return [Link(path, _MAIN, 50) for path in main] + [Link(path, _STREET, 40) for path in side]


def _loop(network: TownNetwork, start: int, end: int, path: list[Spot]) -> None:
    geometry, knots = draw_path(path)
    network.street(
        start, end, geometry, _PLAN.highway, _PLAN.highway_kmh, knots=knots, kind="motorway", label="Highway"
    )


def _half_loop(
    network: TownNetwork,
    first: tuple[InterchangeNodes, float],
    second: tuple[InterchangeNodes, float],
    turn: float,
    hill: float,
) -> None:
    """From one interchange counter-clockwise to the other; `turn` is 1 for the eastern half, -1 for the western."""
    (a, x), (b, other_x) = first, second
    end, side = _LOOP
    half = 0.5 * (_PLAN.height + hill)
    path = [
        Spot(x + turn * _PLAN.reach, -turn * side, _PLAN.opening, _PLAN.height),
        Spot(turn * end, -turn * side, _CURVE, half),
        Spot(turn * end, 0.0, _CURVE, hill),
        Spot(turn * end, turn * side, _CURVE, half),
        Spot(other_x + turn * _PLAN.reach, turn * side, _PLAN.opening, _PLAN.height),
    ]
    _loop(network, a.after, b.before, path)


def draw_highway_town(rng: Random, sign_rng: Random) -> TownLayout:
    """Draw the town from `rng`, and the kinds of its signs from `sign_rng`."""
    columns = {name: x + _SHIFT * (2.0 * rng.random() - 1.0) for name, x in _COLUMNS.items()}
    rows = {name: y + _SHIFT * (2.0 * rng.random() - 1.0) for name, y in _ROWS.items()}
    hills = _between(rng, _HILLS), _between(rng, _HILLS)
    network = TownNetwork()
    side = _LOOP[1]
    south = add_interchange(network, _PLAN, (columns["b"], -side, 0.0))
    north = add_interchange(network, _PLAN, (columns["c"], side, math.pi))
    _half_loop(network, (south, columns["b"]), (north, columns["c"]), 1.0, hills[0])
    _half_loop(network, (north, columns["c"]), (south, columns["b"]), -1.0, hills[1])
    inner = side - _PLAN.aside
    spots = {
        "south": Spot(columns["b"], -inner, _PLAN.street_size),
        "north": Spot(columns["c"], inner, _PLAN.street_size),
    }
    crossroads = ("b1", "b2", "c2", "c3")
    for column, x in columns.items():
        for row, y in rows.items():
            name = column + row
            kind: Control = "stop" if sign_rng.random() < 0.6 else "yield"
            size = _BEND if name in _CORNERS else _SIZE
            spots[name] = Spot(x, y, size, control="lights" if name in crossroads else kind)
    network.draw(spots, _streets(), {"south": south.left, "north": north.left})
    return network.finish()
