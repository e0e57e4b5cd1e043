"""The whole loop as a user starts it: it learns, it ends cleanly, and it survives or explains what goes wrong."""

import json
import socket
import time
from pathlib import Path

import psutil
import pytest
from launched import Launched, domain

from carla_drl_bringup import shared_memory
from carla_drl_bringup.arguments import first_free_port

# Mean return that 40 000 steps of training must add to the untrained policy; a finished route is worth about 100.
IMPROVEMENT = 30.0


def evaluate(folder: Path, offset: int, **arguments: object) -> dict[str, float]:
    with Launched(
        "evaluate", folder, domain(offset), num_agents=16, eval_episodes=48, run_name="e2e", **arguments
    ) as run:
        assert run.wait(120) == 0, run.output[-4000:]
    reports = sorted(
        (folder / "runs" / "e2e").glob("evaluation/*/results.json"), key=lambda path: path.stat().st_mtime
    )
    assert reports, run.output[-4000:]
    (case,) = json.loads(reports[-1].read_text())["cases"]
    means = {name: figure["value"] for name, figure in case["summary"]["means"].items()}
    return {"episodes": case["summary"]["episodes"], **means}


def test_training_improves_on_the_untrained_policy(tmp_path: Path) -> None:
    before = evaluate(tmp_path, 0, policy="untrained")
    with Launched("train", tmp_path, domain(1), num_agents=16, total_steps=40000, run_name="e2e") as run:
        assert run.wait(240) == 0, run.output[-6000:]
    assert "the agent has finished" in run.output
    assert list((tmp_path / "runs" / "e2e").glob("**/events.out.tfevents.*"))
    after = evaluate(tmp_path, 2, policy="latest")
    assert after["episodes"] >= 48
    assert after["episode_return"] > before["episode_return"] + IMPROVEMENT, (before, after)
    assert after["route_completion"] > before["route_completion"], (before, after)


def test_ctrl_c_ends_everything_within_five_seconds(tmp_path: Path) -> None:
    # Fast DDS shares some files between all its processes on a machine; what killed ones left stays where it was.
    before = shared_memory.files()
    with Launched("train", tmp_path, domain(3), num_agents=4, total_steps=10**9, run_name="stop") as run:
        run.wait_for(lambda _: run.steps() > 0, "progress")
        children = run.descendants()
        assert len(children) >= 4, children
        shared = run.shared_memory() - before
        assert shared, "no process uses shared memory: this test would prove nothing"
        started = time.monotonic()
        run.interrupt()
        run.wait(15)
        took = time.monotonic() - started
        others = shared_memory.mapped()
        assert not [file for file in shared if file.exists() and file.name not in others]
    left = {pid: command for pid, command in children.items() if psutil.pid_exists(pid)}
    assert not left
    assert took < 5.0, run.output[-4000:]
    assert list((tmp_path / "runs" / "stop").glob("**/*.pt")), "no checkpoint was written on Ctrl-C"
    first = run.steps()
    # The same command goes on from there.
    with Launched("train", tmp_path, domain(3), num_agents=4, total_steps=10**9, run_name="stop") as again:
        again.wait_for(lambda _: again.steps() > 0, "progress")
        assert again.steps() >= first * 0.5


def test_no_simulator_is_explained(tmp_path: Path) -> None:
    port = first_free_port(23000, 24000)
    with Launched(
        "train", tmp_path, domain(5), simulator=f"127.0.0.1:{port}", num_agents=1, connect_timeout_s=3
    ) as run:
        run.wait(60)
    assert f"127.0.0.1:{port}" in run.output
    assert "no CARLA server answers" in run.output
    assert "Traceback" not in run.output


def test_a_taken_port_is_explained(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with Launched("train", tmp_path, domain(6), simulator=f"embedded:{port}", num_agents=1) as run:
            run.wait(60)
    assert str(port) in run.output
    assert "in use" in run.output
    assert "Traceback" not in run.output


@pytest.mark.parametrize(
    ("argument", "value", "allowed"),
    [
        ("num_agents", "0", "1 to 256"),
        ("scenario", "nowhere", "town01_basic"),
        ("algorithm", "dreams", "ppo"),
        ("simulator", "somewhere", "<host>:<port>"),
        ("total_steps", "many", "whole number"),
        ("detector", "none.onnx", "the path of an ONNX file"),
        ("headless", "maybe", "true or false"),
    ],
)
def test_a_bad_argument_is_explained(tmp_path: Path, argument: str, value: str, allowed: str) -> None:
    with Launched("train", tmp_path, domain(7), **{argument: value}) as run:
        code = run.wait(30)
    assert code != 0
    assert f"{argument}:='{value}'" in run.output
    assert allowed in run.output


def test_a_bad_scenario_value_is_explained(tmp_path: Path) -> None:
    scenario = tmp_path / "mine.yaml"
    scenario.write_text("name: mine\ntown: Town01\nstep_s: -1.0\n")
    with Launched("train", tmp_path, domain(8), scenario=scenario, num_agents=1) as run:
        run.wait(60)
    assert "step_s" in run.output
    assert "-1" in run.output
    assert "refused its configuration" in run.output
    assert "Traceback" not in run.output
