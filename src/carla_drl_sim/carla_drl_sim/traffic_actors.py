"""Traffic lights and signs of a town as actors of an episode."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import cached_property

import numpy as np

from carla_drl_sim.actors import Actor, ActorRegistry
from carla_drl_sim.errors import RpcError
from carla_drl_sim.protocol import structs
from carla_drl_sim.protocol.arguments import Description, Vector
from carla_drl_sim.protocol.structs import Pose, WireValue
from carla_drl_sim.world.labels import Label
from carla_drl_sim.world.signals import Signal, SignalKind
from carla_drl_sim.world.speed_limits import SpeedLimits
from carla_drl_sim.world.traffic_lights import StopZones, TrafficLights, zone_depth

_NAMES = {
    SignalKind.TRAFFIC_LIGHT: "traffic.traffic_light",
    SignalKind.STOP: "traffic.stop",
    SignalKind.YIELD: "traffic.yield",
}

HEAD_HEIGHT_M = 4.5
HEAD_EXTENT_M = (0.2, 0.2, 0.5)
"""Height of the middle of a traffic light's head above its foot, and half sizes of the head."""


def blueprint_of(signal: Signal) -> str:
    """Type id of the actor that stands for a signal, for example ``traffic.speed_limit.30``."""
    if signal.kind is SignalKind.SPEED_LIMIT:
        return f"traffic.speed_limit.{round(signal.value)}"
    return _NAMES[signal.kind]


def pose_of(signal: Signal) -> Pose:
    """Where the actor of a signal stands.

    As in CARLA its x axis points across the road, to the right of the traffic that it is for:
    ``TrafficLight.get_stop_waypoints`` walks along it over the lanes.
    """
    yaw = (signal.yaw_deg + 270.0) % 360.0 - 180.0
    return Pose(signal.x, signal.y, signal.z, 0.0, yaw, 0.0)


def trigger_volume(signal: Signal) -> tuple[Vector, Vector]:
    """Centre and half sizes, in the actor's axes, of a box around the places before all stop lines of a signal."""
    if not signal.stop_lines:
        return (0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
    pose = pose_of(signal)
    cos, sin = math.cos(math.radians(pose.yaw)), math.sin(math.radians(pose.yaw))
    corners = []
    for line in signal.stop_lines:
        size = 0.5 * zone_depth(line)
        yaw = math.radians(line.yaw_deg)
        for along, aside in ((0.0, -size), (0.0, size), (-2.0 * size, -size), (-2.0 * size, size)):
            x = line.x + along * math.cos(yaw) - aside * math.sin(yaw) - pose.x
            y = line.y + along * math.sin(yaw) + aside * math.cos(yaw) - pose.y
            corners += [
                (x * cos + y * sin, y * cos - x * sin, line.z - pose.z + height) for height in (-size, size)
            ]
    low, high = np.min(corners, axis=0), np.max(corners, axis=0)
    centre, extent = (low + high) / 2.0, (high - low) / 2.0
    return (centre[0].item(), centre[1].item(), centre[2].item()), (
        extent[0].item(),
        extent[1].item(),
        extent[2].item(),
    )


class TrafficActors:
    """Makes the actors of all signals when an episode begins.

    Attributes:
        lights: cycles of the traffic lights.
        zones: where vehicles are told of them.
        light_actors, light_ids: actor of each light, and its id as uint32 [N].
    """

    def __init__(
        self, signals: Sequence[Signal], actors: ActorRegistry, limits: Callable[[], SpeedLimits]
    ) -> None:
        """`limits` makes the speed limits of the town when they are first needed."""
        self._make_limits = limits
        self.lights = TrafficLights(signals)
        self.zones = StopZones(self.lights.signals)
        others = [signal for signal in signals if signal.kind is not SignalKind.TRAFFIC_LIGHT]
        self.light_actors = [self._add(signal, actors) for signal in self.lights.signals]
        self._index = {actor.id: index for index, actor in enumerate(self.light_actors)}
        self.light_ids = np.array(list(self._index), dtype=np.uint32)
        for signal in others:
            self._add(signal, actors)

    @cached_property
    def limits(self) -> SpeedLimits:
        """Speed limits by place."""
        return self._make_limits()

    @staticmethod
    def _add(signal: Signal, actors: ActorRegistry) -> Actor:
        actor = Actor(actors.next_id(), Description(0, blueprint_of(signal), []), pose_of(signal))
        actor.signal = signal
        actor.bounds = trigger_volume(signal)
        is_light = signal.kind is SignalKind.TRAFFIC_LIGHT
        actor.label = Label.TRAFFIC_LIGHT if is_light else Label.TRAFFIC_SIGNS
        actors.add(actor)
        return actor

    def index(self, actor_id: int) -> int:
        """Index of a light in `lights`. Raises RpcError when the actor is no traffic light."""
        found = self._index.get(actor_id)
        if found is None:
            raise RpcError(f"actor {actor_id} is not a traffic light")
        return found

    def light_row(self, actor: Actor) -> int | None:
        """Index of a light in `lights`, None for all other actors."""
        return self._index.get(actor.id)

    def group_ids(self, actor_id: int) -> list[int]:
        """Actor ids of all lights in the group of a light, itself included."""
        ids: list[int] = self.light_ids[self.lights.members(self.index(actor_id))].tolist()
        return ids

    def light_boxes(self, actor_id: int) -> list[WireValue]:
        """Boxes around the lamps of a light, in world coordinates."""
        actor = self.light_actors[self.index(actor_id)]
        x, y, z = actor.pose[:3]
        box = structs.bounding_box((x, y, z + HEAD_HEIGHT_M), HEAD_EXTENT_M, actor_id)
        box[2] = [0.0, actor.pose.yaw, 0.0]
        return [box]
