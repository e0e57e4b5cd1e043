"""The in-process environment as Gymnasium sees it; that it is like the loop is tested in carla_drl_bringup."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from gymnasium.vector import AutoresetMode
from numpy.typing import NDArray

from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.checkpoint import CheckpointFolder
from drl_agent_node.env import columns
from drl_agent_node.env.gateway_core import GatewayCore, GatewaySettings, RasterSettings
from drl_agent_node.env.in_process import InProcessVectorEnv
from drl_agent_node.errors import ConfigurationError, FleetError
from drl_agent_node.trainer import Outcome, Trainer, TrainerSettings

SCENARIO = """
name: short
town: Town02
routes: {min_length_m: 20.0, max_length_m: 30.0, start_clearance_m: 8.0}
limits: {time_limit_s: 6.0, blocked_s: 2.0}
"""


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "short.yaml"
    path.write_text(SCENARIO)
    return path


def actions(count: int, agents: int) -> list[NDArray[np.float32]]:
    rng = np.random.default_rng(7)
    return list(rng.uniform(-1.0, 1.0, (count, agents, 2)).astype(np.float32))


def drive(env: InProcessVectorEnv, count: int) -> NDArray[np.float32]:
    steps = [env.step(action) for action in actions(count, env.num_envs)]
    return np.array([np.column_stack([observed, rewards]) for observed, rewards, *_ in steps])


def test_spaces_are_known_from_the_start(scenario: Path) -> None:
    env = InProcessVectorEnv(scenario, 3)
    assert env.num_envs == 3
    assert env.metadata["autoreset_mode"] is AutoresetMode.NEXT_STEP
    observed, infos = env.reset(seed=1)
    assert env.observation_space.contains(observed)
    assert observed.shape == (3, len(env.state_names))
    assert (infos["status"] == columns.RESET).all()
    observed, rewards, terminated, truncated, infos = env.step(env.action_space.sample())
    assert env.observation_space.contains(observed)
    assert (rewards.dtype, terminated.dtype, truncated.dtype) == (np.float32, np.bool_, np.bool_)
    assert infos["stamp"][0] > 0.0
    env.close()


def test_seeds_repeat_and_differ(scenario: Path) -> None:
    env = InProcessVectorEnv(scenario, 2)
    first, _ = env.reset(seed=4)
    run = drive(env, 60)
    again, _ = env.reset(seed=4)
    np.testing.assert_array_equal(again, first)
    np.testing.assert_array_equal(drive(env, 60), run)
    other, _ = env.reset(seed=5)
    assert not np.array_equal(other, first)
    drawn, infos = env.reset()
    assert (infos["status"] == columns.RESET).all()
    drive(env, 3)
    assert not np.array_equal(env.reset()[0], drawn)
    fresh = InProcessVectorEnv(scenario, 2, seed=4)
    np.testing.assert_array_equal(fresh.reset()[0], first)


def test_a_step_after_the_end_starts_the_next_episode(scenario: Path) -> None:
    env = InProcessVectorEnv(scenario, 4)
    env.reset(seed=0)
    ended = np.zeros(4, np.bool_)
    seen = 0
    for action in actions(120, 4):
        _, rewards, terminated, truncated, infos = env.step(action)
        began = (infos["status"] & columns.RESET) != 0
        np.testing.assert_array_equal(began, ended)
        assert (rewards[began] == 0.0).all()
        ended = terminated | truncated
        seen += int(ended.sum())
    assert seen > 4


def test_frames_stay_as_they_are_when_the_next_comes(scenario: Path) -> None:
    """`outcome` may be asked for after the next `send`."""
    env, plain = InProcessVectorEnv(scenario, 2), InProcessVectorEnv(scenario, 2)
    env.reset(seed=3)
    plain.reset(seed=3)
    expected = [plain.step(action) for action in actions(30, 2)]
    pending = False
    for number, action in enumerate(actions(30, 2)):
        env.send(action)
        if pending:
            np.testing.assert_array_equal(env.outcome()[0], expected[number - 1][1])
        np.testing.assert_array_equal(env.receive(), expected[number][0])
        pending = True


def test_ppo_trains_on_it(scenario: Path, tmp_path: Path) -> None:
    env = InProcessVectorEnv(scenario, 4)
    config = PPOConfig(rollout_steps=16, minibatch_size=32, epochs=1)

    def make(_: object) -> PPO:
        return PPO(config, 4, len(env.state_names), columns.NUM_ACTIONS, 0)

    trainer = Trainer(env, make, TrainerSettings(256), CheckpointFolder(tmp_path), config={})
    assert trainer.run() is Outcome.TOTAL_STEPS
    assert trainer.snapshot.updates >= 2
    assert trainer.snapshot.checkpoint


def test_rasters_can_be_observed_alone_or_with_the_state(scenario: Path) -> None:
    both = InProcessVectorEnv(scenario, 3, observation="both")
    alone = InProcessVectorEnv(
        scenario, 3, observation="raster", raster=RasterSettings(height=32, history=2, resolution_m=1.0)
    )
    plain = InProcessVectorEnv(scenario, 3)
    observed, _ = both.reset(seed=2)
    rasters, _ = alone.reset(seed=2)
    state, _ = plain.reset(seed=2)
    assert both.observation_space.contains(observed)
    assert alone.observation_space.contains(rasters)
    assert observed["raster"].shape == (3, 8, 96, 96)
    assert rasters["raster"].shape == (3, 11, 32, 96)
    assert rasters.keys() == {"raster"}
    np.testing.assert_array_equal(observed["state"], state)
    assert both.observation_names[: len(plain.state_names)] == plain.observation_names == plain.state_names
    assert alone.observation_names[0] == "raster road 32x96 at 1 m, 12 m ahead"
    for action in actions(20, 3):
        observed, *_ = both.step(action)
    # An ego on its route: on the road, and right ahead of it the route.
    road, route = observed["raster"][:, 0], observed["raster"][:, 4]
    assert (road[:, 72, 48] == 255).all()
    assert (route[:, 60:72, 40:56] == 255).any(axis=(1, 2)).all()
    with pytest.raises(ConfigurationError, match="raster_height is 8, 16 to 512 is allowed"):
        InProcessVectorEnv(scenario, 1, observation="both", raster=RasterSettings(height=8))


def test_settings_of_the_gateway_reach_it(scenario: Path) -> None:
    alone = InProcessVectorEnv(scenario, 2, gateway=GatewaySettings(neighbour_count=0))
    assert len(InProcessVectorEnv(scenario, 2).state_names) - len(alone.state_names) == 4 * 8
    with pytest.raises(ConfigurationError, match="neighbour_count is 17"):
        InProcessVectorEnv(scenario, 2, gateway=GatewaySettings(neighbour_count=17))


def test_bad_configuration_is_refused(scenario: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="num_agents is 0; at least 1"):
        InProcessVectorEnv(scenario, 0)
    with pytest.raises(ConfigurationError, match="cannot be read"):
        InProcessVectorEnv(tmp_path / "absent.yaml", 1)
    with pytest.raises(ConfigurationError, match="parameter num_agents is 256; allowed: up to"):
        InProcessVectorEnv(scenario, 256)


def test_the_gateway_refuses_values_that_are_not_finite() -> None:
    core = GatewayCore(1, 1, 0.1)
    arrays = [np.zeros(shape, np.float32) for shape in ((1, 20), (1, 1, 4), (1, columns.NUM_METRICS))]
    arrays[0][0, 3] = np.nan
    with pytest.raises(FleetError, match=r"frame 1: array 'ego', agent 0, column 'roll_rad' is -?nan"):
        core.observe(1, *arrays, np.zeros(1, np.uint8))
    with pytest.raises(FleetError, match="no frame awaits an action"):
        core.answer(np.zeros((1, 2), np.float32))
