"""What a generator draws and `generate_town` writes down."""

from __future__ import annotations

from dataclasses import dataclass

from carla_drl_sim.world.opendrive import Road
from carla_drl_sim.world.traffic_control import GuardedJunction

FIRST_JUNCTION = 10_000
"""Junction ids begin here, so that they are not taken for road ids."""


@dataclass(frozen=True)
class TownLayout:
    """Streets, the connecting roads in junctions, and the junctions."""

    streets: tuple[Road, ...]
    connecting: tuple[Road, ...]
    junctions: tuple[GuardedJunction, ...]
