"""Exported policies act as the policies they were made from, and say what they are for."""

from pathlib import Path
from types import SimpleNamespace

import gymnasium as gym
import numpy as np
import pytest
import torch
from lane_world import STATE_NAMES, LaneWorldEnv

from drl_agent_node.algorithms import ALGORITHMS, make_algorithm
from drl_agent_node.checkpoint import Checkpoint, CheckpointFolder
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.evaluation.policies import find_learned, find_policy
from drl_agent_node.export import PolicyModule, export_policy, main
from drl_agent_node.inference.policy_file import load_policy
from drl_agent_node.networks.actor_critic import ActorCritic, FastActor

AGENTS = 4
ABOUT = {"code_revision": "abc", "scenario": {"name": "town01_basic", "hash": "0123"}}


def checkpoint(folder: Path, algorithm: str, **fields: object) -> Path:
    """Write a checkpoint of a policy with random weights and statistics of what LaneWorld shows."""
    random = np.random.default_rng(4)
    env = LaneWorldEnv(4, seed=1)
    config = ALGORITHMS[algorithm][1].from_mapping(fields, "test")
    learner = make_algorithm(algorithm, config, env, seed=2)
    state = learner.state_dict()
    network = state.get("network") or state["actor"]
    for value in network.values():
        value += 0.1 * torch.from_numpy(random.standard_normal(value.shape, np.float32))
    learner.observation_stats.update(random.normal(3.0, 2.0, (500, len(STATE_NAMES))))
    return CheckpointFolder(folder / "checkpoints").save(
        Checkpoint(
            algorithm,
            {"algorithm": config.model_dump(mode="json"), "about": ABOUT},
            STATE_NAMES,
            {"steps": 700, "episodes": 3},
            learner.state_dict(),
        )
    )


@pytest.mark.parametrize(
    ("algorithm", "fields", "name"),
    [
        ("ppo", {}, "policy.onnx"),
        ("ppo", {"activation": "silu", "hidden_sizes": [16], "normalize_observations": False}, "policy.ts"),
        ("ppo_lagrangian", {}, "policy.onnx"),
        ("sac", {}, "policy.onnx"),
    ],
)
def test_an_exported_policy_acts_as_its_original(
    tmp_path: Path, algorithm: str, fields: dict[str, object], name: str
):
    path = checkpoint(tmp_path, algorithm, **fields)
    policy = find_learned(str(path))
    assert export_policy(policy, tmp_path / name).steps == 700
    exported = load_policy(tmp_path / name)
    assert find_policy(str(tmp_path / name)).short_name == "policy_000000000700"
    assert find_policy(str(tmp_path / name)).bind(LaneWorldEnv(4, seed=1)) is not None
    original = policy.bind(LaneWorldEnv(4, seed=1))
    random = np.random.default_rng(1)
    spread = set()
    for rows in (1, 4, 33):
        observations = random.normal(3.0, 4.0, (rows, len(STATE_NAMES))).astype(np.float32)
        expected = np.clip(original(observations), -1.0, 1.0)
        np.testing.assert_allclose(exported.act(observations), expected, rtol=0.0, atol=1e-5)
        spread |= set(expected[:, 1].tolist())
    assert len(spread) > 10, "the policy does the same everywhere: this test would prove nothing"
    card = exported.card
    assert (card.algorithm, card.steps, card.state_names) == (algorithm, 700, STATE_NAMES)
    assert (card.code_revision, card.scenario["hash"]) == ("abc", "0123")
    assert bool(card.normalization) == fields.get("normalize_observations", True)
    assert card.config["algorithm"]["hidden_sizes"]


@pytest.mark.parametrize("head", ["gaussian", "squashed", "beta"])
def test_every_distribution_is_exported_as_its_mode(head: str):
    torch.manual_seed(1)
    network = ActorCritic(5, 2, initial_mean=(0.4, 0.0), policy=head)
    for parameter in network.actor.parameters():
        parameter.data += 0.3 * torch.randn_like(parameter)
    observations = torch.randn(50, 5)
    actions = PolicyModule(network.actor, head, None, 5)(observations).detach().numpy()
    expected = np.clip(FastActor(network).mean(observations.numpy()), -1.0, 1.0)
    np.testing.assert_allclose(actions, expected, rtol=0.0, atol=1e-5)


NEIGHBOURS = tuple(
    f"neighbour_{number}_{name}" for number in range(3) for name in ("present", "x_m", "y_m", "vx_mps")
)
MIXED = (*STATE_NAMES[:6], *NEIGHBOURS)
CHANNELS = tuple(f"raster {name} 24x20 at 0.5 m, 8 m ahead" for name in ("road", "route"))


def rich_checkpoint(folder: Path, algorithm: str, *, state: bool, raster: bool, **fields: object) -> Path:
    """Write a checkpoint of a policy that sees states with neighbours, rasters, or both."""
    box = gym.spaces.Box
    spaces = {}
    if state:
        spaces["state"] = box(-np.inf, np.inf, (len(MIXED),), np.float32)
    if raster:
        spaces["raster"] = box(0, 255, (2, 24, 20), np.uint8)
    env = SimpleNamespace(
        num_envs=AGENTS,
        single_observation_space=gym.spaces.Dict(spaces) if raster else spaces["state"],
        single_action_space=box(-1.0, 1.0, (2,), np.float32),
        state_names=MIXED if state else (),
    )
    config = ALGORITHMS[algorithm][1].from_mapping(fields, "test")
    learner = make_algorithm(algorithm, config, env, seed=2)
    random = np.random.default_rng(4)
    for network in learner.policy_state()["networks"].values():
        for value in network.values():
            value += 0.1 * torch.from_numpy(random.standard_normal(value.shape, np.float32))
    if state:
        learner.observation_stats.update(random.normal(3.0, 2.0, (500, len(MIXED))))
    names = (MIXED if state else ()) + (CHANNELS if raster else ())
    content = {"algorithm": config.model_dump(mode="json"), "about": ABOUT}
    return CheckpointFolder(folder / "checkpoints").save(
        Checkpoint(algorithm, content, names, {"steps": 700, "episodes": 3}, learner.state_dict())
    )


@pytest.mark.parametrize("ending", ["onnx", "ts"])
@pytest.mark.parametrize(
    ("algorithm", "state", "raster", "fields"),
    [
        ("ppo", True, False, {"memory_size": 12}),
        ("ppo", True, False, {"state_encoder": "attention", "policy": "beta"}),
        ("ppo", True, True, {"fusion": "cross_attention", "state_encoder": "attention", "memory_size": 8}),
        ("ppo", False, True, {}),
        ("sac", True, True, {"state_encoder": "attention", "save_buffer": False, "buffer_capacity": 1000}),
    ],
    ids=["memory", "attention", "everything", "raster", "sac"],
)
def test_policies_that_see_and_remember_more_are_exported(
    tmp_path: Path, ending: str, algorithm: str, state: bool, raster: bool, fields: dict[str, object]
):
    policy = find_learned(str(rich_checkpoint(tmp_path, algorithm, state=state, raster=raster, **fields)))
    card = export_policy(policy, tmp_path / f"policy.{ending}")
    assert card.memory_size == fields.get("memory_size", 0)
    box = gym.spaces.Box
    spaces = {"state": box(-np.inf, np.inf, (len(MIXED),)), "raster": box(0, 255, (2, 24, 20), np.uint8)}
    env = SimpleNamespace(
        num_envs=AGENTS,
        single_observation_space=gym.spaces.Dict({k: v for k, v in spaces.items() if k == "raster" or state})
        if raster
        else spaces["state"],
        single_action_space=box(-1.0, 1.0, (2,), np.float32),
        state_names=MIXED if state else (),
        observation_names=policy.checkpoint.state_names,
    )
    original, exported = policy.bind(env), find_policy(str(tmp_path / f"policy.{ending}")).bind(env)
    random = np.random.default_rng(1)
    no = np.zeros(AGENTS, np.bool_)
    for driver in (original, exported):
        driver.begin(no, ~no)
    spread = set()
    for step in range(6):
        seen = {}
        if state:
            seen["state"] = random.normal(3.0, 4.0, (AGENTS, len(MIXED))).astype(np.float32)
            seen["state"][:, [6, 10, 14]] = random.random((AGENTS, 3)) < 0.5
        if raster:
            seen["raster"] = random.integers(0, 256, (AGENTS, 2, 24, 20), np.uint8)
        observations = seen if raster else seen["state"]
        expected = np.clip(original(observations), -1.0, 1.0)
        np.testing.assert_allclose(exported(observations), expected, rtol=0.0, atol=2e-5)
        spread |= set(expected[:, 1].tolist())
        # An episode of one ego ends: both forget it two steps later, when the next one begins.
        ended = np.arange(AGENTS) == step % AGENTS
        for driver in (original, exported):
            driver.follow(ended)
    assert len(spread) > 10, "the policy does the same everywhere: this test would prove nothing"


def test_another_layout_is_refused_with_the_difference(tmp_path: Path):
    checkpoint(tmp_path, "ppo")
    assert main([str(tmp_path)]) == 0
    exported = load_policy(tmp_path / "policy.onnx")
    exported.check_layout(STATE_NAMES, ("acceleration", "steer"))
    with pytest.raises(
        ConfigurationError, match="missing in the fleet: speed_mps; unknown to the policy: yaw"
    ):
        exported.check_layout(("yaw", *STATE_NAMES[1:]))
    with pytest.raises(ConfigurationError, match=f"order differs from column 0 on: {STATE_NAMES[0]} became"):
        exported.check_layout((STATE_NAMES[1], STATE_NAMES[0], *STATE_NAMES[2:]))
    with pytest.raises(ConfigurationError, match="takes 2 action columns"):
        exported.check_layout(STATE_NAMES, ("steer",))


def test_files_that_are_no_policies_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for name, content, complaint in (
        ("absent.onnx", None, "does not exist"),
        ("noise.onnx", b"noise", "cannot be loaded"),
        ("noise.ts", b"noise", "cannot be loaded"),
        ("policy.pt", b"", "ending in .onnx or .ts"),
    ):
        if content is not None:
            (tmp_path / name).write_bytes(content)
        with pytest.raises(ConfigurationError, match=complaint):
            load_policy(tmp_path / name)
    path = checkpoint(tmp_path, "ppo")
    assert main([str(path), "--output", str(tmp_path / "policy.pb")]) == 78
    assert "allowed: .onnx, .ts" in capsys.readouterr().err


def test_a_policy_that_would_act_differently_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    policy = find_learned(str(checkpoint(tmp_path, "ppo")))
    monkeypatch.setattr("drl_agent_node.export.TOLERANCE", -1.0)
    with pytest.raises(ConfigurationError, match="actions differ by up to"):
        export_policy(policy, tmp_path / "policy.onnx")
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoints"]
