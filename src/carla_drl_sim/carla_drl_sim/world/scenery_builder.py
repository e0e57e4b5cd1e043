"""Makes what stands in a town: the same roads, name and seed give the same objects."""

from __future__ import annotations

from collections.abc import Iterable
from random import Random

from carla_drl_sim.world.ground import Heights
from carla_drl_sim.world.road_network import RoadNetwork
from carla_drl_sim.world.scenery import Scenery
from carla_drl_sim.world.scenery_parts import SceneryParts
from carla_drl_sim.world.scenery_roadside import add_bridges, add_rails, add_signals
from carla_drl_sim.world.scenery_sites import Sites, frontages
from carla_drl_sim.world.scenery_streets import Streets
from carla_drl_sim.world.signals import Signal

FULL_LENGTH_M = 60_000.0
"""Towns whose roads have longer sides than this get fewer things per kilometre."""


def build_scenery(
    name: str, seed: int, network: RoadNetwork, signals: Iterable[Signal], heights: Heights
) -> Scenery:
    """Buildings, trees, lamps, fences, guard rails, poles and bridges of a town.

    Nothing solid stands on lanes of any kind, sidewalks included, but the poles of signals where the map puts them.
    """
    parts = SceneryParts()
    sites = Sites(network, heights)
    sides = list(frontages(network, heights))
    thin = max(1.0, sum(front.length for front in sides) / FULL_LENGTH_M)
    streets = Streets(parts, sites, Random(f"{name}/{seed}/scenery"), thin)
    add_signals(parts, sites, signals)
    add_bridges(parts, sites, network)
    for front in sides:
        add_rails(parts, sites, front)
    for place in (streets.lamps, streets.buildings, streets.walls, streets.furniture, streets.trees):
        for front in sides:
            place(front)
    return parts.finish()
