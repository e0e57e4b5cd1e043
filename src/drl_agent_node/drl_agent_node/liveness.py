"""What every node of this package tells: that it is alive, and what its safety layer did."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any, Final

from builtin_interfaces.msg import Time
from carla_drl_msgs.msg import Heartbeat, SafetyEvent
from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.qos import QoSProfile, ReliabilityPolicy

from drl_agent_node.safety.layer import SafetyLayer
from drl_agent_node.safety.shield import Kind

HEARTBEAT_PERIOD_S: Final = 0.1
SAFETY_PERIOD_S: Final = 0.1

_SAFETY_KINDS: Final = {
    Kind.COLLISION: SafetyEvent.KIND_SHIELD_COLLISION,
    Kind.RED_LIGHT: SafetyEvent.KIND_SHIELD_RED_LIGHT,
    Kind.LANE: SafetyEvent.KIND_SHIELD_LANE,
    Kind.SPEED: SafetyEvent.KIND_SHIELD_SPEED,
    Kind.STOP_SIGN: SafetyEvent.KIND_SHIELD_STOP_SIGN,
}


def steady_clock() -> Clock:
    """Return the clock for timers that must not depend on simulated time."""
    return Clock(clock_type=ClockType.STEADY_TIME)


def wall_time() -> Time:
    """Return the time of now as a message."""
    seconds, nanoseconds = divmod(time.time_ns(), 1_000_000_000)
    return Time(sec=seconds, nanosec=nanoseconds)


class Heart:
    """Publishes `Heartbeat` at 10 Hz while the node is spun."""

    def __init__(self, node: Node) -> None:
        best_effort = QoSProfile(depth=10, reliability=ReliabilityPolicy.BEST_EFFORT)
        self._publisher = node.create_publisher(Heartbeat, "/carla_drl/heartbeat", best_effort)
        self._source = node.get_fully_qualified_name()
        self._sequence = 0
        node.create_timer(HEARTBEAT_PERIOD_S, self._beat, clock=steady_clock())

    def _beat(self) -> None:
        message = Heartbeat()
        message.stamp = wall_time()
        message.source = self._source
        message.sequence = self._sequence
        self._sequence = (self._sequence + 1) & 0xFFFF
        self._publisher.publish(message)


class SafetyEvents:
    """Publishes what a safety layer did as `SafetyEvent`, one per group and kind since the last time."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._qos = QoSProfile(depth=100, reliability=ReliabilityPolicy.RELIABLE)
        self._publishers: dict[str, Any] = {}

    def publish(self, layer: SafetyLayer, simulators: Sequence[str]) -> None:
        """Publish the interventions of `layer` in the lock-step groups `simulators`."""
        for found in layer.take_interventions():
            simulator = simulators[found.group]
            if simulator not in self._publishers:
                self._publishers[simulator] = self._node.create_publisher(
                    SafetyEvent, f"/carla_drl/{simulator}/safety_event", self._qos
                )
            message = SafetyEvent()
            message.stamp = wall_time()
            message.simulator = simulator
            message.session = found.session
            message.kind = _SAFETY_KINDS[found.kind]
            message.first_frame = found.first_frame
            message.last_frame = found.last_frame
            message.count = found.count
            message.agents = found.agents
            self._publishers[simulator].publish(message)
