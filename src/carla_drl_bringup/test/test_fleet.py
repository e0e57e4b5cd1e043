"""Two simulators and one policy: both are stepped, stages reach both, and one that is lost does not stop the other."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import rclpy
from carla_drl_msgs.msg import TrainingStatus
from carla_drl_msgs.srv import SetStage
from launched import Launched, domain
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

CURRICULUM = """
window: 1000
block_episodes: 1000
mix: 0.0
stages:
  - {name: short, scenario: town01_basic, changes: {routes: {min_length_m: 50.0, max_length_m: 90.0}}}
  - {name: town02, scenario: town01_basic, changes: {town: Town02}}
"""
DEADLINE_S = 120.0


class Operator:
    """Asks for stages and hears the training status."""

    def __init__(self, domain_id: str) -> None:
        self.context = rclpy.Context()
        rclpy.init(context=self.context, domain_id=int(domain_id))
        self.node = Node("operator", context=self.context, enable_rosout=False)
        self.executor = SingleThreadedExecutor(context=self.context)
        self.executor.add_node(self.node)
        self.status: list[TrainingStatus] = []
        self.node.create_subscription(TrainingStatus, "/carla_drl/training_status", self.status.append, 10)
        self.client = self.node.create_client(SetStage, "/carla_drl/set_stage")

    def until(self, condition: Callable[[], object], what: str) -> None:
        end = time.monotonic() + DEADLINE_S
        while not condition():
            assert time.monotonic() < end, f"no {what} within {DEADLINE_S} s"
            self.executor.spin_once(timeout_sec=0.1)

    def set_stage(self, stage: str) -> SetStage.Response:
        self.until(self.client.service_is_ready, "service set_stage")
        future = self.client.call_async(SetStage.Request(stage=stage, hold=True))
        self.until(future.done, "answer of set_stage")
        return future.result()

    def close(self) -> None:
        self.executor.shutdown()
        self.node.destroy_node()
        self.context.try_shutdown()


def pid_of(run: Launched, executable: str, group: str) -> int:
    (pid,) = [pid for pid, command in run.descendants().items() if executable in command and group in command]
    return pid


def test_two_simulators_share_a_policy_and_a_curriculum(tmp_path: Path) -> None:
    file = tmp_path / "curriculum.yaml"
    file.write_text(CURRICULUM)
    domain_id = domain(30)
    operator = Operator(domain_id)
    try:
        with Launched(
            "train",
            tmp_path,
            domain_id,
            simulators=2,
            num_agents=2,
            total_steps=10**9,
            run_name="fleet",
            curriculum=file,
        ) as run:
            run.wait_for(lambda text: "driving 4 agents" in text, "fleet of both", DEADLINE_S)
            operator.until(lambda: operator.status and operator.status[-1].steps > 200, "progress")
            assert (operator.status[-1].stage, operator.status[-1].stage_count) == ("short", 2)
            wanted = {f"/carla/{group}/ego1/odometry" for group in ("sim0", "sim1")}
            operator.until(
                lambda: wanted <= {name for name, _ in operator.node.get_topic_names_and_types()},
                "topics of each group's egos",
            )
            refused = operator.set_stage("moon")
            assert not refused.success
            assert "allowed: short, town02" in refused.message
            assert operator.set_stage("town02").index == 1
            run.wait_for(lambda text: text.count("Town02 with 2 egos is ready") == 2, "new towns", DEADLINE_S)
            begun = operator.status[-1].steps
            operator.until(lambda: operator.status[-1].steps > begun + 200, "progress in the new towns")
            assert operator.status[-1].stage == "town02"

            gateway = pid_of(run, "gateway_node", "sim1")
            os.kill(gateway, signal.SIGSTOP)
            try:
                run.wait_for(lambda text: "sim1 is lost" in text, "notice of the silence", DEADLINE_S)
                begun = operator.status[-1].steps
                operator.until(lambda: operator.status[-1].steps > begun + 200, "progress without sim1")
                assert "sim1 answers again" not in run.output
            finally:
                os.kill(gateway, signal.SIGCONT)
            run.wait_for(lambda text: "sim1 answers again" in text, "return of sim1", DEADLINE_S)
    finally:
        operator.close()
