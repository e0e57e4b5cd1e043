"""What the C++ client library of `underlay/` costs; skipped where upstream's is installed.

`rclcpp/intra_process_6mb_p99_us`: a 6 MB image between two nodes of a process, from `publish(unique_ptr)` to the
callback in the executor's thread. Baseline: the same through the middleware.

`rclcpp/round_trip_ratio/cpp_cpp`, `.../cpp_py`: median round trip of a 144-byte message between two processes, both
on `rclcpp`, or one of them on rclpy, divided by that of the same program on bare `rcl`, in turns.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.loop import own_domain
from benchmarks.results import report
from carla_drl_bringup.process_settings import process_settings

PROGRAMS = Path(__file__).resolve().parent.parent / ".underlay" / "build" / "rclcpp" / "test"
TURNS = 7
ROUND_TRIPS = 5000
IMAGES = 1000
DEADLINE_S = 120.0
PYTHON_ECHO = """
import rclpy
from std_msgs.msg import UInt8MultiArray
rclpy.init()
node = rclpy.create_node("echo")
publisher = node.create_publisher(UInt8MultiArray, "back", 4)
node.create_subscription(UInt8MultiArray, "forth", publisher.publish, 4)
rclpy.spin(node)
"""


@contextmanager
def running(command: list[str]) -> Iterator[None]:
    """Run a peer as long as the context lasts."""
    with subprocess.Popen(command) as process:
        try:
            yield
        finally:
            process.kill()


def measured(program: str, *arguments: object) -> dict[str, float]:
    """Return median and p99 that a program prints, us."""
    command = [str(PROGRAMS / program), *map(str, arguments)]
    printed = subprocess.run(command, capture_output=True, text=True, check=True, timeout=DEADLINE_S).stdout
    found = re.search(r"median (?P<median>[\d.]+) us, p99 (?P<p99>[\d.]+) us", printed)
    if found is None:
        raise RuntimeError(f"{program} printed no times: {printed!r}")
    return {name: float(value) for name, value in found.groupdict().items()}


def round_trip_us(program: str, echo: list[str]) -> float:
    """Return the median round trip between a program and a peer, us."""
    with own_domain(), running(echo):
        return measured(program, ROUND_TRIPS)["median"]


def compare_round_trips(name: str, python: bool) -> None:
    """Report how much slower `rclcpp` is than bare rcl."""
    ours, bare = [], []
    for _ in range(TURNS):
        for program, times in (("round_trip", ours), ("round_trip_rcl", bare)):
            echo = [sys.executable, "-c", PYTHON_ECHO] if python else [str(PROGRAMS / program), "echo"]
            times.append(round_trip_us(program, echo))
    baseline = statistics.median(bare)
    print(f"rclcpp {statistics.median(ours):.1f} us, rcl {baseline:.1f} us", file=sys.stderr)
    ratios = [a / b for a, b in zip(ours, bare, strict=True)]
    report(f"rclcpp/round_trip_ratio/{name}", ratios, "ratio", "bare rcl", 1.0)


def main() -> None:
    """Run all three."""
    if not (PROGRAMS / "round_trip").exists():
        print(
            "skipped: upstream's rclcpp is in use, or its programs were built without tests", file=sys.stderr
        )
        return
    os.environ |= process_settings() | os.environ
    inside, through = [], []
    for _ in range(TURNS):
        with own_domain():
            inside.append(measured("intra_process", IMAGES)["p99"])
            through.append(measured("intra_process", "middleware", IMAGES // 10)["p99"])
    report(
        "rclcpp/intra_process_6mb_p99_us", inside, "us", "through the middleware", statistics.median(through)
    )
    compare_round_trips("cpp_cpp", python=False)
    compare_round_trips("cpp_py", python=True)
