"""Rasters on their way from messages to a policy that learns from them."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest
import torch
from fake_gateway import layout_message, observation_message
from lane_world import STATE_NAMES, LaneWorld
from test_fleet_vector_env import Worlds

from drl_agent_node.algorithms import make_algorithm, observation_size
from drl_agent_node.algorithms.base import Transition
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.ppo_lagrangian import PPOLagrangianConfig
from drl_agent_node.algorithms.sac import SAC, SACConfig
from drl_agent_node.env.fleet_frame import parse_observation
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.lock_step import LockStep
from drl_agent_node.errors import ConfigurationError, FleetError
from drl_agent_node.networks.features import FeatureConfig, FeatureNetwork

SHAPE = (2, 16, 20)
NAMES = ["road", "vehicles"]


def with_raster(message: Any, value: int) -> Any:
    message.raster_channels, message.raster_height, message.raster_width = SHAPE
    message.raster = array("B", bytes([value]) * (message.num_agents * SHAPE[0] * SHAPE[1] * SHAPE[2]))
    return message


def with_names(message: Any) -> Any:
    message.raster_names, message.raster_resolution_m, message.raster_ahead_m = NAMES, 0.5, 3.0
    return message


class RasterWorlds(Worlds):
    """Worlds whose messages have rasters, all pixels of the value of the frame's number."""

    def send(self, name: str) -> None:
        world = self.worlds[name]
        self.inbox.append((name, with_raster(observation_message(world, self.sessions[name]), world.frame)))

    def send_first(self) -> None:
        for name, world in self.worlds.items():
            self.inbox.append((name, with_names(layout_message(world, self.sessions[name], name))))
            self.send(name)


def test_rasters_come_with_the_frames() -> None:
    worlds = RasterWorlds({"a": 2, "b": 1})
    worlds.send_first()
    env = FleetVectorEnv(worlds, observation="both")
    observations, _ = env.reset()
    assert env.observation_space.contains(observations)
    assert env.observation_names == (
        *STATE_NAMES,
        "raster road 16x20 at 0.5 m, 3 m ahead",
        "raster vehicles 16x20 at 0.5 m, 3 m ahead",
    )
    observations, *_ = env.step(np.zeros((3, 2), np.float32))
    assert observations["raster"].shape == (3, *SHAPE)
    assert (observations["raster"] == 1).all()
    np.testing.assert_array_equal(observations["state"][2:], worlds.worlds["b"].state)


def test_one_groups_rasters_are_not_copied() -> None:
    worlds = RasterWorlds({"a": 2})
    worlds.send_first()
    env = FleetVectorEnv(worlds, observation="raster")
    observations, _ = env.reset()
    assert set(observations) == {"raster"}
    assert np.shares_memory(observations["raster"], env.links[0].current.raster)  # type: ignore[union-attr]


def test_rasters_that_are_not_there_cannot_be_observed() -> None:
    worlds = Worlds({"a": 1})
    worlds.send_first()
    with pytest.raises(
        ConfigurationError, match=r"observation has 'raster', but .*; set parameter raster of"
    ):
        FleetVectorEnv(worlds, observation="both").reset()


def test_rasters_that_do_not_fit_are_refused() -> None:
    world = LaneWorld(2, seed=0)
    message = with_raster(observation_message(world, 1), 0)
    message.raster_width += 1
    with pytest.raises(FleetError, match=r"frame 0 has 1280 raster values; .*\(2, 2, 16, 21\) need 1344"):
        parse_observation(message, "topic")
    group = LockStep("a", lambda *_: None)
    group.on_layout(layout_message(world, 1, "a"))
    with pytest.raises(FleetError, match=r"rasters with 2 channels do not fit the layout .*: 0 names"):
        group.on_observation(with_raster(observation_message(world, 1), 0), 0.0)


class Lights:
    """Agents see a raster that is bright or dark, and are paid for accelerating with bright ones, else for braking.

    Every step is an episode.
    """

    def __init__(self, agents: int, with_state: bool) -> None:
        self.random = np.random.default_rng(0)
        self.agents = agents
        self.with_state = with_state
        self.sizes = {"raster": SHAPE} | ({"state": (3,)} if with_state else {})

    def observe(self) -> dict[str, np.ndarray]:
        self.bright = self.random.random(self.agents) < 0.5
        raster = np.zeros((self.agents, *SHAPE), np.uint8)
        raster[:, 1, 4:12, 4:12] = np.where(self.bright, 255, 0)[:, None, None]
        noise = self.random.normal(5.0, 2.0, (self.agents, 3)).astype(np.float32)
        return {"raster": raster} | ({"state": noise} if self.with_state else {})

    def step(self, actions: np.ndarray) -> np.ndarray:
        wanted = np.where(self.bright, 0.8, -0.8)
        return -np.abs(actions[:, 0] - wanted).astype(np.float32)


def play(ppo: PPO, world: Lights, steps: int) -> float:
    observations, total = world.observe(), 0.0
    ended, never = np.zeros(world.agents, np.bool_), np.zeros(world.agents, np.bool_)
    for _ in range(steps):
        actions = ppo.act(observations)
        rewards = world.step(actions)
        following = world.observe()
        ppo.record(observations, actions, Transition(following, rewards, never, ended, ~ended))
        observations, total = following, total + float(rewards.mean())
        if ppo.ready:
            ppo.update(0.0)
    return total / steps


def make(world: Lights, seed: int = 0) -> PPO:
    config = PPOConfig(
        rollout_steps=16,
        minibatch_size=64,
        gamma=0.0,
        initial_log_std=(-1.0, -1.0),
        learning_rate_schedule="constant",
    )
    ppo = PPO(config, world.agents, world.sizes, 2, seed)
    ppo.begin(np.zeros(world.agents, np.bool_), np.ones(world.agents, np.bool_))
    return ppo


@pytest.mark.parametrize("with_state", [True, False])
def test_ppo_learns_to_see(with_state: bool) -> None:
    world = Lights(16, with_state)
    ppo = make(world)
    before = play(ppo, world, 16)
    play(ppo, world, 16 * 20)
    after = play(ppo, world, 16)
    assert before < -0.7
    assert after > -0.45, f"{before:.2f} became {after:.2f}"
    assert isinstance(ppo.rollout.observations, Mapping)
    assert ppo.rollout.observations["raster"].dtype == np.uint8


def test_a_resumed_learner_goes_on_as_if_nothing_happened() -> None:
    world = Lights(4, True)
    ppo = make(world)
    play(ppo, world, 32)
    other = make(Lights(4, True), seed=9)
    other.load_state_dict(ppo.state_dict())
    observations = world.observe()
    np.testing.assert_array_equal(ppo.act(observations), other.act(observations))
    plain = PPO(PPOConfig(), 4, 3, 2, 0)
    with pytest.raises(ConfigurationError, match=r"does not fit this configuration: actor"):
        plain.load_state_dict(ppo.state_dict())


@pytest.mark.parametrize("fusion", ["concat", "cross_attention"])
def test_features_do_not_depend_on_the_batch(fusion: str) -> None:
    torch.manual_seed(0)
    sizes = {"raster": SHAPE, "state": (3,)}
    network = FeatureNetwork(FeatureConfig(fusion=fusion), sizes, (), "test")
    assert network.feature_dim == (128 + 3 if fusion == "concat" else 64 + 3)
    rasters = torch.randint(0, 256, (3, 100, *SHAPE), dtype=torch.uint8)
    state = torch.randn(3, 100, 3)
    with torch.no_grad():
        together = network({"raster": rasters, "state": state})
    assert together.shape == (3, 100, network.feature_dim)
    places = slice(-3, None) if fusion == "concat" else slice(0, 3)
    torch.testing.assert_close(together[..., places], state)
    alone = network({"raster": rasters[2, 7:8], "state": state[2, 7:8]})
    torch.testing.assert_close(together[2, 7:8], alone.detach(), rtol=1e-4, atol=1e-5)


def test_sizes_come_from_the_spaces() -> None:
    worlds = RasterWorlds({"a": 2})
    worlds.send_first()
    env = FleetVectorEnv(worlds, observation="both")
    env.reset()
    assert observation_size(env.single_observation_space) == {"raster": SHAPE, "state": (len(STATE_NAMES),)}
    assert isinstance(make_algorithm("ppo", PPOConfig(), env, 0), PPO)
    assert isinstance(make_algorithm("sac", SACConfig(buffer_capacity=1000), env, 0), SAC)
    env = FleetVectorEnv(worlds, observation="raster")
    env.reset()
    with pytest.raises(
        ConfigurationError, match="the cost critic needs states; allowed parameter observation"
    ):
        make_algorithm("ppo_lagrangian", PPOLagrangianConfig(), env, 0)
