"""Town03: avenues that meet in a roundabout, a hill in the north-east, and a flyover across the southern avenue."""

from __future__ import annotations

import math
from collections.abc import Mapping
from random import Random

from carla_drl_sim.world.cross_section import CrossSection
from carla_drl_sim.world.roundabout import Roundabout, add_roundabout
from carla_drl_sim.world.town_layout import TownLayout
from carla_drl_sim.world.town_network import Link, Spot, TownNetwork
from carla_drl_sim.world.traffic_control import Control

_AVENUE = CrossSection(2, 2, median=2.0, sidewalk=3.0)
_ROAD = CrossSection(2, 2, sidewalk=3.0)
_STREET = CrossSection(1, 1, sidewalk=2.5)
_FLYOVER = CrossSection(1, 1, lane_width=3.75, shoulder=1.0, sidewalk=0.0)
_CLEARANCE = 7.0
"""Height of the flyover above the avenue that it crosses, m."""
_HILLS = tuple(0.5 * half_metres for half_metres in range(34, 11, -1))
"""Heights of the hilltop that are tried, until no road is too steep, m."""
_HILL_REACH = 145.0
_LEAST_HEIGHT = 0.3
"""Ground that the hill raises by less stays level, m."""
_ROUNDABOUT = Roundabout()

# Metres east and north of the roundabout; the letters of a name are its column and row, which the seed moves a little.
_PLACES: Mapping[str, tuple[float, float]] = {
    "AA": (-240.0, -230.0),
    "CA": (0.0, -230.0),
    "EA": (240.0, -230.0),
    "AB": (-240.0, -115.0),
    "CB": (0.0, -115.0),
    "EB": (240.0, -115.0),
    "AC": (-240.0, 0.0),
    "BC": (-130.0, 0.0),
    "DC": (130.0, 0.0),
    "EC": (240.0, 0.0),
    "BD": (-130.0, 115.0),
    "CD": (0.0, 115.0),
    "DD": (130.0, 115.0),
    "AE": (-240.0, 225.0),
    "BE": (-130.0, 225.0),
    "CE": (0.0, 225.0),
    "EE": (240.0, 225.0),
}
_BENDS = {"AA": 45.0, "EA": 45.0, "AE": 45.0, "EE": 55.0, "DD": 35.0, "CB": 100.0}
_CONTROL: Mapping[str, Control] = {"BD": "stop", "BE": "stop", "AB": "yield", "EB": "yield"}
_SIZE = 22.0
_SHIFT = 8.0
_ARMS = ("east", "north", "west", "south")


def _links() -> list[Link]:
    avenues = [("north", "CD"), ("east", "DC"), ("south", "CA"), ("west", "BC")]
    links = [Link((f"O/{arm}", end), _AVENUE, 50) for arm, end in avenues]
    links += [Link(path, _AVENUE, 50) for path in (("CD", "CE"), ("DC", "EC"), ("BC", "AC"))]
    ring = (
        ("CA", "EA", "EB"),
        ("EB", "EC"),
        ("EC", "EE", "CE"),
        ("CE", "BE"),
        ("BE", "AE", "AC"),
        ("AC", "AB"),
        ("AB", "AA", "CA"),
    )
    links += [Link(path, _ROAD, 60) for path in ring]
    streets = (("BC", "BD"), ("BD", "BE"), ("BD", "CD"), ("CD", "DD", "DC"))
    links += [Link(path, _STREET, 30) for path in streets]
    return [*links, Link(("AB", "CB", "EB"), _FLYOVER, 60)]


def _places(rng: Random) -> dict[str, tuple[float, float]]:
    columns = {letter: _SHIFT * (2.0 * rng.random() - 1.0) for letter in "ABDE"} | {"C": 0.0}
    rows = {letter: _SHIFT * (2.0 * rng.random() - 1.0) for letter in "ABDE"} | {"C": 0.0}
    places = {name: (x + columns[name[0]], y + rows[name[1]]) for name, (x, y) in _PLACES.items()}
    return places | {f"O/{arm}": (0.0, 0.0) for arm in _ARMS}


def _spots(places: Mapping[str, tuple[float, float]], hill: float) -> dict[str, Spot]:
    top = places["EE"]
    spots = {}
    for name, (x, y) in places.items():
        z = hill * math.exp(-((x - top[0]) ** 2 + (y - top[1]) ** 2) / (2.0 * _HILL_REACH**2))
        z = round(z, 2) if z > _LEAST_HEIGHT else 0.0
        size = _ROUNDABOUT.arm_size if name.startswith("O/") else _BENDS.get(name, _SIZE)
        spots[name] = Spot(x, y, size, z, _CONTROL.get(name, "lights"))
    # The avenue below the flyover runs from the roundabout to CA; it is never higher than its higher end.
    below = max(spots["O/south"].z, spots["CA"].z)
    crossing = spots["CB"]
    spots["CB"] = Spot(crossing.x, crossing.y, crossing.size, below + _CLEARANCE)
    return spots


def draw_hill_town(rng: Random) -> TownLayout:
    """Draw the town with the highest hill that its roads can climb.

    Raises:
        ValueError: no hill fits.
    """
    places = _places(rng)
    for hill in _HILLS:
        spots = _spots(places, hill)
        network = TownNetwork()
        nodes = network.draw(spots, _links())
        add_roundabout(
            network, _ROUNDABOUT, (0.0, 0.0), spots["O/east"].z, [nodes[f"O/{arm}"] for arm in _ARMS]
        )
        try:
            return network.finish()
        except ValueError as error:
            reason = error
    raise ValueError(f"Town03: {reason}")
