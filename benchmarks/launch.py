"""How long `ros2 launch` takes to bring the loop up.

`launch/ready_ratio`: seconds from the start of `ros2 launch carla_drl_bringup train.launch.py` until all of its nodes
are in the graph, divided by what the slowest of them takes when it is started alone, in turns. Nodes are started alone
with the command lines that launch itself used.
"""

from __future__ import annotations

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import rclpy
from rclpy.node import Node

from benchmarks.loop import own_domain
from benchmarks.results import report
from carla_drl_bringup.process_settings import process_settings

TURNS = 3
DEADLINE_S = 120.0
POLL_S = 0.005
NODE_RULE = "__node:="
COMMAND = ["ros2", "launch", "carla_drl_bringup", "train.launch.py", "num_agents:=1", "tracking_uri:=off"]


@contextmanager
def running(command: list[str]) -> Iterator[psutil.Popen]:
    """Run a command, its output unseen, as long as the context lasts; end it as Ctrl-C does."""
    with psutil.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.send_signal(signal.SIGINT)


def wait_for(node: Node, names: set[str], *, present: bool) -> float:
    """Return the time at which all names, or none, are in the graph; RuntimeError after two minutes."""
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        there = names & set(node.get_node_names())
        if there == (names if present else set()):
            return time.monotonic()
        time.sleep(POLL_S)
    raise RuntimeError(f"{sorted(names)}: waited {DEADLINE_S:g} s for {'all' if present else 'none'} of them")


def node_commands(launch: psutil.Popen, copies: Path) -> dict[str, list[str]]:
    """Return the command lines of the nodes that launch started, by name; their parameter files are copied."""
    commands = {}
    for child in launch.children(recursive=True):
        line = child.cmdline()
        names = [word.removeprefix(NODE_RULE) for word in line if word.startswith(NODE_RULE)]
        if names:
            for index, word in enumerate(line[:-1]):
                if word == "--params-file":
                    line[index + 1] = shutil.copy(line[index + 1], copies / f"{names[0]}_{index}.yaml")
            commands[names[0]] = line
    return commands


def start_s(observer: Node, command: list[str], names: set[str]) -> float:
    """Return how long a command takes until its nodes are in the graph, s."""
    wait_for(observer, names, present=False)
    started = time.monotonic()
    with running(command):
        return wait_for(observer, names, present=True) - started


def main() -> None:
    """Measure launch and each node in turns."""
    os.environ |= process_settings() | os.environ
    os.environ["ROS_AUTOMATIC_DISCOVERY_RANGE"] = "SUBNET"  # found within 0.4 s; LOCALHOST takes up to 2.7 s
    with own_domain(), tempfile.TemporaryDirectory() as folder:
        rclpy.init()
        observer = rclpy.create_node("benchmark_observer")
        command = [*COMMAND, f"run_root:={folder}/runs"]
        with running(command) as launch:
            while not (nodes := node_commands(launch, Path(folder))):
                time.sleep(POLL_S)
            wait_for(observer, set(nodes), present=True)
            nodes = node_commands(launch, Path(folder))
            wait_for(observer, set(nodes), present=True)
        together: list[float] = []
        alone: dict[str, list[float]] = {name: [] for name in nodes}
        for _ in range(TURNS):
            together.append(start_s(observer, command, set(nodes)))
            for name, line in nodes.items():
                alone[name].append(start_s(observer, line, {name}))
        observer.destroy_node()
        rclpy.shutdown()
    medians = {name: statistics.median(times) for name, times in alone.items()}
    slowest = max(medians, key=lambda name: medians[name])
    print({name: round(value, 2) for name, value in medians.items()}, file=sys.stderr)
    ratios = [value / medians[slowest] for value in together]
    report("launch/ready_ratio", ratios, "ratio", f"{slowest} started alone", 1.0)
