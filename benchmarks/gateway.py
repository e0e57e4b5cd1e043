"""What the gateway costs a tick: from a frame that is complete in the ring to the observation that is published.

`gateway/tick_us/agents=16`: the state alone; `gateway/tick_us/agents=16,raster=96x96x8`: with bird's-eye rasters. The
gateway measures itself while the whole loop runs. Baseline: the same arithmetic on such a frame in this process, by the
gateway's C library; the rest is DDS and threads that wake each other.
"""

from __future__ import annotations

import os
import statistics
import time
from pathlib import Path

import numpy as np
import rclpy
from ament_index_python.packages import get_package_share_directory
from carla_drl_msgs.msg import FleetAction
from diagnostic_msgs.msg import DiagnosticArray

from benchmarks.loop import drain, own_domain, step
from benchmarks.results import report
from benchmarks.stack import Stack
from carla_drl_bringup.process_settings import process_settings
from carla_sensor_bridge.in_process import InProcessBridge
from carla_sensor_bridge.scenario import load_scenario
from drl_agent_node.env.fleet_link import FleetLink
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.gateway_core import GatewayCore

AGENTS = 16
WARM_UP_TICKS = 200
WINDOWS = 3
WINDOW_S = 3.0
CALLS = 300


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


class TickTimes:
    """What the gateway reported of its ticks, us, one mean per second."""

    def __init__(self, node: rclpy.node.Node) -> None:
        self._node = node
        self._values: list[float] = []
        node.create_subscription(DiagnosticArray, "/diagnostics", self._take, 50)

    def _take(self, message: DiagnosticArray) -> None:
        for status in message.status:
            self._values += [float(pair.value) for pair in status.values if pair.key == "observation_us"]

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
        times, ticks = TickTimes(listener), []
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


def main() -> None:
    """Measure with and without rasters, with the settings that launch gives every process."""
    os.environ |= process_settings() | os.environ
    for raster, suffix in ((False, ""), (True, ",raster=96x96x8")):
        ticks, alone = measure(raster=raster)
        report(f"gateway/tick_us/agents={AGENTS}{suffix}", ticks, "us", "the arithmetic alone", alone)
