"""Workers in processes of their own: they drive, one that dies is replaced, and the run goes on; learners share them."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import psutil
import pytest
import torch
from test_in_process import SCENARIO

from drl_agent_node.distributed.train import parse
from drl_agent_node.pretrain import guarded

pytest.importorskip("ray")

PATIENCE_S = 200.0
CONFIG = "rollout_steps: 16\nminibatch_size: 32\nhidden_sizes: [16, 16]\n"
MEMORY = "memory_size: 8\nsequence_length: 8\n"


class Run:
    """Training as a command, its output collected."""

    def __init__(self, folder: Path, launcher: list[str], *options: str) -> None:
        (folder / "short.yaml").write_text(SCENARIO)
        (folder / "ppo_small.yaml").write_text(CONFIG)
        (folder / "ppo_memory.yaml").write_text(CONFIG + MEMORY)
        command = [sys.executable, *launcher, "drl_agent_node.distributed.train"]
        command += ["--scenario", str(folder / "short.yaml"), "--algorithm", str(folder / "ppo_small.yaml")]
        command += ["--num-agents", "2", "--run-dir", str(folder), "--run-name", "run", *options]
        self._lines: list[str] = []
        # Ray and torchrun leave logs behind; paths of Ray's sockets may have 107 characters.
        self._temporary = tempfile.TemporaryDirectory(prefix="run_", dir="/tmp", ignore_cleanup_errors=True)
        self.process = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            env=os.environ | {"TMPDIR": self._temporary.name, "RAY_TMPDIR": self._temporary.name},
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.append(line)

    @property
    def output(self) -> str:
        return "".join(self._lines)

    def wait_for(self, condition: Callable[[], Any], what: str) -> Any:
        end = time.monotonic() + PATIENCE_S
        while not (found := condition()):
            assert time.monotonic() < end, f"no {what}: {self.output[-3000:]}"
            assert self.process.poll() is None or condition(), f"ended before {what}: {self.output[-3000:]}"
            time.sleep(0.05)
        return found

    def steps(self) -> int:
        found = re.findall(r"([\d,]+)/[\d,]+ steps", self.output)
        return int(found[-1].replace(",", "")) if found else 0

    def workers(self) -> list[psutil.Process]:
        """Return the actors' processes."""
        found = []
        for process in psutil.Process(self.process.pid).children(recursive=True):
            try:
                if process.cmdline()[0].startswith("ray::_Actor"):
                    found.append(process)
            except (psutil.NoSuchProcess, IndexError):
                continue
        return found

    def __enter__(self) -> Run:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                for child in psutil.Process(self.process.pid).children(recursive=True):
                    child.kill()
                self.process.kill()
        self.process.wait()
        self._reader.join(5)
        self._temporary.cleanup()


def test_a_worker_that_dies_is_replaced_and_the_run_goes_on(tmp_path: Path) -> None:
    """Two workers, each with simulator, bridge and gateway in a ROS domain of its own."""
    domain = 40 + os.getpid() % 10
    options = ("--workers", "2", "--total-steps", "1000000000", "--first-domain-id", str(domain))
    with Run(tmp_path, ["-m"], *options) as run:
        run.wait_for(lambda: run.steps() > 200, "progress")
        assert "driving 4 agents in 2 worlds" in run.output
        first, second = run.wait_for(lambda: len(found := run.workers()) == 2 and found, "two workers")
        worlds = {process.pid: process.children(recursive=True) for process in (first, second)}
        assert all(len(children) >= 3 for children in worlds.values()), worlds
        domains = {process.environ()["ROS_DOMAIN_ID"] for each in worlds.values() for process in each}
        assert len(domains) == 2
        first.kill()
        run.wait_for(lambda: "is lost" in run.output, "notice of the death")
        steps = run.steps()
        run.wait_for(lambda: run.steps() > steps + 100, "progress without it")
        run.wait_for(lambda: "is back" in run.output, "its successor")
        assert not [process for process in worlds[first.pid] if process.is_running()]
        steps = run.steps()
        run.wait_for(lambda: run.steps() > steps + 200, "progress with it")
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(60) == 0, run.output[-3000:]
    assert "training ended: asked to stop" in run.output
    assert not [process for each in worlds.values() for process in each if process.is_running()]
    assert (tmp_path / "run" / "checkpoints" / "latest.pt").exists()


def test_learners_of_torchrun_share_the_work(tmp_path: Path) -> None:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    options = ["--workers", "1", "--total-steps", "640", "--in-process", "--neighbours", "6"]
    options += ["--algorithm", str(tmp_path / "ppo_memory.yaml"), "--tracking-uri", "auto"]
    with Run(tmp_path, launcher, *options) as run:
        assert run.process.wait(PATIENCE_S) == 0, run.output[-3000:]
    assert run.output.count("training ended: all steps are done") == 2
    (checkpoint,) = (tmp_path / "run" / "checkpoints").glob("checkpoint_*.pt")
    stored = torch.load(checkpoint, weights_only=True)
    assert "neighbour_5_present" in stored["state_names"]
    assert "neighbour_6_present" not in stored["state_names"]
    counters = stored["counters"]
    # Both learners' agents count, and each learned from each rollout of 16 steps.
    assert 640 <= counters["steps"] < 640 + 4 * 16
    assert counters["updates"] >= 10
    # What a finished run registers, as one of the node does.
    assert (tmp_path / "run" / "policy.onnx").exists()
    assert (tmp_path / "mlflow.db").exists()


def test_a_learner_knows_what_its_workers_remember() -> None:
    """Taken in from a worker, memory and where episodes began are those of a learner that acts itself."""
    from lane_world import LaneWorldEnv
    from test_ppo import make

    from drl_agent_node.algorithms.base import Transition

    env = LaneWorldEnv(4, seed=3)
    fields = {"memory_size": 8, "sequence_length": 8, "rollout_steps": 64}
    alone, worker, learner = (make(env, **fields) for _ in range(3))
    observations, _ = env.reset()
    no = np.zeros(4, np.bool_)
    for algorithm in (alone, worker, learner):
        algorithm.begin(no, ~no)
    worker.load_policy_state(learner.policy_state())
    while not alone.ready:
        actions = alone.act(observations)
        np.testing.assert_array_equal(worker.act(observations), actions)
        following, rewards, terminated, truncated, infos = env.step(np.full((4, 2), 0.9, np.float32))
        told = (following, rewards, terminated, truncated, infos["valid"], None)
        alone.record(observations, actions, Transition(*told))
        learner.record(observations, actions, Transition(*told, worker.follow(terminated | truncated)))
        observations = following
    assert learner._starts.sum() > 4
    np.testing.assert_array_equal(learner._starts, alone._starts)
    np.testing.assert_array_equal(learner._memories, alone._memories)
    assert learner.update(0.0)["policy_loss"] == pytest.approx(alone.update(0.0)["policy_loss"], rel=1e-4)


def test_what_cannot_work_is_explained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from drl_agent_node.distributed.train import train

    for options, message in (
        (["--workers", "0"], "--workers is 0"),
        (["--scenario", "moon"], "'moon'"),
        (["--curriculum", "moon"], "'moon'"),
    ):
        assert guarded(lambda options=options: train(parse([*options, "--run-dir", str(tmp_path)]))) == 78
        assert message in capsys.readouterr().err
