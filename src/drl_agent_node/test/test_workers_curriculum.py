"""A curriculum over workers: learners that judge alike, orders between fragments, and runs whose workers follow it."""

from __future__ import annotations

import math
import os
import re
import signal
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
import rclpy
import rclpy.executors
import torch
from carla_drl_msgs.srv import SetStage
from test_curriculum import BASE, CURRICULUM, Bridges, episode, write_curriculum
from test_distributed import Run

from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.ranks import Ranks
from drl_agent_node.curriculum import End, load_stages
from drl_agent_node.curriculum_session import CurriculumSession
from drl_agent_node.distributed.curriculum import WorkersCurriculum
from drl_agent_node.distributed.worker import Worker, WorkerSpec
from drl_agent_node.env import columns
from drl_agent_node.env.gateway_core import GatewaySettings
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.scene_dispatch import Answer

pytest.importorskip("ray")

PROMPT = "rollout_steps: 16\nminibatch_size: 32\nhidden_sizes: [16, 16]\ninitial_mean: [0.6, 0.0]\n"
# One success is enough to leave the first stage, none to leave the last one.
STAGES = """
window: 2
promote_at: 0.1
demote_below: 0.0
mix: 0.0
stages:
  - {name: here, scenario: base.yaml}
  - {name: there, scenario: base.yaml, changes: {town: Town01}}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_curriculum(tmp_path)


class Scenes(Bridges):
    """Two workers with two agents each."""

    world_sizes = (2, 2)


class Meeting(Ranks):
    """Learners that are asked one after the other: each adds to what the ones before said."""

    count = 2

    def __init__(self) -> None:
        self.said: list[tuple[list[End], list[tuple[str, bool]]]] = []

    def gather(self, values: list[Any]) -> list[Any]:
        return self.said


def learner(file: Path, rank: int, ranks: Ranks) -> tuple[WorkersCurriculum, Scenes]:
    scenes = Scenes(2)
    curriculum = WorkersCurriculum(CurriculumSession(file, 0, lambda _: None), scenes, ranks, rank)
    curriculum.begin({})
    curriculum.settle()
    return curriculum, scenes


def test_learners_judge_alike_by_what_all_drove(file: Path) -> None:
    file.write_text(CURRICULUM.replace("mix: 0.0", "mix: 0.3").replace("episodes: 1000", "episodes: 2"))
    meeting = Meeting()
    learners = [learner(file, rank, meeting) for rank in (0, 1)]
    begin = [(0, "base.near", ()), (1, "base.near", ())]
    assert [scenes.orders for _, scenes in learners] == [begin, begin]
    # The first episodes began before anyone was told what to drive; the window has ten.
    for part, rate in enumerate((math.nan, 1.0, math.nan)):
        meeting.said.clear()
        for curriculum, _ in learners:
            curriculum.on_episodes([episode(row, True) for row in range(4)])
            meeting.said.append((curriculum._ends, []))
        ends = [end for said, _ in meeting.said for end in said]
        assert [end.group for end in ends] == [0, 0, 1, 1, 2, 2, 3, 3]
        assert {end.stage for end in ends} == {-1 if part == 0 else 0}
        for curriculum, _ in learners:
            curriculum.exchange()
            curriculum.settle()
            assert curriculum.session.status.success_rate == pytest.approx(rate, nan_ok=True)
    first, second = (curriculum.session for curriculum, _ in learners)
    assert first.status.name == "far"
    assert first.extras() == second.extras()
    for (_, scenes), own in zip(learners, ((0, 1), (2, 3)), strict=True):
        given = [first.dispatcher.curriculum.assignment(group) for group in own]
        same = [second.dispatcher.curriculum.assignment(group) for group in own]
        for group, (one, other) in enumerate(zip(given, same, strict=True)):
            assert one.stages.tolist() == other.stages.tolist()
            world = first.stages[one.world].scenario.name
            assert [scene for asked, scene, agents in scenes.orders if asked == group and not agents][
                -1
            ] == world


def test_all_learners_move_when_one_is_asked_to(file: Path) -> None:
    meeting = Meeting()
    learners = [learner(file, rank, meeting) for rank in (0, 1)]
    with pytest.raises(ConfigurationError, match="allowed: near, far, other"):
        learners[0][0].request("nowhere", hold=False)
    assert learners[0][0].request("other", hold=True) == 2
    assert learners[0][0].session.status.index == 0
    meeting.said = [([], list(curriculum._asked)) for curriculum, _ in learners]
    for curriculum, _ in learners:
        curriculum.exchange()
        curriculum.settle()
        assert curriculum.session.status.name == "other"
        assert curriculum.session.dispatcher.curriculum.held
    assert [scenes.orders[-1][1] for _, scenes in learners] == ["base.other", "base.other"]


def test_nobody_moves_before_the_curriculum_begins(file: Path) -> None:
    curriculum = WorkersCurriculum(CurriculumSession(file, 0, lambda _: None), Scenes(2), Ranks(), 0)
    with pytest.raises(ConfigurationError, match="has not begun"):
        curriculum.request("far", hold=False)


def test_workers_wait_until_what_they_took_is_known(file: Path) -> None:
    curriculum, scenes = learner(file, 0, Ranks())
    later = iter([None, None, Answer(True), Answer(True)])

    def load(group: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        return lambda: next(later)

    scenes.load = load  # type: ignore[method-assign]
    scenes.sessions[:] = [2, 2]
    curriculum.settle()
    assert next(later, None) is None
    assert not curriculum.session.dispatcher.waiting


def test_a_worker_takes_scenes_between_fragments(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ROS_DOMAIN_ID", os.environ["ROS_DOMAIN_ID"])
    _, (near, far, other) = load_stages(file)
    settings = GatewaySettings()
    worker = Worker(
        WorkerSpec(
            0, 1, near.scenario, 2, 0, "ppo", PPOConfig(), {}, settings, in_process=True, logs=tmp_path
        )
    )
    try:
        session = worker.open().session
        policy = worker._algorithm.policy_state()
        assert worker.load(far.text, [1]) == Answer(True)
        fragment = worker.collect(policy, 30)
        lengths = fragment.infos["metrics"][..., columns.ROUTE_LENGTH_M].max(axis=0)
        assert lengths[0] <= 30.0
        assert 60.0 <= lengths[1] <= 70.0
        assert fragment.session == session
        assert worker.load(other.text, []) == Answer(True, new_world=True)
        fragment = worker.collect(policy, 2)
        assert fragment.truncated.tolist() == [[True, True], [False, False]]
        assert fragment.session != session
        with pytest.raises(ConfigurationError, match="allowed: 0 to 1"):
            worker.load(other.text, [2])
    finally:
        worker.close()


def world_logs(folder: Path) -> str:
    return "\n".join(path.read_text(errors="replace") for path in folder.glob("run/workers/*.log"))


def call_set_stage(stage: str) -> SetStage.Response:
    """Ask the learner, which is in this process's domain."""
    context = rclpy.Context()
    rclpy.init(context=context)
    node = rclpy.create_node("caller", context=context)
    executor = rclpy.executors.SingleThreadedExecutor(context=context)
    try:
        client = node.create_client(SetStage, "/carla_drl/set_stage")
        assert client.wait_for_service(20.0)
        future = client.call_async(SetStage.Request(stage=stage, hold=True))
        executor.add_node(node)
        executor.spin_until_future_complete(future, 20.0)
        return future.result()
    finally:
        node.destroy_node()
        rclpy.shutdown(context=context)


@pytest.fixture
def run_options(tmp_path: Path) -> list[str]:
    """Options of a run with two workers."""
    (tmp_path / "base.yaml").write_text(BASE.replace("time_limit_s: 2.0", "time_limit_s: 6.0"))
    (tmp_path / "stages.yaml").write_text(STAGES)
    (tmp_path / "ppo_prompt.yaml").write_text(PROMPT)
    options = ["--workers", "2", "--first-domain-id", str(51 + os.getpid() % 8)]
    options += [
        "--algorithm",
        str(tmp_path / "ppo_prompt.yaml"),
        "--curriculum",
        str(tmp_path / "stages.yaml"),
    ]
    return options


def test_stages_reach_workers_their_successors_and_resumed_runs(
    tmp_path: Path, run_options: list[str]
) -> None:
    options = [*run_options, "--total-steps", "1000000000"]
    with Run(tmp_path, ["-m"], *options) as run:
        run.wait_for(lambda: "curriculum begins with stage 0 'here'" in run.output, "curriculum")
        assert world_logs(tmp_path).count("Town02 with 2 egos is ready") == 2
        run.wait_for(lambda: "stage 1 'there' after" in run.output, "promotion")
        run.wait_for(lambda: world_logs(tmp_path).count("Town01 with 2 egos is ready") == 2, "new worlds")
        steps = run.steps()
        run.wait_for(lambda: run.steps() > steps + 100, "progress in the new worlds")
        run.workers()[0].kill()
        run.wait_for(lambda: "is back" in run.output, "successor")
        assert call_set_stage("nowhere").message == "stage is 'nowhere'; allowed: here, there, or 0 to 1"
        assert call_set_stage("there").index == 1
        steps = run.steps()
        run.wait_for(lambda: run.steps() > steps + 100, "progress with it")
        logs = world_logs(tmp_path)
        # It did not pass through the first stage's world.
        assert logs.count("Town01 with 2 egos is ready") == 3
        assert logs.count("Town02 with 2 egos is ready") == 2
        run.process.send_signal(signal.SIGINT)
        assert run.process.wait(60) == 0, run.output[-3000:]
    latest = tmp_path / "run" / "checkpoints" / "latest.pt"
    stored = torch.load(latest, weights_only=True)
    assert stored["extras"]["curriculum"]["stage"] == "there"
    more = str(stored["counters"]["steps"] + 400)
    with Run(tmp_path, ["-m"], *run_options, "--in-process", "--total-steps", more) as run:
        assert run.process.wait(120) == 0, run.output[-3000:]
    assert "curriculum begins with stage 1 'there'" in run.output
    again = torch.load(latest, weights_only=True)
    assert again["counters"]["steps"] >= int(more)
    assert again["extras"]["curriculum"]["stage"] == "there"


def test_learners_of_torchrun_move_together(tmp_path: Path, run_options: list[str]) -> None:
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m"]
    with Run(
        tmp_path, launcher, *run_options, "--workers", "1", "--in-process", "--total-steps", "3000"
    ) as run:
        assert run.process.wait(200) == 0, run.output[-3000:]
    moves = re.findall(r"learner (\d): (stage 1 'there' after \d+% success)", run.output)
    assert sorted(rank for rank, _ in moves) == ["0", "1"], run.output[-3000:]
    assert len({text for _, text in moves}) == 1
