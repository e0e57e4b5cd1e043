"""A town: an OpenDRIVE map, the places where vehicles may start, and what is read out of the map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from random import Random

import numpy as np
import numpy.typing as npt

from carla_drl_sim.world.covering_builder import build_covering
from carla_drl_sim.world.ground import Covering, Heights
from carla_drl_sim.world.ground_builder import build_heights
from carla_drl_sim.world.network_signals import read_signals
from carla_drl_sim.world.network_spawn_points import network_spawn_points
from carla_drl_sim.world.network_walkways import network_walkways
from carla_drl_sim.world.opendrive_reader import read_opendrive
from carla_drl_sim.world.road_network import RoadNetwork
from carla_drl_sim.world.scenery import Scenery
from carla_drl_sim.world.scenery_builder import build_scenery
from carla_drl_sim.world.signals import Signal
from carla_drl_sim.world.speed_limits import SpeedLimits, build_speed_limits
from carla_drl_sim.world.walkways import Walkway


@dataclass(frozen=True)
class Town:
    """A map and its spawn points. What is read out of the map is made when it is first asked for.

    Attributes:
        name: CARLA map name, for example Town01.
        opendrive: OpenDRIVE document.
        spawn_points: float64 [K, 6]: x, y, z in m and pitch, yaw, roll in degrees, in CARLA's left-handed axes;
            on driving lanes, along the lane. In random order, so that the first N are spread over the town.
        seed: seed of what stands beside the roads.
        slow_bends: whether speed limits are lowered to what bends allow.
    """

    name: str
    opendrive: str
    spawn_points: npt.NDArray[np.float64]
    seed: int = 0
    slow_bends: bool = False

    @cached_property
    def network(self) -> RoadNetwork:
        """Roads, lanes and junctions. Raises ValueError when the document is wrong."""
        return read_opendrive(self.opendrive)

    @cached_property
    def signals(self) -> tuple[Signal, ...]:
        """Traffic lights and signs."""
        return read_signals(self.network)

    @cached_property
    def heights(self) -> Heights:
        """Heights of the ground and of bridges."""
        return build_heights(self.network)

    @cached_property
    def covering(self) -> Covering:
        """What covers the ground: roads, their markings, sidewalks."""
        return build_covering(self.network, self.signals, self.heights)

    @cached_property
    def scenery(self) -> Scenery:
        """What stands in the town."""
        return build_scenery(self.name, self.seed, self.network, self.signals, self.heights)

    @cached_property
    def speed_limits(self) -> SpeedLimits:
        """Speed limits by place."""
        return build_speed_limits(self.network, slow_bends=self.slow_bends)

    @cached_property
    def walkways(self) -> tuple[Walkway, ...]:
        """Where pedestrians may walk."""
        return network_walkways(self.network)


def town_from_opendrive(name: str, opendrive: str, seed: int = 0) -> Town:
    """A town from any OpenDRIVE document, with spawn points on its driving lanes.

    Args:
        name: name of the map.
        opendrive: the document.
        seed: seed of the order of the spawn points and of what stands beside the roads.

    Raises:
        ValueError: the document is wrong, or has no lane that vehicles could start on.
    """
    network = read_opendrive(opendrive)
    spawn_points = network_spawn_points(network, Random(f"{name}/{seed}/spawn points"))
    town = Town(name, opendrive, spawn_points, seed, slow_bends=True)
    town.__dict__["network"] = network  # where cached_property keeps it: reading a large map takes a while
    return town
