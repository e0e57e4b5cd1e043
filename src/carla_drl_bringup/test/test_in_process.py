"""The in-process environment gives what the whole loop gives: simulator, client, bridge, gateway and topics."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rclpy
import yaml
from ament_index_python.packages import get_package_prefix
from launched import domain

from drl_agent_node.env import columns
from drl_agent_node.env.fleet_link import FleetLink
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.gateway_core import RasterSettings
from drl_agent_node.env.in_process import InProcessVectorEnv

AGENTS = 16
STEPS = 400
TOWN_SEED = 2
SEED = 5
START_S = 60.0
RASTER = {"height": 64, "width": 48, "history": 2, "history_interval": 3, "threads": 3}
SCENARIO = Path(__file__).parent.parent / "config" / "scenarios" / "town01_basic.yaml"


def actions() -> np.ndarray[tuple[int, int, int], np.dtype[np.float32]]:
    """Reckless driving, with values that the gateway has to clamp."""
    rng = np.random.default_rng(1)
    low, high = np.array((-0.5, -0.25)), np.array((1.2, 0.25))
    return rng.uniform(low, high, (STEPS, AGENTS, 2)).astype(np.float32)


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    document = yaml.safe_load(SCENARIO.read_text())
    document["routes"] |= {"min_length_m": 25.0, "max_length_m": 50.0, "start_clearance_m": 8.0}
    document["limits"] |= {"max_lane_offset_m": 6.0, "off_road": False, "blocked_s": 2.0}
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGINT)
    try:
        process.wait(5)
    except subprocess.TimeoutExpired:
        os.kill(process.pid, signal.SIGKILL)
        process.wait()


@pytest.fixture
def loop(
    scenario: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> Iterator[FleetVectorEnv]:
    """The loop as processes, the environment over topics in this one."""
    monkeypatch.setenv("ROS_DOMAIN_ID", domain(50))
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    output = tmp_path / "output"

    def start(*command: object) -> subprocess.Popen[bytes]:
        with output.open("ab") as file:
            process = subprocess.Popen([str(part) for part in command], stdout=file, stderr=file)
        request.addfinalizer(lambda: end(process))
        return process

    simulator = (sys.executable, "-m", "carla_drl_sim", "--port", 0, "--synchronous", "--seed", TOWN_SEED)
    server = start(*simulator)
    deadline = time.monotonic() + START_S
    while not (port := re.search(r"RPC port (\d+)", output.read_text())):
        assert time.monotonic() < deadline, output.read_text()
        assert server.poll() is None, output.read_text()
        time.sleep(0.02)
    gateway = Path(get_package_prefix("carla_gateway")) / "lib" / "carla_gateway" / "gateway_node"
    rasters = {"raster": "true"} | {f"raster_{name}": value for name, value in RASTER.items()}
    settings = [part for name, value in rasters.items() for part in ("-p", f"{name}:={value}")]
    start(gateway, "--ros-args", "-p", "simulator:=same", *settings)
    parameters = {
        "raster": "true",
        "simulator": "same",
        "port": port[1],
        "scenario": scenario,
        "num_agents": AGENTS,
        "seed": SEED,
    }
    settings = [part for name, value in parameters.items() for part in ("-p", f"{name}:={value}")]
    start(sys.executable, "-m", "carla_sensor_bridge.start", "--ros-args", *settings)
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("same_agent", context=context)
    env = FleetVectorEnv(FleetLink(node, ["same"]), observation="both", observation_timeout_s=START_S)
    try:
        yield env
    finally:
        env.close()
        node.destroy_node()
        rclpy.shutdown(context=context)
        print(output.read_text())


def assert_same(
    one: dict[str, np.ndarray[Any, Any]], other: dict[str, np.ndarray[Any, Any]], where: str
) -> None:
    assert one.keys() == other.keys()
    for name in one:
        assert one[name].dtype == other[name].dtype
        assert one[name].tobytes() == other[name].tobytes(), f"{where}: {name} differ"


def test_observations_and_rewards_are_those_of_the_loop_bit_by_bit(
    loop: FleetVectorEnv, scenario: Path
) -> None:
    raster = RasterSettings(**RASTER)
    here = InProcessVectorEnv(
        scenario, AGENTS, seed=SEED, town_seed=TOWN_SEED, observation="both", raster=raster
    )
    there_observed, _ = loop.reset()
    here_observed, _ = here.reset()
    assert loop.observation_names == here.observation_names
    assert loop.observation_space == here.observation_space
    assert_same(here_observed, there_observed, "reset")
    shown = np.zeros(here_observed["raster"].shape[1], np.bool_)
    reasons: set[int] = set()
    ended = lights = 0
    for number, action in enumerate(actions()):
        there, now = loop.step(action), here.step(action)
        assert_same(there[0], now[0], f"step {number}")
        shown |= now[0]["raster"].any(axis=(0, 2, 3))
        for name, one, other in zip(("rewards", "terminated", "truncated"), there[1:], now[1:], strict=False):
            assert one.dtype == other.dtype
            assert one.tobytes() == other.tobytes(), f"step {number}: {name} differ"
        for name in ("metrics", "status", "end_reason", "valid"):
            assert there[4][name].tobytes() == now[4][name].tobytes(), (
                f"step {number}: infos['{name}'] differ"
            )
        reasons |= set(there[4]["end_reason"].tolist())
        lights += int((there[4]["metrics"][:, columns.RED_LIGHT_DISTANCE_M] >= 0.0).sum())
        ended += int((there[2] | there[3]).sum())
    assert {columns.END_ROUTE_DONE, columns.END_COLLISION, columns.END_ROUTE_DEVIATION} <= reasons
    assert ended > 2 * AGENTS
    assert lights > AGENTS
    names = [name.split()[1] for name in here.observation_names[-len(shown) :]]
    missing = [name for name, seen in zip(names, shown, strict=True) if not seen]
    assert missing == ["walkers", "walkers_3_frames_ago"]  # the scenario has none
