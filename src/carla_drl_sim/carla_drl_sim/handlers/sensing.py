"""Rays through the world, and what can be set on sensors after they were spawned."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from carla_drl_sim.errors import RpcError
from carla_drl_sim.handlers.registry import PARTIAL, rpc
from carla_drl_sim.protocol import arguments
from carla_drl_sim.protocol.arguments import Vector
from carla_drl_sim.sensors.rays import Hits, cast
from carla_drl_sim.sensors.rays_kernel import DECK, GROUND
from carla_drl_sim.sensors.scene import SceneFrame

if TYPE_CHECKING:
    from carla_drl_sim.simulator import Simulator

_MAX_HITS = 64
"""Most surfaces that one ray tells of."""

_PAST_M = 1e-3
"""How far behind a surface a ray goes on."""


def _cast_one(scene: SceneFrame, origin: Vector, direction: Vector, reach: float) -> Hits:
    return cast(scene, np.array([origin]), np.array([direction]), np.array([reach]))


def _labelled(hits: Hits) -> list[object]:
    return [hits.point[0].tolist(), int(hits.label[0])]


def _direction(vector: Vector) -> tuple[Vector, float]:
    length = math.hypot(*vector)
    if length == 0.0:
        raise RpcError("the ray has no direction: its vector is zero")
    return (vector[0] / length, vector[1] / length, vector[2] / length), length


@rpc(arguments.vector, arguments.vector, arguments.number)
def project_point(simulator: Simulator, location: Vector, direction: Vector, distance: float) -> object:
    """The first thing on the way from a place in a direction: whether there is any, where, and its label."""
    episode = simulator.episode
    ahead, _ = _direction(direction)
    hits = _cast_one(episode.sensors.scenes.frame(episode), location, ahead, max(0.0, distance))
    if not math.isfinite(hits.distance[0]):
        return [False, [[0.0, 0.0, 0.0], 0]]
    return [True, _labelled(hits)]


@rpc(arguments.vector, arguments.vector)
def cast_ray(simulator: Simulator, start: Vector, end: Vector) -> object:
    """All surfaces that the way between two places enters, nearest first, with their labels."""
    episode = simulator.episode
    ahead, left = _direction((end[0] - start[0], end[1] - start[1], end[2] - start[2]))
    scene = episode.sensors.scenes.frame(episode)
    found: list[object] = []
    origin = np.array(start)
    while left > 0.0 and len(found) < _MAX_HITS:
        hits = _cast_one(scene, (origin[0], origin[1], origin[2]), ahead, left)
        passed = float(hits.distance[0])
        if not math.isfinite(passed):
            break
        found.append(_labelled(hits))
        if hits.target[0] == GROUND:
            break
        passed += _PAST_M if hits.target[0] != DECK else 10.0 * _PAST_M
        origin = origin + passed * np.array(ahead)
        left -= passed
    return found


@rpc(arguments.unsigned, arguments.list_of(arguments.unsigned), void=True)
def set_ignored_vehicles(simulator: Simulator, actor_id: int, ignored: list[int]) -> None:
    """Let the rays of a lidar, radar or obstacle detector go through some vehicles."""
    episode = simulator.episode
    episode.sensors.ignore(episode.actors.get(actor_id), ignored)


def _served_stream(simulator: Simulator, stream_id: int) -> int:
    if not simulator.episode.sensors.has_stream(stream_id):
        raise RpcError(f"there is no sensor with stream {stream_id}")
    return stream_id


_ROS_NOTE = "kept; this server publishes no topics by itself"


@rpc(arguments.unsigned, void=True, state=PARTIAL, note=_ROS_NOTE)
def enable_sensor_for_ros(simulator: Simulator, stream_id: int) -> None:
    """Mark a sensor for publishing."""
    simulator.episode.sensors.for_ros.add(_served_stream(simulator, stream_id))


@rpc(arguments.unsigned, void=True, state=PARTIAL, note=_ROS_NOTE)
def disable_sensor_for_ros(simulator: Simulator, stream_id: int) -> None:
    """Take the mark away."""
    simulator.episode.sensors.for_ros.discard(_served_stream(simulator, stream_id))


@rpc(arguments.unsigned, state=PARTIAL, note=_ROS_NOTE)
def is_sensor_enabled_for_ros(simulator: Simulator, stream_id: int) -> bool:
    """Whether a sensor has the mark."""
    return _served_stream(simulator, stream_id) in simulator.episode.sensors.for_ros
