"""What the gateway costs a tick: from a frame that is complete in the ring to the observation that is published.

`gateway/tick_us/agents=16`: the state alone; `gateway/tick_us/agents=16,raster=96x96x8`: with bird's-eye rasters. The
gateway measures itself while the whole loop runs. Baseline: the same arithmetic on such a frame in this process, by the
gateway's C library; the rest is DDS and threads that wake each other.

`gateway/round_trip_ratio`: a tick of the loop less simulator and client, which is what the bridge spends on its batch
and tick and on reading the snapshot. Baseline: one message of the same size each way, to a C++ process that only
answers, back to back. `gateway/round_trip_ratio/between_ticks`: the same; baseline: one of those after each tick of the
loop, so with caches and processors as cold as the loop finds them.

`gateway/loan_1mb_us`: a picture of 1 MB handed to another C++ process as a lent `ImageBlock1M`, from before it is written
until it is taken; `.../data_sharing`: with RMW_FASTRTPS_USE_QOS_FROM_XML=1. Baseline: the same by copying it into and out
of shared memory, with a semaphore, in turns.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import time
from array import array
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import rclpy
from ament_index_python.packages import get_package_share_directory
from carla_drl_msgs.msg import FleetAction, FleetObservation
from diagnostic_msgs.msg import DiagnosticArray

from benchmarks.loop import drain, own_domain, step
from benchmarks.results import report
from benchmarks.stack import Stack, executable
from carla_drl_bringup.process_settings import process_settings
from carla_sensor_bridge.in_process import InProcessBridge
from carla_sensor_bridge.scenario import load_scenario
from drl_agent_node.env.fleet_link import ACTION, LATCHED, FleetLink
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.gateway_core import GatewayCore
from drl_agent_node.env.waiting import make_waiter

AGENTS = 16
WARM_UP_TICKS = 200
WINDOWS = 3
WINDOW_S = 3.0
CALLS = 300
ROUND_TRIPS = 1000
LOAN_ROUNDS = 5


class Arithmetic:
    """The gateway's arithmetic on one frame, in this process."""

    def __init__(self, raster: bool) -> None:
        scenarios = Path(get_package_share_directory("carla_drl_bringup")) / "config" / "scenarios"
        bridge = InProcessBridge(load_scenario(scenarios / "town01_basic.yaml"), AGENTS, 0, raster=raster)
        self._slot = bridge.frame
        self._core = GatewayCore(AGENTS, self._slot.route.shape[1], bridge.scenario.step_s)
        if bridge.town is not None:
            self._core.add_rasters(bridge.town.static_arrays())
        self._frame = 0

    def mean_us(self) -> float:
        """Return the mean time of a call, us."""
        slot, started = self._slot, time.perf_counter()
        for _ in range(CALLS):
            self._frame += 1
            self._core.observe(
                self._frame,
                slot.ego,
                slot.route,
                slot.metrics,
                slot.status,
                slot.route_line,
                slot.light_states,
            )
        return (time.perf_counter() - started) / CALLS * 1e6


class ReportedTimes:
    """What a node reported of its ticks under some keys of its diagnostics together, us, one mean per second."""

    def __init__(self, node: rclpy.node.Node, *keys: str) -> None:
        self._node = node
        self._keys = keys
        self._values: list[float] = []
        node.create_subscription(DiagnosticArray, "/diagnostics", self._take, 50)

    def _take(self, message: DiagnosticArray) -> None:
        for status in message.status:
            values = [float(pair.value) for pair in status.values if pair.key in self._keys]
            if values:
                self._values.append(sum(values))

    def take(self) -> float:
        """Return the median of the seconds since the last call in which there were frames."""
        drain(self._node)
        values, self._values = [value for value in self._values if value > 0.0], []
        return statistics.median(values)


def measure(*, raster: bool) -> tuple[list[float], float]:
    """Return the gateway's time per tick in each window, and that of the arithmetic alone, us."""
    alone = Arithmetic(raster)
    alone_us = []
    with own_domain(), Stack(AGENTS, raster=raster):
        rclpy.init()
        node, listener = rclpy.create_node("benchmark_agent"), rclpy.create_node("benchmark_diagnostics")
        link = FleetLink(node, ["sim0"], expected_agents=AGENTS)
        env = FleetVectorEnv(link, observation="both" if raster else "state", observation_timeout_s=60.0)
        times, ticks = ReportedTimes(listener, "observation_us"), []
        try:
            env.reset()
            actions = np.full((AGENTS, FleetAction.NUM_ACTIONS), 0.2, np.float32)
            for _ in range(WARM_UP_TICKS):
                step(env, actions)
            for _ in range(WINDOWS):
                drain(listener)
                started = time.perf_counter()
                while time.perf_counter() - started < WINDOW_S:
                    step(env, actions)
                ticks.append(times.take())
                alone_us.append(alone.mean_us())
        finally:
            env.close()
            listener.destroy_node()
            node.destroy_node()
            rclpy.shutdown()
    return ticks, statistics.median(alone_us)


class Echo:
    """A C++ process that answers every action with an observation, and the way there and back."""

    def __init__(self, node: rclpy.node.Node) -> None:
        self._publisher = node.create_publisher(FleetAction, "/carla_drl/echo/action", ACTION)
        subscription = node.create_subscription(
            FleetObservation, "/carla_drl/echo/observation", self._take, LATCHED
        )
        self._waiter = make_waiter(node, [(subscription, self._take)])
        self._message = FleetAction(num_agents=AGENTS)
        self._message.action = array("f", [0.2] * (AGENTS * FleetAction.NUM_ACTIONS))
        self._answered = 0
        while self._publisher.get_subscription_count() == 0:
            time.sleep(0.01)
        self.mean_us()

    def _take(self, message: FleetObservation) -> None:
        self._answered = int(message.frame)

    def round_trip(self) -> None:
        """Send a message and wait for its answer."""
        self._message.frame += 1
        self._publisher.publish(self._message)
        while self._answered != self._message.frame:
            self._waiter.wait(0.1)

    def mean_us(self) -> float:
        """Return the mean time of round trips back to back, us."""
        started = time.perf_counter()
        for _ in range(ROUND_TRIPS):
            self.round_trip()
        return (time.perf_counter() - started) / ROUND_TRIPS * 1e6

    def between_us(self, work: Callable[[], object]) -> float:
        """Return the mean time of round trips with `work` before each of them, us."""
        spent_s = 0.0
        for _ in range(ROUND_TRIPS):
            work()
            started = time.perf_counter()
            self.round_trip()
            spent_s += time.perf_counter() - started
        return spent_s / ROUND_TRIPS * 1e6


@contextlib.contextmanager
def running(*command: str) -> Iterator[None]:
    """Run a process as long as the block lasts."""
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.terminate()


def measure_round_trips(state_dim: int) -> tuple[list[float], float, float]:
    """Return the loop's time per tick less simulator and client in each window, and plain DDS in both ways, us."""
    peer = executable("carla_gateway", "benchmark_peer")
    with own_domain(), Stack(AGENTS), running(peer, "echo", str(AGENTS), str(state_dim)):
        rclpy.init()
        nodes = [rclpy.create_node(f"benchmark_{name}") for name in ("agent", "diagnostics", "echo")]
        env = FleetVectorEnv(
            FleetLink(nodes[0], ["sim0"], expected_agents=AGENTS), observation_timeout_s=60.0
        )
        clients = ReportedTimes(nodes[1], "tick_us", "read_us")
        loops, plain, between = [], [], []
        try:
            env.reset()
            echo = Echo(nodes[2])
            actions = np.full((AGENTS, FleetAction.NUM_ACTIONS), 0.2, np.float32)
            for _ in range(WARM_UP_TICKS):
                step(env, actions)
            for _ in range(WINDOWS):
                drain(nodes[1])
                ticks, started = 0, time.perf_counter()
                while time.perf_counter() - started < WINDOW_S:
                    step(env, actions)
                    ticks += 1
                loops.append((time.perf_counter() - started) / ticks * 1e6 - clients.take())
                plain.append(echo.mean_us())
                between.append(echo.between_us(lambda: step(env, actions)))
        finally:
            env.close()
            for node in nodes:
                node.destroy_node()
            rclpy.shutdown()
    return loops, statistics.median(plain), statistics.median(between)


def measure_loans(*, data_sharing: bool) -> tuple[list[float], float]:
    """Return the time of handing over 1 MB as a loan in each round, and by semaphore and memcpy, us."""
    with own_domain():
        command = [executable("carla_gateway", "benchmark_peer"), "loan", str(LOAN_ROUNDS)]
        environment = os.environ | ({"RMW_FASTRTPS_USE_QOS_FROM_XML": "1"} if data_sharing else {})
        output = subprocess.run(
            command, env=environment, check=True, capture_output=True, text=True, timeout=300.0
        ).stdout
    rounds = [[float(word) for word in line.split()] for line in output.splitlines()]
    return [lent for lent, _ in rounds], statistics.median(copied for _, copied in rounds)


def main() -> None:
    """Measure with the settings that launch gives every process."""
    os.environ |= process_settings() | os.environ
    for raster, suffix in ((False, ""), (True, ",raster=96x96x8")):
        ticks, alone = measure(raster=raster)
        report(f"gateway/tick_us/agents={AGENTS}{suffix}", ticks, "us", "the arithmetic alone", alone)
    loops, plain, between = measure_round_trips(state_dim=12 + 3 * 10 + 4 * 8)
    name = "gateway/round_trip_ratio"
    report(name, loops, "us", "plain DDS round trip", plain)
    report(f"{name}/between_ticks", loops, "us", "plain DDS round trip between two ticks", between)
    for data_sharing, suffix in ((False, ""), (True, "/data_sharing")):
        lent, copied = measure_loans(data_sharing=data_sharing)
        report(f"gateway/loan_1mb_us{suffix}", lent, "us", "semaphore and memcpy", copied)
