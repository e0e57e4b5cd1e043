"""Plays the gateway on real topics, with `LaneWorld` behind it. Also a program: `python fake_gateway.py <agents>`."""

from __future__ import annotations

import signal
import sys
import threading
import time
from array import array
from typing import Any

import numpy as np
import rclpy
from carla_drl_msgs.msg import FleetAction, FleetObservation, ObservationLayout
from lane_world import ACTION_NAMES, METRIC_NAMES, STATE_NAMES, STEP_S, LaneWorld
from rclpy.node import Node

from drl_agent_node.env.fleet_link import ACTION, LATCHED
from drl_agent_node.env.waiting import make_waiter


def observation_message(world: LaneWorld, session: int) -> FleetObservation:
    """Return the world's current frame as the gateway would publish it."""
    message = FleetObservation()
    message.header.frame_id = "map"
    nanoseconds = round(world.frame * STEP_S * 1e9)
    message.header.stamp.sec, message.header.stamp.nanosec = divmod(nanoseconds, 1_000_000_000)
    message.session, message.frame, message.step_s = session, world.frame, STEP_S
    message.num_agents, message.state_dim = world.state.shape
    message.state = array("f", world.state.tobytes())
    message.metrics = array("f", world.metrics.tobytes())
    message.status = array("B", world.status.tobytes())
    return message


def layout_message(world: LaneWorld, session: int, simulator: str) -> ObservationLayout:
    """Return the layout of the world's frames."""
    return ObservationLayout(
        simulator=simulator,
        session=session,
        num_agents=world.num_agents,
        step_s=STEP_S,
        state_names=list(STATE_NAMES),
        metric_names=list(METRIC_NAMES),
        action_names=list(ACTION_NAMES),
    )


class FakeGateway:
    """Steps `world` once per answered frame, in a thread of its own.

    Tests may set `muted` (answers are swallowed), call `restart_world`, and read `actions`: frame -> answers so far.
    """

    def __init__(self, node: Node, world: LaneWorld, simulator: str = "sim0", session: int = 7) -> None:
        self.world = world
        self.session = session
        self.simulator = simulator
        self.muted = False
        self.actions: dict[tuple[int, int], list[np.ndarray]] = {}
        self.keep_actions = True
        self.lock = threading.Lock()
        self._publisher = node.create_publisher(
            FleetObservation, f"/carla_drl/{simulator}/observation", LATCHED
        )
        self._layout = node.create_publisher(
            ObservationLayout, f"/carla_drl/{simulator}/observation_layout", LATCHED
        )
        subscription = node.create_subscription(
            FleetAction, f"/carla_drl/{simulator}/action", self._on_action, ACTION
        )
        self._waiter = make_waiter(node, [(subscription, self._on_action)])
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self.run, daemon=True)

    def start(self) -> None:
        self.publish_layout()
        self.publish()
        self._thread.start()

    def run(self) -> None:
        while not self._stop.is_set():
            self._waiter.wait(0.1)

    def stop(self) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)
        self._waiter.close()

    def publish(self) -> None:
        self._publisher.publish(observation_message(self.world, self.session))

    def publish_layout(self) -> None:
        self._layout.publish(layout_message(self.world, self.session, self.simulator))

    def restart_world(self, world: LaneWorld, session: int) -> None:
        """A new bridge: new world, new session, first frame."""
        with self.lock:
            self.world, self.session = world, session
            self.publish_layout()
            self.publish()

    def _on_action(self, message: Any) -> None:
        with self.lock:
            action = np.frombuffer(message.action, np.float32).reshape(message.num_agents, -1)
            if self.keep_actions:
                self.actions.setdefault((message.session, message.frame), []).append(action)
            if self.muted or message.session != self.session or message.frame != self.world.frame:
                return
            self.world.step(action)
            self.publish()


def main() -> None:
    """Serve `sys.argv[1]` agents as simulator `sys.argv[2]` until SIGINT or SIGTERM."""
    agents = int(sys.argv[1])
    simulator = sys.argv[2] if len(sys.argv) > 2 else "sim0"
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    rclpy.init(signal_handler_options=rclpy.signals.SignalHandlerOptions.NO)
    node = Node("fake_gateway", enable_rosout=False, start_parameter_services=False)
    gateway = FakeGateway(node, LaneWorld(agents, seed=1), simulator, session=int(time.time()) & 0xFFFFFFFF)
    gateway.keep_actions = False
    gateway.start()
    print("ready", flush=True)
    ended.wait()
    gateway.stop()
    node.destroy_node()
    rclpy.try_shutdown()


if __name__ == "__main__":
    main()
