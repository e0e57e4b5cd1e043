"""Lock-step speed of the whole loop, and where a tick's time goes.

`loop/ticks_per_s/agents=N` and `loop/agent_steps_per_s/agents=N`: simulator, real client, bridge, gateway, DDS and a
policy network that acts but does not learn. Baseline: the real client alone on the same simulator, N vehicles, one
batch of controls and one tick per frame.

`loop/in_process_agent_steps_per_s/agents=N`: the same policy on the same scenario in `InProcessVectorEnv`. Baseline: the
loop.

`loop/share/<hop>/agents=N`: microseconds of one tick spent in a hop; baseline: the whole tick.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import carla
import numpy as np
import rclpy
from ament_index_python.packages import get_package_share_directory
from carla_drl_msgs.msg import FleetAction
from diagnostic_msgs.msg import DiagnosticArray
from numpy.typing import NDArray

from benchmarks.results import report
from benchmarks.stack import Stack, wait_for_port
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.env.fleet_link import FleetLink
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.in_process import InProcessVectorEnv

FLEETS = (1, 16, 64)
WARM_UP_TICKS = 300
WINDOWS = 3
WINDOW_S = 4.0


def client_alone(num_vehicles: int) -> float:
    """Return the ticks/s of the real client alone, driving `num_vehicles` in batches."""
    with Stack(num_vehicles, only_simulator=True) as stack:
        wait_for_port(stack.port)
        client = carla.Client("127.0.0.1", stack.port, worker_threads=1)
        client.set_timeout(20.0)
        world = client.get_world()
        settings = world.get_settings()
        settings.synchronous_mode = True
        settings.fixed_delta_seconds = 0.1
        world.apply_settings(settings)
        blueprint = world.get_blueprint_library().find("vehicle.tesla.model3")
        points = world.get_map().get_spawn_points()
        spawn = [carla.command.SpawnActor(blueprint, point) for point in points[:num_vehicles]]
        ids = [answer.actor_id for answer in client.apply_batch_sync(spawn, True)]
        drive = [
            carla.command.ApplyVehicleControl(vehicle, carla.VehicleControl(throttle=0.3, brake=0.2))
            for vehicle in ids
        ]
        for _ in range(WARM_UP_TICKS):
            client.apply_batch(drive)
            world.tick()
        ticks, started = 0, time.perf_counter()
        while time.perf_counter() - started < WINDOW_S:
            client.apply_batch(drive)
            world.tick()
            ticks += 1
        rate = ticks / (time.perf_counter() - started)
        settings.synchronous_mode = False
        world.apply_settings(settings)
        return rate


class DiagnosticValues:
    """The last values that the nodes reported on /diagnostics, by key."""

    def __init__(self, node: rclpy.node.Node) -> None:
        self.values: dict[str, float] = {}
        node.create_subscription(DiagnosticArray, "/diagnostics", self._take, 50)

    def _take(self, message: DiagnosticArray) -> None:
        for status in message.status:
            for pair in status.values:
                with contextlib.suppress(ValueError):
                    self.values[pair.key] = float(pair.value)


@contextlib.contextmanager
def own_domain() -> Iterator[None]:
    """Run in a ROS domain that nothing else on this machine is likely to use."""
    before = os.environ.get("ROS_DOMAIN_ID")
    os.environ["ROS_DOMAIN_ID"] = str(160 + os.getpid() % 70)
    try:
        yield
    finally:
        if before is None:
            del os.environ["ROS_DOMAIN_ID"]
        else:
            os.environ["ROS_DOMAIN_ID"] = before


@dataclass
class Measured:
    """What one fleet's loop did: ticks/s of each window, and microseconds per tick by hop."""

    ticks_per_s: list[float]
    hops_us: dict[str, float]


def step(env: FleetVectorEnv, actions: NDArray[np.float32]) -> NDArray[np.float32]:
    """Step as the trainer does: the last step's rewards are computed while the simulator works on this one."""
    env.send(actions)
    env.outcome()
    return env.receive()


def measure_loop(num_agents: int) -> Measured:
    """Drive `num_agents` through the whole loop with a policy that does not learn."""
    with own_domain(), Stack(num_agents) as stack:
        rclpy.init()
        node = rclpy.create_node("benchmark_agent")
        listener = rclpy.create_node("benchmark_diagnostics")
        link = FleetLink(node, ["sim0"], expected_agents=num_agents)
        env = FleetVectorEnv(link, observation_timeout_s=60.0)
        diagnostics = DiagnosticValues(listener)
        try:
            observations, _ = env.reset()
            act = PPO(PPOConfig(), env.num_envs, observations.shape[1], FleetAction.NUM_ACTIONS, seed=0).act
            for _ in range(WARM_UP_TICKS):
                observations = step(env, act(observations))
            drain(listener)
            env.take_timings()
            simulator_s, ticks, rates = stack.cpu_seconds("simulator"), 0, []
            for _ in range(WINDOWS):
                window, started = 0, time.perf_counter()
                while time.perf_counter() - started < WINDOW_S:
                    observations = step(env, act(observations))
                    window += 1
                rates.append(window / (time.perf_counter() - started))
                ticks += window
            simulator_us = (stack.cpu_seconds("simulator") - simulator_s) / ticks * 1e6
            timings = env.take_timings()
            drain(listener)
            tick_us = 1e6 / statistics.median(rates)
            values = diagnostics.values
            hops = {
                "simulator": simulator_us,
                "client": max(0.0, values["tick_us"] - simulator_us),
                "bridge": values["read_us"] + values["metrics_us"] + values["ring_us"],
                "gateway": values["observation_us"] + values["action_us"],
                "policy": timings.policy_s / timings.steps * 1e6,
            }
            # What is left is on the way: two DDS messages and two socket packets, with their thread hand-overs.
            hops["dds"] = max(0.0, tick_us - sum(hops.values()))
            return Measured(rates, hops)
        finally:
            env.close()
            listener.destroy_node()
            node.destroy_node()
            rclpy.shutdown()


def measure_in_process(num_agents: int) -> list[float]:
    """Return the steps/s of each window of the environment without processes."""
    config = Path(get_package_share_directory("carla_drl_bringup")) / "config"
    env = InProcessVectorEnv(config / "scenarios" / "town01_basic.yaml", num_agents)
    observations, _ = env.reset()
    act = PPO(PPOConfig(), env.num_envs, observations.shape[1], FleetAction.NUM_ACTIONS, seed=0).act
    for _ in range(WARM_UP_TICKS):
        observations = step(env, act(observations))
    rates = []
    for _ in range(WINDOWS):
        ticks, started = 0, time.perf_counter()
        while time.perf_counter() - started < WINDOW_S:
            observations = step(env, act(observations))
            ticks += 1
        rates.append(ticks / (time.perf_counter() - started))
    env.close()
    return rates


def drain(node: rclpy.node.Node) -> None:
    """Handle every message that waits for `node`."""
    executor = rclpy.executors.SingleThreadedExecutor()
    executor.add_node(node)
    for _ in range(60):
        executor.spin_once(timeout_sec=0.02)
    executor.remove_node(node)


def main() -> None:
    """Measure all fleets."""
    for num_agents in FLEETS:
        baseline = client_alone(num_agents)
        loop = measure_loop(num_agents)
        alone = "real client alone, batch and tick"
        suffix = f"agents={num_agents}"
        report(f"loop/ticks_per_s/{suffix}", loop.ticks_per_s, "1/s", alone, baseline)
        steps = [rate * num_agents for rate in loop.ticks_per_s]
        report(f"loop/agent_steps_per_s/{suffix}", steps, "1/s", alone, baseline * num_agents)
        inside = [rate * num_agents for rate in measure_in_process(num_agents)]
        name = f"loop/in_process_agent_steps_per_s/{suffix}"
        report(name, inside, "1/s", "the loop", statistics.median(steps))
        tick_us = 1e6 / statistics.median(loop.ticks_per_s)
        for hop, cost_us in loop.hops_us.items():
            report(f"loop/share/{hop}/{suffix}", [cost_us], "us", "whole tick", tick_us)
