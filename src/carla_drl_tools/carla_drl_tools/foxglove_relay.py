"""Topics of ROS for Foxglove clients: a channel for every topic, a subscription for those that somebody looks at."""

from __future__ import annotations

import logging
import queue
from typing import Any, Final

import foxglove
from foxglove.websocket import ServerListener
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, HistoryPolicy, QoSProfile, ReliabilityPolicy
from rosidl_runtime_py.utilities import get_message

from carla_drl_tools.errors import ToolError
from carla_drl_tools.message_definitions import definition

_DISCOVERY_S: Final = 0.5
_DEPTH: Final = 10


class _Listener(ServerListener):
    """Notes from the server's threads what clients want; the node's thread takes it from there."""

    def __init__(self, wishes: queue.SimpleQueue[tuple[str, int]], wake: Any) -> None:
        self._wishes = wishes
        self._wake = wake

    def on_subscribe(self, client: Any, channel: Any) -> None:
        """Note that a client wants a topic."""
        del client
        self._wishes.put((channel.topic, 1))
        self._wake()

    def on_unsubscribe(self, client: Any, channel: Any) -> None:
        """Note that a client wants a topic no longer, or is gone."""
        del client
        self._wishes.put((channel.topic, -1))
        self._wake()


class FoxgloveRelay:
    """Serves the topics that a node sees over Foxglove's WebSocket protocol.

    Messages are passed on as they were serialised. A client that does not keep up loses the oldest ones, in the
    server's queue; publishers never wait for it.

    Attributes:
        port: where the server listens.
    """

    def __init__(self, node: Node, host: str, port: int, log: logging.Logger) -> None:
        """Start to listen.

        Raises:
            ToolError: when the address is taken or is none.
        """
        self._node = node
        self._log = log
        self._channels: dict[str, foxglove.Channel] = {}
        self._types: dict[str, str] = {}
        self._readers: dict[str, int] = {}
        self._subscriptions: dict[str, Any] = {}
        self._unknown: set[str] = set()
        self._wishes: queue.SimpleQueue[tuple[str, int]] = queue.SimpleQueue()
        guard = node.create_guard_condition(self._follow_wishes)
        self._context = foxglove.Context()
        try:
            self._server = foxglove.start_server(
                name="carla_drl",
                host=host,
                port=port,
                server_listener=_Listener(self._wishes, guard.trigger),
                supported_encodings=["cdr"],
                context=self._context,
            )
        except Exception as error:
            raise ToolError(
                f"no server can listen on {host}:{port} ({error}); allowed: a free port here"
            ) from error
        self.port: int = self._server.port
        self._timer = node.create_timer(_DISCOVERY_S, self._discover)
        self._discover()

    @property
    def topics(self) -> list[str]:
        """The topics on offer."""
        return sorted(self._channels)

    @property
    def watched(self) -> list[str]:
        """The topics that clients look at."""
        return sorted(self._subscriptions)

    def close(self) -> None:
        """Disconnect clients and stop to listen."""
        self._timer.cancel()
        for topic in list(self._channels):
            self._remove(topic)
        self._server.stop()

    def _discover(self) -> None:
        found = {
            topic: types[0]
            for topic, types in self._node.get_topic_names_and_types()
            if self._node.count_publishers(topic)
        }
        for topic in [topic for topic, kind in self._types.items() if found.get(topic) != kind]:
            self._remove(topic)
        for topic, kind in found.items():
            if topic not in self._channels and kind not in self._unknown:
                self._add(topic, kind)

    def _add(self, topic: str, kind: str) -> None:
        try:
            text = definition(kind)
        except ToolError as error:
            self._unknown.add(kind)
            self._log.warning("topic %s is left out: %s", topic, error)
            return
        schema = foxglove.Schema(name=kind, encoding="ros2msg", data=text.encode())
        self._types[topic] = kind
        self._channels[topic] = foxglove.Channel(
            topic, schema=schema, message_encoding="cdr", context=self._context
        )

    def _remove(self, topic: str) -> None:
        self._unsubscribe(topic)
        self._readers.pop(topic, None)
        self._types.pop(topic)
        self._channels.pop(topic).close()

    def _follow_wishes(self) -> None:
        while True:
            try:
                topic, change = self._wishes.get_nowait()
            except queue.Empty:
                return
            if topic not in self._channels:
                continue
            readers = self._readers[topic] = max(0, self._readers.get(topic, 0) + change)
            if readers == 0:
                self._unsubscribe(topic)
            elif change > 0:
                self._subscribe(topic)

    def _subscribe(self, topic: str) -> None:
        qos = self._qos(topic)
        if topic in self._subscriptions:
            if qos.durability != DurabilityPolicy.TRANSIENT_LOCAL:
                return
            self._unsubscribe(topic)  # anew: the one who came last wants the latched message, too
        channel = self._channels[topic]
        self._subscriptions[topic] = self._node.create_subscription(
            get_message(self._types[topic]), topic, lambda raw: channel.log(bytes(raw)), qos, raw=True
        )

    def _unsubscribe(self, topic: str) -> None:
        subscription = self._subscriptions.pop(topic, None)
        if subscription is not None:
            self._node.destroy_subscription(subscription)

    def _qos(self, topic: str) -> QoSProfile:
        """Return what every publisher of a topic can give."""
        offered = [info.qos_profile for info in self._node.get_publishers_info_by_topic(topic)]
        reliable = all(qos.reliability == ReliabilityPolicy.RELIABLE for qos in offered)
        latched = all(qos.durability == DurabilityPolicy.TRANSIENT_LOCAL for qos in offered)
        return QoSProfile(
            history=HistoryPolicy.KEEP_LAST,
            depth=_DEPTH,
            reliability=ReliabilityPolicy.RELIABLE if reliable else ReliabilityPolicy.BEST_EFFORT,
            durability=DurabilityPolicy.TRANSIENT_LOCAL if latched else DurabilityPolicy.VOLATILE,
        )
