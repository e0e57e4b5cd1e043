"""The curriculum: moves by success, mixing, what reaches the simulators, and a whole run in one process."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest

from carla_sensor_bridge.scenario_change import parse_scenario
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.checkpoint import CheckpointFolder, load
from drl_agent_node.curriculum import Curriculum, CurriculumConfig, load_stages
from drl_agent_node.curriculum_session import CurriculumSession, InProcessLoader
from drl_agent_node.env import columns
from drl_agent_node.env.in_process import InProcessVectorEnv
from drl_agent_node.episodes import Episode
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.scene_dispatch import Answer, SceneDispatcher
from drl_agent_node.trainer import Hooks, Trainer, TrainerSettings

BASE = """
name: base
town: Town02
routes: {min_length_m: 20.0, max_length_m: 30.0, start_clearance_m: 8.0}
limits: {time_limit_s: 2.0, blocked_s: 1.5}
"""
CURRICULUM = """
window: 10
promote_at: 0.8
demote_below: 0.2
mix: 0.0
block_episodes: 1000
stages:
  - {name: near, scenario: base.yaml}
  - {name: far, scenario: base.yaml, changes: {routes: {min_length_m: 60.0, max_length_m: 70.0}}}
  - {name: other, scenario: base.yaml, changes: {town: Town01}}
"""


def write_curriculum(folder: Path) -> Path:
    (folder / "base.yaml").write_text(BASE)
    path = folder / "curriculum.yaml"
    path.write_text(CURRICULUM)
    return path


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return write_curriculum(tmp_path)


def make(file: Path, sizes: Sequence[int] = (4,), **settings: object) -> Curriculum:
    config, stages = load_stages(file)
    return Curriculum(config.model_copy(update=settings), stages, sizes, seed=0)


def episode(env: int, success: bool, whole: bool = True) -> Episode:
    reason = columns.END_ROUTE_DONE if success else columns.END_COLLISION
    return Episode(env, 0, 0, 10, 1.0, 1.0, 30.0, 5.0, reason, 0.0, whole)


def drive(curriculum: Curriculum, success: bool, count: int) -> list[str]:
    """End `count` episodes of each agent in turn, once all follow what they are assigned."""
    said = []
    agents = len(curriculum.assignment(0).stages)
    for number in range(count):
        said.append(curriculum.on_episodes([episode(number % agents, success)]))
    return [text for text in said if text]


def follow(curriculum: Curriculum) -> None:
    """Let every agent take its assignment, and end the episode that it was in."""
    for agent, stage in enumerate(curriculum.assignment(0).stages.tolist()):
        curriculum.taken(0, [agent], stage)
        curriculum.on_episodes([episode(agent, False, whole=False)])


def test_stages_are_scenarios_with_changes(file: Path):
    _, (near, far, other) = load_stages(file)
    assert (near.scenario.town, near.scenario.routes.min_length_m) == ("Town02", 20.0)
    assert (far.scenario.routes.max_length_m, far.scenario.limits.time_limit_s) == (70.0, 2.0)
    assert (other.scenario.town, other.scenario.name) == ("Town01", "base.other")
    assert parse_scenario(far.text) == far.scenario


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("name: far", "name: near", "each may be there once"),
        ("promote_at: 0.8", "promote_at: 0.1", "demote_below .* must be less than promote_at"),
        (
            "town: Town01",
            "step_s: 0.05",
            "stage 'other': scenario field step_s is 0.05; allowed in this run: 0.1",
        ),
        ("town: Town01", "towns: Town01", "stage 'other': scenario field towns"),
        ("window: 10", "windows: 10", "unknown field 'windows'"),
        ("base.yaml}", "none.yaml}", "cannot read"),
    ],
)
def test_bad_files_are_refused(file: Path, old: str, new: str, message: str):
    file.write_text(CURRICULUM.replace(old, new))
    with pytest.raises(ConfigurationError, match=message):
        load_stages(file)


def test_success_promotes_and_failure_demotes(file: Path):
    curriculum = make(file)
    follow(curriculum)
    assert drive(curriculum, True, 9) == []
    assert curriculum.success_rate == 1.0
    (said,) = drive(curriculum, True, 1)
    assert said == "stage 1 'far' after 100% success"
    assert np.isnan(curriculum.success_rate)
    # Episodes that began in the stage before say nothing about this one.
    drive(curriculum, False, 4)
    assert np.isnan(curriculum.success_rate)
    follow(curriculum)
    assert drive(curriculum, False, 10) == ["stage 0 'near' after 0% success"]
    follow(curriculum)
    drive(curriculum, False, 30)
    assert curriculum.stage == 0
    # Neither good nor bad enough: stays.
    for success in [True] * 5 + [False] * 5:
        drive(curriculum, success, 1)
    assert (curriculum.stage, curriculum.success_rate) == (0, 0.5)


def test_holding_keeps_a_stage(file: Path):
    curriculum = make(file)
    curriculum.move_to(curriculum.index_of("far"), hold=True)
    follow(curriculum)
    drive(curriculum, True, 20)
    assert curriculum.stage == 1
    curriculum.move_to(curriculum.index_of("1"), hold=False)
    drive(curriculum, True, 1)
    assert curriculum.stage == 2
    for unknown in ("nowhere", "3", "-1"):
        with pytest.raises(ConfigurationError, match="allowed: near, far, other, or 0 to 2"):
            curriculum.index_of(unknown)


def test_earlier_stages_are_mixed_in(file: Path):
    curriculum = make(file, sizes=(1000, 1000), mix=0.25, block_episodes=1)
    curriculum.move_to(1, hold=True)
    stages = curriculum.assignment(0).stages
    assert set(stages.tolist()) == {0, 1}
    assert 0.2 < (stages == 0).mean() < 0.3
    # Another world is no place for the stages of this one: it takes turns.
    curriculum.move_to(2, hold=True)
    assert set(curriculum.assignment(0).stages.tolist()) == {2}
    worlds = []
    for _ in range(400):
        curriculum.on_episodes([episode(0, True)])
        worlds.append(curriculum.assignment(0).world)
    assert 0.15 < np.mean([world < 2 for world in worlds]) < 0.35
    assert set(worlds) == {0, 1, 2}


def test_the_state_survives(file: Path):
    curriculum = make(file)
    follow(curriculum)
    drive(curriculum, True, 12)
    follow(curriculum)
    drive(curriculum, True, 3)
    again = make(file)
    again.load_state_dict(curriculum.state_dict())
    assert (again.stage, again.success_rate, again.held) == (1, 1.0, False)
    follow(again)
    drive(again, True, 7)
    assert again.stage == 2


class Bridges:
    """Answers orders when told to, and keeps what was ordered."""

    def __init__(self, worlds: int) -> None:
        self.sessions: list[int | None] = [1] * worlds
        self.orders: list[tuple[int, str, tuple[int, ...]]] = []
        self.answer: Answer | None = Answer(True)

    def load(self, group: int, scenario: str, agents: Sequence[int]) -> Callable[[], Answer | None]:
        self.orders.append((group, parse_scenario(scenario).name, tuple(agents)))
        return lambda: self.answer


def test_orders_reach_every_simulator_and_every_new_session(file: Path):
    curriculum = make(file, sizes=(2, 1))
    bridges, warned = Bridges(2), []
    dispatcher = SceneDispatcher(curriculum, bridges, lambda: bridges.sessions, warned.append)
    for _ in range(3):
        dispatcher.poll()
    assert bridges.orders == [(0, "base.near", ()), (1, "base.near", ())]
    bridges.orders.clear()
    bridges.sessions[1] = 2
    dispatcher.poll()
    assert bridges.orders == [(1, "base.near", ())]
    bridges.orders.clear()
    # Another world: nothing more is asked until its session has begun.
    bridges.answer = Answer(True, new_world=True)
    assert dispatcher.request("other", hold=True) == 2
    for _ in range(3):
        dispatcher.poll()
    assert bridges.orders == [(0, "base.other", ()), (1, "base.other", ())]
    bridges.orders.clear()
    bridges.answer = None
    bridges.sessions[0] = 7
    for _ in range(3):
        dispatcher.poll()
    assert bridges.orders == [(0, "base.other", ())]
    assert not warned


def test_refused_orders_are_given_again(file: Path, monkeypatch: pytest.MonkeyPatch):
    bridges, warned = Bridges(1), []
    dispatcher = SceneDispatcher(make(file), bridges, lambda: bridges.sessions, warned.append)
    monkeypatch.setattr("drl_agent_node.scene_dispatch.TRY_AGAIN_S", 0.0)
    bridges.answer = Answer(False, "not now")
    dispatcher.poll()
    assert warned == ["stage near: not now; asking again"]
    bridges.answer = Answer(True)
    for _ in range(3):
        dispatcher.poll()
    assert len(bridges.orders) == 2


def test_a_simulator_that_is_not_there_gets_its_orders_when_it_is_back(file: Path):
    curriculum = make(file, sizes=(2, 1))
    bridges, warned = Bridges(2), []
    bridges.answer = None
    dispatcher = SceneDispatcher(curriculum, bridges, lambda: bridges.sessions, warned.append)
    bridges.sessions[0] = None
    dispatcher.poll()
    assert bridges.orders == [(1, "base.near", ())]
    assert dispatcher.waiting
    # What nobody is there to answer is not waited for.
    bridges.sessions[:] = [1, None]
    bridges.answer = Answer(True)
    curriculum.move_to(1, hold=True)
    dispatcher.poll()
    assert bridges.orders[1:] == [(0, "base.far", ())]
    assert not dispatcher.waiting
    bridges.sessions[1] = 1
    dispatcher.poll()
    assert bridges.orders[2:] == [(1, "base.far", ())]
    assert not warned


def test_a_stage_changes_routes_at_once_and_towns_with_a_new_session(file: Path):
    _, (_near, far, other) = load_stages(file)
    env = InProcessVectorEnv(file.parent / "base.yaml", 2)
    _, infos = env.reset(seed=1)
    action = np.zeros((2, 2), np.float32)
    assert not env.load_scenario(far.text, [1])
    longest = np.zeros(2)
    for _ in range(30):
        *_, infos = env.step(action)
        longest = np.maximum(longest, infos["metrics"][:, columns.ROUTE_LENGTH_M])
    assert longest[0] <= 30.0
    assert 60.0 <= longest[1] <= 70.0
    session = env.links[0].current.session
    assert env.load_scenario(other.text)
    *_, truncated, infos = env.step(action)
    assert truncated.all()
    assert not infos["valid"].any()
    *_, infos = env.step(action)
    assert env.links[0].current.session == session + 1
    assert (infos["status"] == columns.RESET).all()
    with pytest.raises(ConfigurationError, match="allowed: 0 to 1"):
        env.load_scenario(other.text, [2])
    with pytest.raises(ConfigurationError, match=r"routes.preview_m is \(5.0,\)"):
        env.load_scenario(other.text + "\nroutes: {preview_m: [5.0]}")


def test_a_run_moves_on_and_resumes_where_it_was(file: Path, tmp_path: Path):
    easy = CURRICULUM.replace("promote_at: 0.8", "promote_at: 0.0001").replace("0.2", "0.0")
    file.write_text(easy.replace("window: 10", "window: 2"))
    said: list[str] = []

    def train(total_steps: int, resumed: Path | None) -> CurriculumSession:
        session = CurriculumSession(file, 0, said.append)
        env = InProcessVectorEnv(session.stages[0].scenario, 4, seed=0)

        def build(_: object) -> PPO:
            session.begin(env, InProcessLoader(env), load(resumed).extras if resumed else {})
            config = PPOConfig(rollout_steps=16, minibatch_size=32, epochs=1, initial_mean=(0.6, 0.0))
            return PPO(config, 4, len(env.state_names), columns.NUM_ACTIONS, 0)

        hooks = Hooks(
            on_episodes=lambda ended: session.on_episodes(ended), on_step=lambda _snapshot: session.on_step()
        )
        trainer = Trainer(
            env,
            build,
            TrainerSettings(total_steps),
            CheckpointFolder(tmp_path / "checkpoints"),
            extras=session.extras,
            hooks=hooks,
        )
        if resumed is not None:
            trainer.resume_from(load(resumed))
        trainer.run()
        return session

    first = train(64, None)
    assert (first.status.index, first.status.count) == (0, 3)
    first.request("far", hold=True)
    first.on_step()
    assert first.status.name == "far"
    latest = tmp_path / "checkpoints" / "latest.pt"
    assert load(latest).extras["curriculum"]["stage"] == "near"
    second = train(1200, latest)
    assert second.status.index > 0 or any("stage" in text for text in said)
    assert load(latest).extras["curriculum"]["stage"] == second.status.name


def test_the_shipped_curriculum_is_good():
    config, stages = load_stages(
        Path(__file__).parents[2] / "carla_drl_bringup" / "config" / "curricula" / "town01_to_town02.yaml"
    )
    assert [stage.scenario.town for stage in stages] == ["Town01", "Town01", "Town02"]
    assert isinstance(config, CurriculumConfig)


def test_the_experiment_prints_both_runs(file: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    from drl_agent_node.compare_curriculum import main

    algorithm = tmp_path / "ppo.yaml"
    algorithm.write_text("rollout_steps: 16\nminibatch_size: 32\nepochs: 1\n")
    arguments = [
        "--curriculum",
        str(file),
        "--algorithm",
        str(algorithm),
        "--run-dir",
        str(tmp_path / "runs"),
    ]
    assert main([*arguments, "--total-steps", "128", "--num-agents", "2", "--episodes", "4"]) == 0
    printed = capsys.readouterr().out
    assert "curriculum begins with stage 0 'near'" in printed
    assert "A  without a curriculum (base.other, 4 episodes)" in printed
    assert "B  with curriculum (base.other, 4 episodes)" in printed
