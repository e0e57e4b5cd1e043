"""Soft actor-critic (Haarnoja et al. 2018) with automatic temperature, n-step returns and prioritised replay.

Reading order: `SACConfig` says what can be set, `SAC` acts, records and learns.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray
from pydantic import Field
from torch import Tensor, nn

from drl_agent_node.algorithms.base import (
    Algorithm,
    Bools,
    Floats,
    Transition,
    check_same_shapes,
)
from drl_agent_node.algorithms.flat_adam import FlatAdam, lay_out
from drl_agent_node.algorithms.guards import require_finite
from drl_agent_node.algorithms.learner_config import LearnerConfig
from drl_agent_node.algorithms.observing import ObservationScaler, ObservationSize, Tensors
from drl_agent_node.algorithms.soft_passes import AutogradPasses, PlainPasses, SoftPasses
from drl_agent_node.env.normalization import RewardScaler
from drl_agent_node.env.observations import CAMERA, IMAGES, RASTER, STATE, Observations, state_of
from drl_agent_node.networks.features import FeatureNetwork
from drl_agent_node.networks.mlp import Activation
from drl_agent_node.networks.soft_actor_critic import SoftActor, TwinCritic, act_with, fast_actor
from drl_agent_node.replay.augmentation import random_shift
from drl_agent_node.replay.replay_buffer import ReplayBatch, ReplayBuffer


class SACConfig(LearnerConfig):
    """What can be set. Defaults are meant for 16 agents and 200,000 steps of route following at 10 Hz."""

    buffer_capacity: int = Field(default=200_000, ge=1000, description="agent steps that are kept")
    buffer_directory: Path | None = Field(
        default=None, description="keep observations in files there, not in memory; absent: in memory"
    )
    save_buffer: bool = Field(
        default=True,
        description="put the buffer into checkpoints; otherwise a resumed run fills it anew, with learning_starts",
    )
    learning_starts: int = Field(default=4000, ge=1, description="transitions before the first gradient step")
    batch_size: int = Field(default=256, ge=2, description="transitions per gradient step")
    update_to_data: float = Field(default=0.0625, gt=0, le=64, description="gradient steps per agent step")
    gradient_steps: int = Field(default=16, ge=1, description="gradient steps in a row")
    actor_interval: int = Field(
        default=1, ge=1, description="policy and temperature learn in one of so many gradient steps"
    )
    n_step: int = Field(default=3, ge=1, le=100, description="rewards summed up before the critic takes over")
    tau: float = Field(default=0.005, gt=0, le=1, description="how far targets follow per gradient step")
    priority_alpha: float = Field(
        default=0.6, ge=0, le=1, description="how much the error decides what is replayed; 0: all alike"
    )
    priority_beta: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="first correction of that bias; grows to 1 until the end of training",
    )
    learning_rate: float = Field(default=1e-3, gt=0, lt=1, description="Adam's step size, critics")
    actor_learning_rate: float = Field(default=1e-3, gt=0, lt=1, description="Adam's step size, policy")
    temperature_learning_rate: float = Field(default=1e-3, gt=0, lt=1, description="Adam's, temperature")
    max_gradient_norm: float = Field(default=10.0, gt=0, description="gradients are scaled down to this norm")
    initial_temperature: float = Field(default=0.1, gt=0, description="first weight of the entropy")
    target_entropy: float | None = Field(
        default=None,
        description="entropy per step that the temperature aims at; absent: minus the action's size",
    )
    augment_shift: int = Field(default=4, ge=0, le=32, description="images are moved by up to so many pixels")
    hidden_sizes: tuple[int, ...] = Field(
        default=(128, 128), description="units of the hidden layers, actor and critics alike"
    )
    activation: Activation = Field(default="relu", description="tanh, relu or silu")


class SAC(Algorithm):
    """Acts for E environments and learns from what any policy did."""

    name = "sac"
    config: SACConfig

    def __init__(
        self,
        config: SACConfig,
        num_envs: int,
        observation: ObservationSize,
        action_dim: int,
        seed: int,
        state_names: Sequence[str] = (),
    ) -> None:
        """`seed` sets torch's global generator as well as this object's; attention needs `state_names`.

        Raises:
            ConfigurationError: when a per-action field has the wrong number of values.
        """
        config.check_actions(action_dim, self.name)
        torch.manual_seed(seed)
        self.config = config
        self.updates = 0
        self.steps = 0
        self._random = np.random.default_rng(seed)
        hidden, activation = config.hidden_sizes, config.activation
        self.features = FeatureNetwork(config, observation, state_names, self.name)
        size = self.features.feature_dim
        self.actor = SoftActor(size, hidden, activation, config.initial_mean, config.initial_log_std)
        self.critic = TwinCritic(size, action_dim, hidden, activation)
        self.target = deepcopy(self.critic).requires_grad_(False)
        self._networks: dict[str, nn.Module] = {
            "actor": self.actor,
            "critic": self.critic,
            "target": self.target,
            "features": self.features,
        }
        self.log_temperature = torch.tensor(float(np.log(config.initial_temperature)), requires_grad=True)
        self._target_entropy = -action_dim if config.target_entropy is None else config.target_entropy
        # Errors of the critics teach the features, too; the policy takes them as they are.
        learned = [*self.critic.parameters(), *self.features.parameters()]
        self.optimizers = {
            "critic": FlatAdam(learned, config.learning_rate),
            "actor": FlatAdam(list(self.actor.parameters()), config.actor_learning_rate),
            "temperature": FlatAdam([self.log_temperature], config.temperature_learning_rate),
        }
        self._target_values = lay_out(list(self.target.parameters()))
        self._passes: SoftPasses = AutogradPasses(self.actor, self.critic, self.optimizers, self._cast)
        if self.features.identity and not (config.compile or config.mixed_precision):
            self._passes = PlainPasses.of(self.actor, self.critic, self.optimizers) or self._passes
        self._fast_actor = fast_actor(self.actor)
        self.scaler = ObservationScaler(
            observation, enabled=config.normalize_observations, layout=self.features.layout
        )
        self.observation_stats = self.scaler.stats
        self.reward_scaler = RewardScaler(num_envs, config.gamma)
        self.replay = ReplayBuffer(
            config.buffer_capacity,
            num_envs,
            _spaces(observation),
            action_dim,
            n_step=config.n_step,
            gamma=config.gamma,
            alpha=config.priority_alpha,
            directory=config.buffer_directory,
        )
        self._owed_per_step = num_envs * config.update_to_data
        self._owed = 0.0

    def begin(self, done: Bools, fresh: Bools) -> None:
        """See `Algorithm.begin`."""
        self.replay.begin(done)
        self.reward_scaler.begin(fresh)

    def act(self, observations: Observations, *, deterministic: bool = False) -> Floats:
        """See `Algorithm.act`; actions lie in (-1, 1)."""
        with torch.no_grad():
            features: Tensor = self.features(self.scaler.tensors(observations))
        outputs = self._fast_actor(features.numpy())
        return act_with(outputs, None if deterministic else self._random)

    def record(self, observations: Observations, actions: Floats, transition: Transition) -> None:
        """See `Algorithm.record`."""
        following = transition.next_observations
        self.replay.add(_by_name(observations), actions, transition, _by_name(following))
        self.scaler.update(state_of(observations))
        if self.config.normalize_rewards:
            done = transition.terminated | transition.truncated
            self.reward_scaler.update(transition.rewards[None], done[None])
        if self._filled:
            self._owed += self._owed_per_step

    @property
    def _filled(self) -> bool:
        return len(self.replay) >= min(self.config.learning_starts, self.config.buffer_capacity // 2)

    @property
    def ready(self) -> bool:
        """See `Algorithm.ready`."""
        return self._owed >= self.config.gradient_steps

    @property
    def nearly_ready(self) -> bool:
        """See `Algorithm.nearly_ready`."""
        return self._owed + self._owed_per_step >= self.config.gradient_steps

    def update(self, progress: float, should_stop: Callable[[], bool] = lambda: False) -> dict[str, float]:
        """See `Algorithm.update`; takes the gradient steps that the steps of the environments have earned."""
        encoders = None if self.features.identity else self.features
        self._compile(encoders, self.actor, self.critic, self.target)
        beta = self.config.priority_beta + (1.0 - self.config.priority_beta) * min(progress, 1.0)
        logs: list[dict[str, float]] = []
        for _ in range(self.ranks.least(int(self._owed))):
            size = max(self.config.batch_size // self.ranks.count, 1)
            logs.append(self._gradient_step(self.replay.sample(size, beta, self._random)))
            self._owed -= 1.0
            if self.ranks.any(should_stop()):
                break
        self.updates += 1
        names = dict.fromkeys(name for log in logs for name in log)
        scalars = {name: float(np.mean([log[name] for log in logs if name in log])) for name in names}
        return scalars | {
            "temperature": float(self.log_temperature.detach().exp()),
            "reward_scale": self.reward_scaler.scale,
            "replay_size": float(len(self.replay)),
            "gradient_steps": float(self.steps),
        }

    def _tensors(self, drawn: dict[str, NDArray[Any]]) -> Tensors:
        for name in (RASTER, CAMERA):  # moving a range image would be another measurement
            if name in drawn:
                drawn[name] = random_shift(drawn[name], self.config.augment_shift, self._random)
        return self.scaler.tensors(drawn)

    def _gradient_step(self, batch: ReplayBatch) -> dict[str, float]:
        with self._cast():
            observations: Tensor = self.features(self._tensors(batch.observations)).float()
        with torch.no_grad(), self._cast():
            following: Tensor = self.features(self._tensors(batch.next_observations)).float()
        scale = self.reward_scaler.scale if self.config.normalize_rewards else 1.0
        returns = torch.from_numpy(batch.returns / np.float32(scale))
        targets = self._targets(following, returns, torch.from_numpy(batch.discounts))
        logs, errors = self._step_critics(
            observations, torch.from_numpy(batch.actions), targets, torch.from_numpy(batch.weights)
        )
        if self.config.priority_alpha > 0.0:
            self.replay.set_priorities(batch.leaves, errors)
        if self.steps % self.config.actor_interval == 0:
            logs |= self._step_actor(observations.detach())
        learned = self.optimizers["critic"].flat[: len(self._target_values)]
        self._target_values.lerp_(learned, self.config.tau)
        self.steps += 1
        return logs

    def _cast(self) -> AbstractContextManager[Any]:
        return torch.autocast("cpu", torch.bfloat16) if self.config.mixed_precision else nullcontext()

    @torch.no_grad()
    def _targets(self, following: Tensor, returns: Tensor, discounts: Tensor) -> Tensor:
        """Return the values [B] that the critics should have had."""
        with self._cast():
            actions, log_probs = self.actor(following)
            values = self.target(following, actions).amin(0).float()
        result: Tensor = returns + discounts * (values - self.log_temperature.exp() * log_probs)
        return result

    def _step_critics(
        self, observations: Tensor, actions: Tensor, targets: Tensor, weights: Tensor
    ) -> tuple[dict[str, float], Floats]:
        """Take a step with the critics; returns scalars and the errors [B] that decide what is replayed.

        Their loss is half the sum of both mean squared errors, each transition's at its weight.
        """
        values, back = self._passes.judge(observations, actions)
        told: Floats = values.numpy()
        errors = told - targets.numpy()
        slopes = errors * (weights.numpy() / np.float32(len(weights)))
        back(torch.from_numpy(slopes))
        norm = self._clip("critic")
        logs = {"critic_loss": 0.5 * float((errors * slopes).sum()), "critic_gradient_norm": norm}
        self._require_finite("critic", logs)
        self.optimizers["critic"].step()
        np.abs(errors, out=errors)
        return logs | {"value": float(told.mean())}, 0.5 * (errors[0] + errors[1])

    def _step_actor(self, observations: Tensor) -> dict[str, float]:
        """Take a step with the policy and with the temperature.

        The policy's loss is the mean of temperature * log-density - the lower value.
        """
        values, log_probs, back = self._passes.propose(observations)
        told, count = values.numpy(), len(observations)
        temperature = math.exp(float(self.log_temperature.detach()))
        share = np.float32(1.0 / count)
        lower = told[0] < told[1]
        slopes = torch.from_numpy(np.stack((lower, ~lower)) * -share)
        densities = torch.full((count,), temperature / count)
        back(slopes, densities)
        norm = self._clip("actor")
        density = log_probs.mean()
        loss = temperature * float(density) - float(told.min(0).mean())
        entropy = -float(self._pooled(density))
        logs = {"actor_loss": loss, "actor_gradient_norm": norm, "entropy": entropy}
        self._require_finite("actor", logs)
        # d/d log_temperature of log_temperature * (entropy - target entropy)
        self.optimizers["temperature"].gradient.fill_(entropy - self._target_entropy)
        for name in ("actor", "temperature"):
            self.optimizers[name].step()
        return logs

    def _clip(self, name: str) -> float:
        """Scale an optimiser's gradient down to the largest norm allowed; returns the norm before."""
        optimizer = self.optimizers[name]
        if self.ranks.count > 1:
            self.ranks.add_up([optimizer.gradient.div_(self.ranks.count)])
        return optimizer.clip(self.config.max_gradient_norm)

    def _require_finite(self, name: str, logs: Mapping[str, float]) -> None:
        if not math.isfinite(sum(logs.values())):
            optimizer = self.optimizers[name]
            optimizer.show()
            where = f"gradient step {self.steps}"
            require_finite(where, logs, self._networks, optimizer.learning_rate)

    def _pooled(self, mean: Tensor) -> Tensor:
        """Return the mean over all learners' batches, which are of one size."""
        if self.ranks.count > 1:
            self.ranks.add_up([mean.div_(self.ranks.count)])
        return mean

    def state_dict(self) -> dict[str, Any]:
        """See `Algorithm.state_dict`; the replay buffer is part of it unless `save_buffer` is off."""
        return {
            **{name: network.state_dict() for name, network in self._networks.items()},
            "log_temperature": self.log_temperature.detach().clone(),
            "optimizers": {name: optimizer.state_dict() for name, optimizer in self.optimizers.items()},
            "observation_stats": self.scaler.state_dict(),
            "reward_scaler": self.reward_scaler.state_dict(),
            "replay": self.replay.state_dict() if self.config.save_buffer else None,
            "owed": self._owed,
            "steps": self.steps,
            "updates": self.updates,
            "random": self._random.bit_generator.state,
            "torch_random": torch.get_rng_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Algorithm.load_state_dict`; a buffer of another size is left out and filled anew."""
        for name, network in self._networks.items():
            check_same_shapes(network.state_dict(), state[name])
        for name, network in self._networks.items():
            network.load_state_dict(state[name])
        with torch.no_grad():
            self.log_temperature.copy_(state["log_temperature"])
        for name, optimizer in self.optimizers.items():
            optimizer.load_state_dict(_kept_by(state["optimizers"], name))
        self.scaler.load_state_dict(state["observation_stats"])
        self.reward_scaler.load_state_dict(state["reward_scaler"])
        if state["replay"] is not None:
            self.replay.load_state_dict(state["replay"])
        self._owed = float(state["owed"])
        self.steps, self.updates = int(state["steps"]), int(state["updates"])
        self._random.bit_generator.state = state["random"]
        torch.set_rng_state(state["torch_random"])


def _kept_by(optimizers: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """Return the state of an optimiser; the policy's and the temperature's used to be one, the temperature last."""
    if "temperature" in optimizers or name == "critic":
        kept: Mapping[str, Any] = optimizers[name]
        return kept
    *policy, temperature = optimizers["actor"]["state"].values() or (None,)
    states = policy if name == "actor" else [temperature]
    return {"state": dict(enumerate(state for state in states if state is not None))}


def _by_name(observations: Observations) -> dict[str, NDArray[Any]]:
    return observations if isinstance(observations, dict) else {STATE: observations}


def _spaces(observation: ObservationSize) -> dict[str, tuple[tuple[int, ...], DTypeLike]]:
    shapes = {STATE: (observation,)} if isinstance(observation, int) else observation
    return {name: (shape, np.uint8 if name in IMAGES else np.float32) for name, shape in shapes.items()}
