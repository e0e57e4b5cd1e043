"""Evaluating and driving as a user would start it."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
import rclpy
import yaml
from diagnostic_msgs.msg import DiagnosticArray
from launched import Launched, domain

from drl_agent_node.export import main as export
from drl_agent_node.pretrain import main as pretrain

SCENARIO = Path(__file__).parent.parent / "config" / "scenarios" / "town01_basic.yaml"


@pytest.fixture
def short(tmp_path: Path) -> Path:
    """A scenario with short routes and one other car, which needs the processes of the loop."""
    document = yaml.safe_load(SCENARIO.read_text()) | {"name": "short", "traffic": {"vehicles": 1}}
    document["routes"] |= {"min_length_m": 30.0, "max_length_m": 50.0, "start_clearance_m": 8.0}
    path = tmp_path / "short.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def test_a_suite_is_driven_in_this_process_and_in_the_loop(tmp_path: Path, short: Path) -> None:
    alone = tmp_path / "alone.yaml"
    alone.write_text(short.read_text().replace("vehicles: 1", "vehicles: 0").replace("short", "alone"))
    suite = tmp_path / "both.yaml"
    suite.write_text(
        yaml.safe_dump({"scenarios": [str(alone), str(short)], "seeds": [1], "episodes": 4, "num_agents": 2})
    )
    before = {process.pid for process in psutil.process_iter()}
    with Launched("evaluate", tmp_path, domain(30), policy="untrained", suite=suite, run_name="first") as run:
        assert run.wait(180) == 0, run.output[-6000:]
    results = tmp_path / "runs" / "first" / "evaluation" / "both_untrained"
    document = json.loads((results / "results.json").read_text())
    assert [case["name"] for case in document["cases"]] == ["alone/seed1", "short/seed1"]
    assert document["complete"]
    assert document["summary"]["episodes"] == 8
    assert (results / "report.html").is_file()
    left = [
        process
        for process in psutil.process_iter(["cmdline"])
        if process.pid not in before and "simulator:=eval" in " ".join(process.info["cmdline"] or [])
    ]
    assert not left


@pytest.fixture
def policy(tmp_path: Path) -> Path:
    options = ["--scenario", str(SCENARIO), "--num-agents", "16", "--total-steps", "2048"]
    assert pretrain([*options, "--run-dir", str(tmp_path / "runs"), "--run-name", "made"]) == 0
    path = tmp_path / "policy.onnx"
    assert export([str(tmp_path / "runs" / "made"), "--output", str(path)]) == 0
    return path


@pytest.fixture
def diagnostics(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """Values of the node `infer`, filled by spinning `node`."""
    monkeypatch.setenv("ROS_DOMAIN_ID", domain(31))
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("listener", context=context)
    values: dict[str, str] = {}

    def take(message: DiagnosticArray) -> None:
        for status in message.status:
            if "inference" in status.name:
                values.update({pair.key: pair.value for pair in status.values})

    node.create_subscription(DiagnosticArray, "/diagnostics", take, 10)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    executor.add_node(node)

    class Spinning(dict[str, str]):
        def refresh(self) -> None:
            executor.spin_once(timeout_sec=0.1)
            self.update(values)

    yield Spinning()
    executor.shutdown()
    node.destroy_node()
    context.try_shutdown()


def test_an_exported_policy_drives_at_a_fixed_rate(tmp_path: Path, policy: Path, diagnostics) -> None:
    with Launched(
        "infer", tmp_path, domain(31), policy=policy, num_agents=2, safety="monitor", real_time_factor=2.0
    ) as run:
        end = time.monotonic() + 120
        while int(diagnostics.get("frames", "0")) < 20 or "latency_p99_us" not in diagnostics:
            assert time.monotonic() < end, run.output[-6000:]
            diagnostics.refresh()
        assert float(diagnostics["latency_p50_us"]) <= float(diagnostics["latency_p99_us"])
        run.interrupt()
        run.wait(15)
    assert "driving with" in run.output
    assert "Traceback" not in run.output
