"""Traffic lights as topics: where they are, and what they show whenever that changes; both latched."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from carla_drl_msgs.msg import (
    TrafficLightInfo,
    TrafficLightInfoArray,
    TrafficLightStatus,
    TrafficLightStatusArray,
)
from geometry_msgs.msg import Point, Pose, Quaternion, Vector3
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy

from carla_sensor_bridge.topic_names import TopicNames, stamp_of
from carla_sensor_bridge.traffic_lights import LightPlace, LightStates, TrafficLights

_LATCHED: Final = QoSProfile(
    depth=1,
    history=HistoryPolicy.KEEP_LAST,
    reliability=ReliabilityPolicy.RELIABLE,
    durability=DurabilityPolicy.TRANSIENT_LOCAL,
)
_LOOK_S: Final = 0.1
# Without a subscriber one look in so many is enough for the latched message not to grow old.
_IDLE_LOOKS: Final = 10


def _pose(position: Sequence[float], orientation: Sequence[float]) -> Pose:
    x, y, z = position
    qx, qy, qz, qw = orientation
    return Pose(position=Point(x=x, y=y, z=z), orientation=Quaternion(x=qx, y=qy, z=qz, w=qw))


def info_message(places: Sequence[LightPlace], frame_id: str) -> TrafficLightInfoArray:
    """Return where all lights are."""
    message = TrafficLightInfoArray()
    message.header.frame_id = frame_id
    for place in places:
        x, y, z = place.trigger_size
        message.traffic_lights.append(
            TrafficLightInfo(
                id=place.actor_id,
                opendrive_id=place.opendrive_id,
                pose=_pose(place.position, place.orientation),
                trigger_pose=_pose(place.trigger_position, place.trigger_orientation),
                trigger_size=Vector3(x=x, y=y, z=z),
            )
        )
    return message


def status_message(places: Sequence[LightPlace], seen: LightStates) -> TrafficLightStatusArray:
    """Return what all lights show."""
    message = TrafficLightStatusArray()
    message.header.stamp = stamp_of(seen.sim_time_s)
    message.traffic_lights = [
        TrafficLightStatus(id=place.actor_id, state=state)
        for place, state in zip(places, seen.states, strict=True)
    ]
    return message


class TrafficLightTopics:
    """Publishes from the node's thread; the tick thread only wakes it."""

    def __init__(self, node: Node, names: TopicNames) -> None:
        self._names = names
        self._lights: TrafficLights | None = None
        self._told: LightStates | None = None
        self._idle = 0
        prefix = f"{names.prefix}/traffic_lights"
        self._info = node.create_publisher(TrafficLightInfoArray, f"{prefix}/info", _LATCHED)
        self._status = node.create_publisher(TrafficLightStatusArray, f"{prefix}/status", _LATCHED)
        self._wake: Any = node.create_guard_condition(self._publish)
        node.create_timer(_LOOK_S, self._judge)

    def attach(self, world: Any) -> TrafficLights:
        """Begin with the lights of a new world; return what is to look at them after every frame."""
        lights = TrafficLights(world, self._wake.trigger)
        self._info.publish(info_message(lights.places, f"{self._names.frame_prefix}map"))
        self._lights = lights
        return lights

    def _judge(self) -> None:
        lights = self._lights
        if lights is not None:
            self._idle = 0 if self._status.get_subscription_count() else (self._idle + 1) % _IDLE_LOOKS
            lights.wanted = self._idle == 0

    def _publish(self) -> None:
        lights = self._lights
        if lights is not None and lights.newest is not None and lights.newest is not self._told:
            self._told = lights.newest
            self._status.publish(status_message(lights.places, self._told))
