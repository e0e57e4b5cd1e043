"""Proximal policy optimisation (Schulman et al. 2017) with a clipped objective, in one file.

Reading order: `PPOConfig` says what can be set, `PPO` acts and learns. Environments reset on the next step (Gymnasium 1.x): the transition out of a done
step carries no information and is left out of everything.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from drl_agent_node.algorithms.base import (
    Algorithm,
    Bools,
    Floats,
    ObservationSize,
    Transition,
    check_same_shapes,
)
from drl_agent_node.algorithms.rollout import Rollout, compute_gae
from drl_agent_node.config import StrictConfig
from drl_agent_node.env.normalization import RewardScaler, RunningMeanStd
from drl_agent_node.env.observations import STATE, Observations, state_of
from drl_agent_node.errors import ConfigurationError, DivergenceError
from drl_agent_node.networks.actor_critic import ActorCritic, FastActor
from drl_agent_node.networks.encoders import ObservationEncoder
from drl_agent_node.networks.mlp import Activation

Tensors = Tensor | dict[str, Tensor]
"""Observations as tensors: the state alone, or what is observed by name."""


class PPOConfig(StrictConfig):
    """What can be set. Defaults are meant for 16 agents and 200,000 steps of route following at 10 Hz."""

    rollout_steps: int = Field(default=128, ge=2, description="steps per agent between updates")
    epochs: int = Field(default=4, ge=1, description="passes over a rollout per update")
    minibatch_size: int = Field(default=512, ge=2, description="transitions per gradient step")
    learning_rate: float = Field(default=1e-3, gt=0, lt=1, description="Adam's step size")
    anneal_learning_rate: bool = Field(
        default=True, description="let it fall in a straight line, to 5 % at total_steps"
    )
    gamma: float = Field(default=0.98, ge=0, le=1, description="discount per step")
    gae_lambda: float = Field(
        default=0.95, ge=0, le=1, description="bias (0) against variance (1) of advantages"
    )
    clip_range: float = Field(
        default=0.2, gt=0, lt=1, description="how far a probability ratio may move the objective"
    )
    value_coefficient: float = Field(default=0.5, ge=0, description="weight of the value loss")
    entropy_coefficient: float = Field(default=0.0, ge=0, description="weight of the entropy bonus")
    max_gradient_norm: float = Field(default=0.5, gt=0, description="gradients are scaled down to this norm")
    target_kl: float = Field(
        default=0.03, ge=0, description="stop an update when the policy moved this far; 0: never"
    )
    normalize_advantages: bool = Field(
        default=True, description="bring each minibatch's advantages to mean 0, std 1"
    )
    normalize_observations: bool = Field(default=True, description="bring observations to mean 0, std 1")
    normalize_rewards: bool = Field(
        default=True, description="divide rewards by the std of discounted returns"
    )
    hidden_sizes: tuple[int, ...] = Field(
        default=(64, 64), description="units of the hidden layers, actor and critic alike"
    )
    activation: Activation = Field(default="tanh", description="tanh, relu or silu")
    initial_mean: tuple[float, ...] = Field(
        default=(0.4, 0.0),
        description="first mean action: acceleration, so that untrained cars move, and steering",
    )
    initial_log_std: tuple[float, ...] = Field(
        default=(-0.7, -1.2), description="first log std per action dimension"
    )


class PPO(Algorithm):
    """Acts for E environments and learns from what happened."""

    name = "ppo"
    learns_from_rasters = True

    def __init__(
        self, config: PPOConfig, num_envs: int, observation: ObservationSize, action_dim: int, seed: int
    ) -> None:
        """`seed` sets torch's global generator as well as this object's.

        Raises:
            ConfigurationError: when a per-action field has the wrong number of values.
        """
        torch.manual_seed(seed)
        self.config = config
        self.updates = 0
        self._random = np.random.default_rng(seed)
        self.encoder = None if isinstance(observation, int) else ObservationEncoder(observation)
        state_dim = observation if isinstance(observation, int) else observation.get(STATE, (0,))[0]
        try:
            self.network = ActorCritic(
                state_dim if self.encoder is None else self.encoder.feature_dim,
                action_dim,
                config.hidden_sizes,
                config.activation,
                config.initial_mean,
                config.initial_log_std,
            )
        except ValueError as error:
            raise ConfigurationError(f"ppo: {error}") from None
        self._actor = FastActor(self.network)
        self._parameters = list(self.network.parameters())
        if self.encoder is not None:
            self._parameters += self.encoder.parameters()
        self.optimizer = torch.optim.Adam(self._parameters, config.learning_rate, eps=1e-5, fused=True)
        self.observation_stats = RunningMeanStd(state_dim)
        self.reward_scaler = RewardScaler(num_envs, config.gamma)
        self.rollout = Rollout(config.rollout_steps, num_envs, observation, action_dim)

    def begin(self, done: Bools, fresh: Bools) -> None:
        """See `Algorithm.begin`; the running rollout is dropped."""
        self.rollout.begin(done)
        self.reward_scaler.begin(fresh)

    def act(self, observations: Observations, *, deterministic: bool = False) -> Floats:
        """Return actions [E, A] for raw observations, not clipped; the mean when `deterministic`."""
        features = self._features(self._scaled(observations)).numpy()
        return self._actor.mean(features) if deterministic else self._actor.sample(features, self._random)

    def record(self, observations: Observations, actions: Floats, transition: Transition) -> None:
        """Keep a step for learning; `actions` as `act` returned them."""
        self.rollout.add(observations, actions, transition)

    @property
    def ready(self) -> bool:
        """True when `update` is due."""
        return self.rollout.full

    @property
    def nearly_ready(self) -> bool:
        """True when `update` will be due after one more step."""
        return self.rollout.length + 1 >= len(self.rollout.actions)

    def update(self, progress: float, should_stop: Callable[[], bool] = lambda: False) -> dict[str, float]:
        """Learn from the rollout and start a new one; returns scalars for the log.

        `progress` is the share of training that is over. `should_stop` is asked after each minibatch.

        Raises:
            DivergenceError: saying what was not finite; parameters are those before the offending minibatch.
        """
        rollout, config = self.rollout, self.config
        if config.normalize_rewards:
            self.reward_scaler.update(rollout.rewards, rollout.terminated | rollout.truncated)
        # The first policy answers the same to everything, so statistics may come in late once, before it learns.
        first = self.observation_stats.count == 0
        if first:
            self._learn_statistics()
        data = self._prepare()
        learning_rate = config.learning_rate
        if config.anneal_learning_rate:
            learning_rate *= max(1.0 - progress, 0.05)
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        scalars = self._fit(data, should_stop)
        if not first:
            self._learn_statistics()
        rollout.clear()
        self.updates += 1
        with torch.no_grad():
            std = self.network.log_std.exp()
        scalars |= {"learning_rate": learning_rate, "reward_scale": self.reward_scaler.scale}
        return scalars | {f"action_std_{index}": float(value) for index, value in enumerate(std)}

    def _learn_statistics(self) -> None:
        if self.config.normalize_observations:
            # All but the last row, which opens the next rollout.
            rows = state_of(self.rollout.observations)[:-1]
            self.observation_stats.update(rows.reshape(len(rows) * rows.shape[1], rows.shape[2]))

    def _scaled(self, observations: Observations) -> Tensors:
        """Return observations as tensors, the state among them brought to unit scale."""
        state = state_of(observations)
        if self.config.normalize_observations:
            state = self.observation_stats.normalize(state)
        if not isinstance(observations, dict):
            return torch.from_numpy(state)
        tensors = {name: torch.from_numpy(values) for name, values in observations.items()}
        return tensors | ({STATE: torch.from_numpy(state)} if STATE in tensors else {})

    def _features(self, observations: Tensors) -> Tensor:
        """Return what the network goes on from, [..., F], without gradients."""
        if isinstance(observations, dict):
            assert self.encoder is not None
            return self.encoder.encode(observations)
        return observations

    def _prepare(self) -> _Batch:
        """Compute advantages and what the old policy thought, and drop transitions that are not valid."""
        rollout, config = self.rollout, self.config
        for name, array in (("observations", state_of(rollout.observations)), ("rewards", rollout.rewards)):
            if not np.isfinite(array).all():
                raise DivergenceError(f"update {self.updates}: {name} of the rollout are not finite")
        observations = self._scaled(rollout.observations)
        features = self._features(observations)
        actions = torch.from_numpy(rollout.actions)
        with torch.no_grad():
            values = self.network.value(features).numpy()
            log_probs, _ = self.network.log_prob_entropy(features[:-1], actions)
        scale = self.reward_scaler.scale if config.normalize_rewards else 1.0
        advantages = compute_gae(
            rollout.rewards / np.float32(scale),
            values,
            rollout.terminated,
            rollout.truncated,
            rollout.valid,
            config.gamma,
            config.gae_lambda,
        )
        keep = torch.from_numpy(np.flatnonzero(rollout.valid))
        old_values = torch.from_numpy(values[:-1].reshape(-1))[keep]
        kept_advantages = torch.from_numpy(advantages.reshape(-1))[keep]
        return _Batch(
            observations=_each(observations, lambda part: part[:-1].flatten(0, 1)[keep]),
            actions=actions.flatten(0, 1)[keep],
            log_probs=log_probs.flatten()[keep],
            advantages=kept_advantages,
            returns=kept_advantages + old_values,
            values=old_values,
        )

    def _fit(self, data: _Batch, should_stop: Callable[[], bool]) -> dict[str, float]:
        config = self.config
        count = len(data.returns)
        logs: list[tuple[float, ...]] = []
        epochs = 0
        stopped = count < 2
        for _ in range(config.epochs):
            if stopped:
                break
            order = torch.from_numpy(self._random.permutation(count))
            # A short last minibatch would be noisy: its rows get their turn in the next epoch's order.
            for start in range(0, max(count - config.minibatch_size, 0) + 1, config.minibatch_size):
                logs.append(self._minibatch(data.rows(order[start : start + config.minibatch_size])))
                if (config.target_kl and logs[-1][3] > 1.5 * config.target_kl) or should_stop():
                    stopped = True
                    break
            epochs += 1
        names = ("policy_loss", "value_loss", "entropy", "approx_kl", "clip_fraction", "gradient_norm")
        means = np.mean(logs, axis=0) if logs else np.zeros(len(names))
        variance = float(data.returns.var()) if count > 1 else 0.0
        residual = float((data.returns - data.values).var()) if count > 1 else 0.0
        return dict(zip(names, means.tolist(), strict=True)) | {
            "explained_variance": 1.0 - residual / variance if variance > 0.0 else 0.0,
            "epochs": float(epochs),
        }

    def _minibatch(self, rows: _Batch) -> tuple[float, ...]:
        """Take one gradient step; returns policy loss, value loss, entropy, KL, clip fraction, gradient norm."""
        config = self.config
        advantages = rows.advantages
        if config.normalize_advantages and len(advantages) > 1:
            advantages = (advantages - advantages.mean()) / (advantages.std() + 1e-8)
        features = rows.observations
        if isinstance(features, dict):
            assert self.encoder is not None
            features = self.encoder(features)
        log_probs, entropy = self.network.log_prob_entropy(features, rows.actions)
        log_ratio = log_probs - rows.log_probs
        ratio = log_ratio.exp()
        clipped = ratio.clamp(1.0 - config.clip_range, 1.0 + config.clip_range)
        policy_loss = -torch.minimum(advantages * ratio, advantages * clipped).mean()
        values = self.network.value(features)
        value_loss = 0.5 * (values - rows.returns).square().mean()
        loss = policy_loss + config.value_coefficient * value_loss - config.entropy_coefficient * entropy
        self.optimizer.zero_grad(set_to_none=True)
        torch.autograd.backward(loss)
        norm = torch.nn.utils.clip_grad_norm_(self._parameters, config.max_gradient_norm)
        with torch.no_grad():
            # k3 of Schulman's "Approximating KL Divergence" (2020): never negative, low variance.
            kl = (ratio - 1.0 - log_ratio).mean()
            clip_fraction = ((ratio - 1.0).abs() > config.clip_range).float().mean()
            numbers: list[float] = torch.stack(
                (policy_loss, value_loss, entropy, kl, clip_fraction, norm)
            ).tolist()
        if not np.isfinite(numbers).all():
            raise DivergenceError(
                f"update {self.updates}: not finite: policy loss {numbers[0]:g}, value loss {numbers[1]:g}, entropy "
                f"{numbers[2]:g}, KL {numbers[3]:g}, gradient norm {numbers[5]:g}; largest |return| "
                f"{float(rows.returns.abs().max()):g}, learning rate {self.optimizer.param_groups[0]['lr']:g}. "
                "A smaller learning_rate or max_gradient_norm usually helps; training can resume from the last "
                "checkpoint"
            )
        self.optimizer.step()
        return tuple(numbers)

    def _modules(self) -> dict[str, Tensor]:
        """Return the parameters of network and encoder by name, as they are in memory."""
        encoder = {} if self.encoder is None else self.encoder.state_dict(prefix="encoder.")
        return {**self.network.state_dict(), **encoder}

    def state_dict(self) -> dict[str, Any]:
        """Return everything that a resumed run needs, as tensors and plain data."""
        return {
            "network": self._modules(),
            "optimizer": self.optimizer.state_dict(),
            "observation_stats": self.observation_stats.state_dict(),
            "reward_scaler": self.reward_scaler.state_dict(),
            "updates": self.updates,
            "random": self._random.bit_generator.state,
            "torch_random": torch.get_rng_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the state of `state_dict`.

        Raises:
            ConfigurationError: when its network has other sizes than this one's.
        """
        here = self._modules()
        check_same_shapes(here, state["network"])
        with torch.no_grad():
            for name, values in here.items():
                values.copy_(state["network"][name])
        self.optimizer.load_state_dict(state["optimizer"])
        self.observation_stats.load_state_dict(state["observation_stats"])
        self.reward_scaler.load_state_dict(state["reward_scaler"])
        self.updates = int(state["updates"])
        self._random.bit_generator.state = state["random"]
        torch.set_rng_state(state["torch_random"])


@dataclass(frozen=True)
class _Batch:
    """Valid transitions, [B] or [B, ...], in no particular order."""

    observations: Tensors
    actions: Tensor
    log_probs: Tensor
    advantages: Tensor
    returns: Tensor
    values: Tensor

    def rows(self, index: Tensor) -> _Batch:
        """Return the transitions at `index`."""
        columns = {name: values[index] for name, values in vars(self).items() if isinstance(values, Tensor)}
        if isinstance(self.observations, dict):
            return _Batch(_each(self.observations, lambda part: part[index]), **columns)
        return _Batch(**columns)


def _each(observations: Tensors, change: Callable[[Tensor], Tensor]) -> Tensors:
    """Apply `change` to a tensor, or to each tensor of a dictionary."""
    if isinstance(observations, dict):
        return {name: change(values) for name, values in observations.items()}
    return change(observations)
