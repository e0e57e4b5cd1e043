import math
from pathlib import Path
from typing import Any

import pytest
import torch
from lane_world import STATE_NAMES, LaneWorldEnv

from drl_agent_node.algorithms import ALGORITHMS, make_algorithm
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.checkpoint import CheckpointFolder, load
from drl_agent_node.errors import DivergenceError, InterruptedWaitError
from drl_agent_node.trainer import Hooks, Outcome, State, Trainer, TrainerSettings

CONFIG = PPOConfig(rollout_steps=16, minibatch_size=32, epochs=2)


def make(env: LaneWorldEnv) -> PPO:
    return PPO(CONFIG, env.num_envs, env.single_observation_space.shape[0], 2, seed=0)


def trainer(folder: Path, settings: TrainerSettings, **options) -> Trainer:
    return Trainer(LaneWorldEnv(4, seed=2), make, settings, CheckpointFolder(folder), **options)


def test_trains_to_total_steps_and_saves_on_the_way(tmp_path: Path):
    saved: list[int] = []
    updates: list[int] = []
    hooks = Hooks(
        on_checkpoint=lambda path: saved.append(load(path).steps),
        on_update=lambda steps, _: updates.append(steps),
    )
    run = trainer(tmp_path, TrainerSettings(400, checkpoint_interval_steps=128), config={"a": 1}, hooks=hooks)
    assert run.run() is Outcome.TOTAL_STEPS
    assert updates == [64, 128, 192, 256, 320, 384]
    assert saved == [128, 256, 384, 400]
    assert run.snapshot.state is State.DONE
    assert run.snapshot.updates == 6
    stored = load(tmp_path / "latest.pt")
    assert stored.state_names == STATE_NAMES
    assert stored.config == {"a": 1}


def test_resumes_where_it_stopped(tmp_path: Path):
    trainer(tmp_path, TrainerSettings(400)).run()
    run = trainer(tmp_path, TrainerSettings(600))
    checkpoint = load(tmp_path / "latest.pt")
    run.resume_from(checkpoint)
    assert run.run() is Outcome.TOTAL_STEPS
    assert run.tracker.steps == 600
    assert run.algorithm.updates > checkpoint.counters["updates"]
    assert load(tmp_path / "latest.pt").steps == 600


PPO_SMALL = {"rollout_steps": 16, "minibatch_size": 32, "epochs": 2}
SAC_SMALL = {"hidden_sizes": (16, 16), "batch_size": 32, "learning_starts": 64, "buffer_capacity": 1000}
EXACT = {
    "ppo": ("ppo", PPO_SMALL),
    "ppo with memory": (
        "ppo",
        PPO_SMALL
        | {"memory_size": 8, "policy": "beta", "learning_rate_schedule": "kl", "value_loss": "huber"},
    ),
    "ppo_lagrangian": ("ppo_lagrangian", PPO_SMALL),
    "sac": ("sac", SAC_SMALL),
}


@pytest.mark.parametrize(("name", "fields"), EXACT.values(), ids=EXACT)
def test_half_a_run_and_the_other_half_are_a_whole_one_bit_by_bit(tmp_path: Path, name: str, fields: dict):
    total, half = 1024, 512

    def run(folder: str, env: LaneWorldEnv, stop_at: int, resume: bool = False) -> dict[str, Any]:
        heard: list[int] = []
        config = ALGORITHMS[name][1](**fields)
        run = Trainer(
            env,
            lambda env: make_algorithm(name, config, env, seed=int(resume)),
            TrainerSettings(total),
            CheckpointFolder(tmp_path / folder),
            hooks=Hooks(on_update=lambda steps, _: heard.append(steps)),
            should_stop=lambda: bool(heard) and heard[-1] >= stop_at,
        )
        if resume:
            run.resume_from(load(tmp_path / folder / "latest.pt"))
        run.run()
        return load(tmp_path / folder / "latest.pt").state

    whole = run("whole", LaneWorldEnv(8, seed=2), total)
    # The world goes on where the first half left it.
    env = LaneWorldEnv(8, seed=2)
    at_half = run("parts", env, half)
    assert half <= load(tmp_path / "parts" / "latest.pt").steps < total
    parts = run("parts", env, total, resume=True)
    assert not same(at_half, whole)
    assert same(parts, whole)


def same(first: Any, second: Any) -> bool:
    if isinstance(first, dict):
        return first.keys() == second.keys() and all(same(first[key], second[key]) for key in first)
    if isinstance(first, (list, tuple)):
        return len(first) == len(second) and all(map(same, first, second))
    return torch.equal(first, second) if isinstance(first, torch.Tensor) else first == second


def test_stops_when_asked_and_saves(tmp_path: Path):
    asked = iter([False] * 10)
    run = trainer(tmp_path, TrainerSettings(10_000), should_stop=lambda: next(asked, True))
    assert run.run() is Outcome.STOPPED
    assert 0 < load(tmp_path / "latest.pt").steps < 200


def test_an_interrupted_wait_is_a_stop(tmp_path: Path):
    class Silent(LaneWorldEnv):
        def step(self, actions):
            if self.world.frame == 5:
                raise InterruptedWaitError
            return super().step(actions)

    run = Trainer(Silent(2), make, TrainerSettings(1000), CheckpointFolder(tmp_path))
    assert run.run() is Outcome.STOPPED
    assert load(tmp_path / "latest.pt").steps == 10


def test_ends_early_at_the_target(tmp_path: Path):
    class Easy(LaneWorldEnv):
        def __init__(self) -> None:
            super().__init__(8, seed=1)
            self.world._length[:] = 8.0
            self.world._route_m = (8.0, 10.0)

    run = Trainer(Easy(), make, TrainerSettings(100_000, target_success_rate=0.9), CheckpointFolder(tmp_path))
    assert run.run() is Outcome.TARGET_REACHED
    assert run.snapshot.window.success_rate >= 0.9
    assert run.snapshot.steps < 100_000
    best = load(tmp_path / "best.pt")
    assert best.score == (run.snapshot.window.success_rate, run.snapshot.window.mean_return)


def test_divergence_keeps_the_last_good_checkpoint(tmp_path: Path):
    class Broken(LaneWorldEnv):
        def step(self, actions):
            observations, rewards, *rest = super().step(actions)
            return (observations, rewards * (math.nan if self.world.frame > 70 else 1.0), *rest)

    run = Trainer(
        Broken(4), make, TrainerSettings(10_000, checkpoint_interval_steps=64), CheckpointFolder(tmp_path)
    )
    with pytest.raises(DivergenceError, match="rewards"):
        run.run()
    assert load(tmp_path / "latest.pt").steps == 256
