"""What cameras cost a tick, and that those who watch them cost it nothing.

`bridge/tick_ratio/cameras=6`: ticks of one ego with six 800x600 cameras, while a reliable subscriber takes one of them
and needs 0.2 s for each picture. Baseline: the same loop without a subscriber, measured in turns.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import rclpy
import yaml
from ament_index_python.packages import get_package_share_directory
from carla_drl_msgs.msg import FleetAction, FleetObservation
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import DurabilityPolicy, QoSProfile, ReliabilityPolicy

from benchmarks.loop import own_domain
from benchmarks.results import report
from benchmarks.stack import Stack
from carla_drl_bringup.process_settings import process_settings

CAMERAS = 6
TURNS = 6
TICKS = 40
WARM_UP_TICKS = 10
PATIENCE_S = 120.0
SLOW = """
import rclpy, time
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image
rclpy.init()
node = rclpy.create_node("slow_audience")
qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
node.create_subscription(Image, "/carla/ego0/camera0/image", lambda image: time.sleep(0.2), qos)
rclpy.spin(node)
"""


def scenario_with_cameras(folder: Path) -> Path:
    """Write a scenario with the cameras and return its path without the ending."""
    share = Path(get_package_share_directory("carla_drl_bringup"))
    scenario: dict[str, Any] = yaml.safe_load((share / "config/scenarios/town01_basic.yaml").read_text())
    scenario["sensors"] = [
        {
            "name": f"camera{index}",
            "type": "sensor.camera.rgb",
            "transform": {"z_m": 2.0, "yaw_deg": 60.0 * index - 180.0},
            "attributes": {"image_size_x": 800, "image_size_y": 600},
        }
        for index in range(CAMERAS)
    ]
    path = folder / "six_cameras.yaml"
    path.write_text(yaml.safe_dump(scenario))
    return path.with_suffix("")


class Driver:
    """Answers every frame at once with the same action."""

    def __init__(self) -> None:
        rclpy.init()
        self.node = rclpy.create_node("benchmark_driver")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self.node)
        latched = QoSProfile(
            depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL, reliability=ReliabilityPolicy.RELIABLE
        )
        self._actions = self.node.create_publisher(FleetAction, "/carla_drl/sim0/action", 4)
        self.node.create_subscription(FleetObservation, "/carla_drl/sim0/observation", self._answer, latched)
        self.ticks = 0

    def _answer(self, observation: FleetObservation) -> None:
        action = FleetAction(session=observation.session, frame=observation.frame, num_agents=1)
        action.action.extend([0.2, 0.0])
        self._actions.publish(action)
        self.ticks += 1

    def spin(self) -> None:
        """Handle a message, or wait a little."""
        self._executor.spin_once(timeout_sec=0.1)

    def drive(self, ticks: int) -> float:
        """Return the ms per tick of some ticks."""
        first, started = self.ticks, time.perf_counter()
        while self.ticks < first + ticks:
            if time.perf_counter() - started > PATIENCE_S:
                raise TimeoutError(f"{self.ticks - first} of {ticks} ticks after {PATIENCE_S:.0f} s")
            self.spin()
        return (time.perf_counter() - started) / ticks * 1e3

    def close(self) -> None:
        """Take the node down."""
        self.node.destroy_node()
        rclpy.shutdown()


def watched(driver: Driver) -> float:
    """Return the ms per tick while somebody slow watches."""
    audience = subprocess.Popen([sys.executable, "-c", SLOW])
    try:
        topic = "/carla/ego0/camera0/image"
        while driver.node.count_subscribers(topic) == 0:
            driver.spin()
        driver.drive(WARM_UP_TICKS)
        return driver.drive(TICKS)
    finally:
        audience.terminate()
        audience.wait()


def main() -> None:
    """Measure in turns, each time once without and once with the subscriber."""
    with tempfile.TemporaryDirectory() as folder, own_domain():
        os.environ.update(
            {name: value for name, value in process_settings().items() if name not in os.environ}
        )
        with Stack(1, str(scenario_with_cameras(Path(folder)))) as _stack:
            driver = Driver()
            try:
                driver.drive(WARM_UP_TICKS)
                alone, slow = [], []
                for turn in range(TURNS):
                    # The second of a pair may find a warmer machine: they take turns in being first.
                    for first in (True, False):
                        if first == (turn % 2 == 0):
                            alone.append(driver.drive(TICKS))
                        else:
                            slow.append(watched(driver))
            finally:
                driver.close()
    name = f"bridge/tick_ratio/cameras={CAMERAS}"
    report(name, slow, "ms", "without a subscriber", statistics.median(alone))


if __name__ == "__main__":
    main()
