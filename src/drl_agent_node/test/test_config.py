from pathlib import Path

import pytest

from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.config import read_yaml
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.parameters import check_parameters

GOOD = {
    "mode": "train",
    "simulators": ["sim0"],
    "algorithm": "ppo",
    "algorithm_config": "",
    "observation": "state",
    "safety": "off",
    "total_steps": 10,
    "seed": 4,
    "run_dir": "runs",
    "run_name": "",
    "resume": "auto",
    "checkpoint_interval_steps": 5,
    "keep_checkpoints": 3,
    "expected_agents": 0,
    "observation_timeout_s": 5.0,
    "retry_s": 1.0,
    "lost_after_s": 3.0,
    "curriculum": "",
    "target_success_rate": 0.0,
    "policy": "latest",
    "eval_episodes": 3,
}


def test_good_parameters_pass_and_a_run_name_is_made():
    checked = check_parameters(GOOD)
    assert checked.run_name.startswith("ppo-seed4-")
    assert checked.run_folder == Path("runs").resolve() / checked.run_name
    assert checked.algorithm_config is None


@pytest.mark.parametrize(
    ("name", "value", "allowed"),
    [
        ("mode", "learn", "train, evaluate, serve"),
        ("algorithm", "sacc", "ppo"),
        ("simulators", [], "one or more"),
        ("simulators", ["a", "a"], "different names"),
        ("simulators", ["Sim/0"], "a-z"),
        ("algorithm_config", "/nowhere.yaml", "path of a YAML file"),
        ("run_name", "../x", "letters"),
    ],
)
def test_bad_parameters_are_refused_by_name(name: str, value: object, allowed: str):
    with pytest.raises(ConfigurationError, match=rf"parameter '{name}' .*allowed: .*{allowed}"):
        check_parameters(GOOD | {name: value})


def test_yaml_files(tmp_path: Path):
    path = tmp_path / "a.yaml"
    path.write_text("# nothing\n")
    assert read_yaml(path) == {}
    path.write_text("gamma: 0.9\nhidden_sizes: [32, 16]\n")
    config = PPOConfig.from_mapping(read_yaml(path), str(path))
    assert (config.gamma, config.hidden_sizes) == (0.9, (32, 16))
    path.write_text("- 1\n")
    with pytest.raises(ConfigurationError, match="must hold a mapping"):
        read_yaml(path)
    path.write_text("a: [1\n")
    with pytest.raises(ConfigurationError, match="not valid YAML"):
        read_yaml(path)
    with pytest.raises(ConfigurationError, match="No such file"):
        read_yaml(tmp_path / "absent.yaml")
