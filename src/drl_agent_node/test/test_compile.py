"""`compile`: the same numbers under the same names, and a clear word where there is no compiler."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from ranks import COLUMNS, ENVS, PPO_FIELDS, learn

from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig


def make(**fields: object) -> PPO:
    return PPO(PPOConfig(**(PPO_FIELDS | fields)), ENVS, COLUMNS, 2, seed=1)


@pytest.mark.nightly  # half a minute of compiling
def test_compiled_networks_learn_the_same_under_the_same_names():
    plain, compiled = make(), make(compile=True)
    for algorithm in (plain, compiled):
        learn(algorithm, slice(None), updates=1)
    own, reference = compiled.state_dict()["network"], plain.state_dict()["network"]
    assert list(own) == list(reference)
    for name, value in reference.items():
        torch.testing.assert_close(own[name], value, rtol=1e-3, atol=1e-4)
    # A checkpoint of one is a checkpoint of the other.
    make().load_state_dict(compiled.state_dict())


def test_without_a_compiler_it_is_refused(tmp_path: Path):
    code = "import test_compile as t; t.learn(t.make(compile=True), slice(None), updates=1)"
    environment = os.environ | {
        "CXX": "/nowhere/g++",
        "TORCHINDUCTOR_CACHE_DIR": str(tmp_path),
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), os.environ.get("PYTHONPATH", "")]),
    }
    run = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert run.returncode != 0
    assert "ConfigurationError: ppo: compile is true, but torch.compile cannot work here" in run.stderr
    assert "allowed without one: false" in run.stderr
