"""The ROS side of the lock-step groups: topics, QoS, messages in and out."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Protocol

import numpy as np
from carla_drl_msgs.msg import FleetAction, FleetObservation, ObservationLayout
from numpy.typing import NDArray
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from drl_agent_node.env import columns
from drl_agent_node.env.lock_step import LockStep
from drl_agent_node.env.waiting import make_waiter
from drl_agent_node.env.wire import read_observation, write_action

LATCHED = QoSProfile(
    depth=1, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.TRANSIENT_LOCAL
)
ACTION = QoSProfile(depth=4, reliability=ReliabilityPolicy.RELIABLE, durability=DurabilityPolicy.VOLATILE)


class Transport(Protocol):
    """What the vector environment needs from whoever carries its messages."""

    @property
    def groups(self) -> Sequence[LockStep]:
        """The lock-step groups, in the order of their rows."""

    def wait(self, timeout_s: float) -> None:
        """Hand what arrives to `groups`; return after the first message, or after `timeout_s`."""

    def describe_peers(self, group: LockStep) -> str:
        """Say who is on the group's topics, for error messages."""

    def close(self) -> None:
        """Release everything."""


def make_link_node(node: Node) -> Node:
    """Make a node beside `node` for a `FleetLink`: only the thread that drives waits on it.

    Launch's renaming is for the node that people see.
    """
    return Node(
        f"{node.get_name()}_link",
        namespace=node.get_namespace(),
        context=node.context,
        use_global_arguments=False,
        enable_rosout=False,
        start_parameter_services=False,
    )


class FleetLink:
    """Topics of several lock-step groups on one node, which nothing else may spin."""

    def __init__(
        self, node: Node, simulators: Sequence[str], *, retry_s: float = 1.0, expected_agents: int = 0
    ) -> None:
        self._node = node
        self.groups: list[LockStep] = []
        self._subscriptions = []
        entries: list[tuple[Any, Callable[[Any], None]]] = []
        for simulator in simulators:
            publisher = node.create_publisher(FleetAction, f"/carla_drl/{simulator}/action", ACTION)
            group = LockStep(simulator, partial(_publish_action, publisher), retry_s, expected_agents)
            for kind, topic, callback, raw in (
                (FleetObservation, group.observation_topic, partial(_on_observation, group), True),
                (ObservationLayout, group.layout_topic, group.on_layout, False),
            ):
                subscription = node.create_subscription(kind, topic, callback, LATCHED, raw=raw)
                self._subscriptions.append(subscription)
                entries.append((subscription, callback))
            self.groups.append(group)
        self._waiter = make_waiter(node, entries)

    def wait(self, timeout_s: float) -> None:
        """Hand what arrives to `groups`; return after the first message, or after `timeout_s`."""
        self._waiter.wait(timeout_s)

    def describe_peers(self, group: LockStep) -> str:
        """Say who publishes and listens on the group's topics."""
        count = self._node.count_publishers
        return (
            f"{group.observation_topic} has {count(group.observation_topic)} publisher(s), "
            f"{group.layout_topic} {count(group.layout_topic)}, and {group.action_topic} "
            f"{self._node.count_subscribers(group.action_topic)} subscriber(s)"
        )

    def close(self) -> None:
        """Stop waiting for messages; the node stays its owner's to destroy."""
        self._waiter.close()


def _on_observation(group: LockStep, data: bytes) -> None:
    group.on_observation(read_observation(data, group.observation_topic), time.monotonic())


def _publish_action(publisher: Any, session: int, frame: int, actions: NDArray[np.float32]) -> None:
    assert actions.shape[1] == columns.NUM_ACTIONS
    publisher.publish(write_action(time.time_ns(), session, frame, actions))
