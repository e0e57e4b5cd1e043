"""Town06: long straight highways with many lanes, joined by cross streets with traffic lights."""

from __future__ import annotations

from random import Random

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.town_layout import TownLayout
from carla_drl_sim.world.town_network import Link, Spot, TownNetwork

_HIGHWAY = CrossSection(5, 5, median=4.0, shoulder=1.5, sidewalk=0.0)
_STREET = CrossSection(2, 2, sidewalk=2.5)
_LENGTH = 560.0
"""Half the length of the highways, m."""
_APART = 135.0
"""Half the distance between them, m."""
_CURVE = 90.0
_SIZE = 34.0
_CROSSINGS = (-380.0, -130.0, 130.0, 380.0)
_SHIFT = 25.0
_HIGHWAY_KMH, _STREET_KMH = 70, 50


def draw_straight_town(rng: Random) -> TownLayout:
    """Draw two highways whose ends bend round into each other, and the cross streets between them."""
    places = [x + _SHIFT * (2.0 * rng.random() - 1.0) for x in _CROSSINGS]
    spots = {
        f"{corner}{side}": Spot(sign * _LENGTH, y, _CURVE)
        for corner, sign in (("west", -1.0), ("east", 1.0))
        for side, y in (("south", -_APART), ("north", _APART))
    }
    for number, x in enumerate(places):
        spots[f"{number}south"] = Spot(x, -_APART, _SIZE)
        spots[f"{number}north"] = Spot(x, _APART, _SIZE)
    last = len(places) - 1
    links = [
        Link(("0north", "westnorth", "westsouth", "0south"), _HIGHWAY, _HIGHWAY_KMH, "motorway"),
        Link((f"{last}south", "eastsouth", "eastnorth", f"{last}north"), _HIGHWAY, _HIGHWAY_KMH, "motorway"),
    ]
    for side in ("south", "north"):
        for number in range(last):
            path = f"{number}{side}", f"{number + 1}{side}"
            links.append(Link(path, _HIGHWAY, _HIGHWAY_KMH, "motorway"))
    links += [Link((f"{n}south", f"{n}north"), _STREET, _STREET_KMH) for n in range(len(places))]
    network = TownNetwork()
    network.draw(spots, links)
    return network.finish()
