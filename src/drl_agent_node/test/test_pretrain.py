"""Training in one process writes a run that others can go on from."""

from __future__ import annotations

from pathlib import Path

import pytest

from drl_agent_node import pretrain
from drl_agent_node.checkpoint import CheckpointFolder

SCENARIO = """
name: short
town: Town02
routes: {min_length_m: 20.0, max_length_m: 30.0, start_clearance_m: 8.0}
limits: {time_limit_s: 6.0, blocked_s: 2.0}
"""


@pytest.fixture
def arguments(tmp_path: Path) -> list[str]:
    scenario, algorithm = tmp_path / "short.yaml", tmp_path / "ppo.yaml"
    scenario.write_text(SCENARIO)
    algorithm.write_text("{rollout_steps: 16, minibatch_size: 32, epochs: 1, reward: {success_bonus: 5.0}}")
    files = ["--scenario", str(scenario), "--algorithm", str(algorithm), "--run-dir", str(tmp_path)]
    return [*files, "--num-agents", "4", "--run-name", "first"]


def test_a_run_is_written_and_gone_on_with(
    arguments: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert pretrain.main([*arguments, "--total-steps", "256"]) == 0
    folder = CheckpointFolder(tmp_path / "first" / "checkpoints")
    found = folder.load_latest(print)
    assert found is not None
    assert found[0].steps == 256
    assert found[0].algorithm == "ppo"
    assert found[0].config["reward"]["success_bonus"] == 5.0
    assert list((tmp_path / "first" / "tensorboard").iterdir())
    assert (tmp_path / "first" / "config.yaml").is_file()
    assert pretrain.main([*arguments, "--total-steps", "384"]) == 0
    assert "at 256 steps" in capsys.readouterr().out
    again = folder.load_latest(print)
    assert again is not None
    assert again[0].steps == 384


def test_configuration_that_cannot_work_is_told(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert pretrain.main([*arguments, "--scenario", "absent.yaml"]) == pretrain.EXIT_CONFIGURATION
    assert "absent.yaml: cannot be read" in capsys.readouterr().err
    assert pretrain.main([*arguments, "--num-agents", "0"]) == pretrain.EXIT_CONFIGURATION
    assert "num_agents is 0" in capsys.readouterr().err
