"""Images of sensors on their way from messages to a policy that learns from them."""

from __future__ import annotations

from array import array
from typing import Any

import numpy as np
import pytest
import torch
from carla_drl_msgs.msg import ObservationImage, ObservationImageLayout
from fake_gateway import layout_message, observation_message
from lane_world import STATE_NAMES
from test_fleet_vector_env import Worlds

from drl_agent_node.algorithms import make_algorithm, observation_size
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.sac import SAC, SACConfig
from drl_agent_node.env.fleet_vector_env import FleetVectorEnv
from drl_agent_node.env.observations import parse_observed
from drl_agent_node.errors import ConfigurationError, FleetError
from drl_agent_node.networks.features import FeatureConfig, FeatureNetwork

SHAPES = {"camera": (3, 20, 16), "lidar": (2, 16, 32)}
CHANNELS = {
    "camera": ["front_red", "front_green", "front_blue"],
    "lidar": ["roof_nearness", "roof_intensity"],
}


def image_message(name: str, agents: int, value: int) -> ObservationImage:
    channels, height, width = SHAPES[name]
    image = ObservationImage(name=name, channels=channels, height=height, width=width)
    image.data = array("B", bytes([value]) * (agents * channels * height * width))
    image.age = array("I", [0] * agents)
    return image


class SensorWorlds(Worlds):
    """Worlds with images, all pixels of the value of the frame's number."""

    def send(self, name: str) -> None:
        world = self.worlds[name]
        message = observation_message(world, self.sessions[name])
        message.images = [image_message(image, world.num_agents, world.frame) for image in SHAPES]
        self.inbox.append((name, message))

    def send_first(self) -> None:
        for name, world in self.worlds.items():
            layout: Any = layout_message(world, self.sessions[name], name)
            layout.images = [
                ObservationImageLayout(name=image, channel_names=channels, place="small")
                for image, channels in CHANNELS.items()
            ]
            self.inbox.append((name, layout))
            self.send(name)


def make_env(observation: str, worlds: Worlds | None = None) -> FleetVectorEnv:
    worlds = worlds or SensorWorlds({"a": 2, "b": 1})
    worlds.send_first()
    return FleetVectorEnv(worlds, observation=observation)


def test_images_come_with_the_frames() -> None:
    env = make_env("lidar+state+camera")
    observations, _ = env.reset()
    assert env.observation_space.contains(observations)
    assert env.observation_names[len(STATE_NAMES) :] == (
        *(f"camera {name} small" for name in CHANNELS["camera"]),
        *(f"lidar {name} small" for name in CHANNELS["lidar"]),
    )
    observations, *_ = env.step(np.zeros((3, 2), np.float32))
    for name, shape in SHAPES.items():
        assert observations[name].shape == (3, *shape)
        assert (observations[name] == 1).all()


def test_what_is_not_there_cannot_be_observed() -> None:
    worlds = Worlds({"a": 1})
    with pytest.raises(ConfigurationError, match=r"observation has 'camera', .* set parameter camera of"):
        make_env("state+camera", worlds).reset()
    with pytest.raises(ConfigurationError, match=r"'sound' cannot be used; allowed: parts of state, raster"):
        parse_observed("sound")


def test_images_that_do_not_fit_are_refused() -> None:
    worlds = SensorWorlds({"a": 1})
    worlds.send_first()
    worlds.inbox[-1][1].images[0].width += 1
    with pytest.raises(FleetError, match=r"values of image 'camera'; .*\(1, 3, 20, 17\) need 1020"):
        FleetVectorEnv(worlds, observation="camera").reset()
    worlds = SensorWorlds({"a": 1})
    worlds.send_first()
    worlds.inbox[-1][1].images.pop()
    with pytest.raises(FleetError, match=r"images with channels \{'camera': 3\} do not fit the layout"):
        FleetVectorEnv(worlds, observation="camera").reset()


@pytest.mark.parametrize("fusion", ["concat", "cross_attention"])
def test_each_image_has_an_encoder(fusion: str) -> None:
    torch.manual_seed(0)
    network = FeatureNetwork(FeatureConfig(fusion=fusion), SHAPES | {"state": (5,)}, (), "test")
    assert network.feature_dim == (2 * 128 + 5 if fusion == "concat" else 64 + 5)
    seen = {name: torch.randint(0, 256, (4, *shape), dtype=torch.uint8) for name, shape in SHAPES.items()}
    seen["state"] = torch.randn(4, 5)
    features = network(seen)
    assert features.shape == (4, network.feature_dim)
    for name in SHAPES:
        other = network(seen | {name: 255 - seen[name]})
        assert not torch.equal(features, other), f"{name} makes no difference"


def test_algorithms_take_images() -> None:
    env = make_env("state+camera+lidar")
    env.reset()
    sizes = observation_size(env.single_observation_space)
    assert sizes == SHAPES | {"state": (len(STATE_NAMES),)}
    ppo = make_algorithm("ppo", PPOConfig(rollout_steps=4, minibatch_size=4), env, 0)
    sac = make_algorithm("sac", SACConfig(buffer_capacity=1000), env, 0)
    assert isinstance(ppo, PPO)
    assert isinstance(sac, SAC)
    assert all(ppo.rollout.observations[name].dtype == np.uint8 for name in SHAPES)
