"""PPO under a constraint: as much reward as the limit on the mean cost per step allows.

PPO-Lagrangian (Ray, Achiam, Amodei: "Benchmarking Safe Exploration in Deep Reinforcement Learning", 2019): a second
critic values the costs, and a multiplier, which grows while the costs are above their limit and shrinks below it, weighs
their advantages against those of the rewards. What costs is up to the environment (`infos["cost"]`); here, that is the
safety layer's.

Reading order: `PPOLagrangianConfig` says what can be set, `Multiplier` is the price of cost, `CostCritic` values it, and
`PPOLagrangian` puts both into PPO, all else of which stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from pydantic import Field
from torch import Tensor

from drl_agent_node.algorithms.base import Floats, Transition, check_same_shapes
from drl_agent_node.algorithms.flat_adam import FlatAdam
from drl_agent_node.algorithms.ppo import PPO
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.ranks import Ranks
from drl_agent_node.algorithms.rollout import compute_gae
from drl_agent_node.env.normalization import RunningMeanStd
from drl_agent_node.env.observations import state_of
from drl_agent_node.errors import ConfigurationError, DivergenceError
from drl_agent_node.networks.mlp import mlp


class PPOLagrangianConfig(PPOConfig):
    """What can be set beside PPO's own fields."""

    cost_limit: float = Field(default=0.02, ge=0, description="mean cost per step that is allowed")
    multiplier_rate: float = Field(
        default=2.0, gt=0, description="growth of the multiplier per update and unit of cost above the limit"
    )
    initial_multiplier: float = Field(
        default=0.1, ge=0, description="first price of cost, in stds of advantages"
    )
    max_multiplier: float = Field(default=10.0, gt=0, description="highest price of cost")
    cost_gamma: float = Field(default=0.98, ge=0, le=1, description="discount of costs per step")
    cost_gae_lambda: float = Field(
        default=0.95, ge=0, le=1, description="bias (0) against variance (1) of the costs' advantages"
    )
    cost_learning_rate: float = Field(
        default=1e-3, gt=0, lt=1, description="Adam's step size for the cost critic"
    )
    cost_epochs: int = Field(default=4, ge=1, description="passes of the cost critic over a rollout")


class Multiplier:
    """The Lagrange multiplier: projected gradient ascent on the excess of cost over its limit."""

    def __init__(self, value: float, rate: float, limit: float, highest: float) -> None:
        self.value = min(value, highest)
        self._rate = rate
        self._limit = limit
        self._highest = highest

    def update(self, mean_cost: float) -> float:
        """Take in the mean cost per step of a rollout; returns the new value."""
        self.value = float(np.clip(self.value + self._rate * (mean_cost - self._limit), 0.0, self._highest))
        return self.value


class CostCritic:
    """Expected discounted cost of a state, learned from the returns of costs. It sees states alone, no images."""

    def __init__(self, state_dim: int, config: PPOLagrangianConfig, seed: int) -> None:
        self._config = config
        self._random = np.random.default_rng(seed)
        self.stats = RunningMeanStd(state_dim)
        self.network = mlp([state_dim, *config.hidden_sizes, 1], config.activation, 1.0)
        self.optimizer = FlatAdam(list(self.network.parameters()), config.cost_learning_rate, eps=1e-5)

    @torch.no_grad()
    def value(self, states: Floats) -> Floats:
        """Return the values [...] of states [..., D]."""
        values: Floats = self.network(self._scaled(states)).squeeze(-1).numpy()
        return values

    def _scaled(self, states: Floats) -> Tensor:
        return torch.from_numpy(self.stats.normalize(states))

    def fit(self, states: Floats, returns: Floats, ranks: Ranks) -> float:
        """Learn that `states` [B, D] are worth `returns` [B]; returns the mean squared error of the last pass.

        Raises:
            DivergenceError: when the error is not finite.
        """
        inputs, targets = self._scaled(states), torch.from_numpy(returns)
        size = max(self._config.minibatch_size // ranks.count, 1)
        minibatches = ranks.minibatches(len(targets), size)
        losses: list[float] = []
        for _ in range(self._config.cost_epochs):
            order = torch.from_numpy(self._random.permutation(len(targets)))
            losses.clear()
            for start in range(0, minibatches * size, size):
                rows = order[start : start + size]
                loss = (self.network(inputs[rows]).squeeze(-1) - targets[rows]).square().mean()
                self.optimizer.differentiate([loss])
                if ranks.count > 1:
                    share = ranks.share(len(rows))
                    self.optimizer.weigh(share)
                    ranks.add_up([self.optimizer.gradient])
                self.optimizer.clip(self._config.max_gradient_norm)
                self.optimizer.step()
                if len(rows):
                    losses.append(float(loss.detach()))
        error = float(np.mean(losses)) if losses else 0.0
        if not np.isfinite(error):
            raise DivergenceError(
                f"the cost critic's error is {error:g}; a smaller cost_learning_rate usually helps"
            )
        return error

    def state_dict(self) -> dict[str, Any]:
        """See `Algorithm.state_dict`."""
        return {
            "network": self.network.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "stats": self.stats.state_dict(),
            "random": self._random.bit_generator.state,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Algorithm.load_state_dict`."""
        check_same_shapes(self.network.state_dict(), state["network"])
        self.network.load_state_dict(state["network"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.stats.load_state_dict(state["stats"])
        self._random.bit_generator.state = state["random"]


class PPOLagrangian(PPO):
    """PPO whose advantages are (A_reward - multiplier * A_cost) / (1 + multiplier), both at unit scale."""

    name = "ppo_lagrangian"
    config: PPOLagrangianConfig

    def __init__(
        self,
        config: PPOLagrangianConfig,
        num_envs: int,
        observation: Any,
        action_dim: int,
        seed: int,
        *more: Any,
        **named: Any,
    ) -> None:
        """Arguments are those of `PPO`.

        Raises:
            ConfigurationError: when the configuration does not fit.
        """
        super().__init__(config, num_envs, observation, action_dim, seed, *more, **named)
        if isinstance(observation, Mapping) and "state" not in observation:
            raise ConfigurationError(
                f"{self.name}: the cost critic needs states; allowed parameter observation: state, both"
            )
        state_dim = observation["state"][0] if isinstance(observation, Mapping) else observation
        self.multiplier = Multiplier(
            config.initial_multiplier, config.multiplier_rate, config.cost_limit, config.max_multiplier
        )
        self.cost_critic = CostCritic(state_dim, config, seed)
        self.costs: Floats = np.zeros((config.rollout_steps, num_envs), np.float32)
        self._to_learn: tuple[Floats, Floats] | None = None

    def join(self, ranks: Ranks) -> None:
        """See `Algorithm.join`; costs count over all learners."""
        super().join(ranks)
        self.cost_critic.stats.pool = ranks.moments

    def record(self, observations: Any, actions: Floats, transition: Transition) -> None:
        """Keep a step for learning.

        Raises:
            ConfigurationError: when the environment tells no costs.
        """
        if transition.costs is None:
            raise ConfigurationError(
                f"algorithm {self.name} needs costs; set parameter safety to monitor or shield"
            )
        self.costs[self.rollout.length] = transition.costs
        super().record(observations, actions, transition)

    def update(self, progress: float, should_stop: Callable[[], bool] = lambda: False) -> dict[str, float]:
        """See `PPO.update`; the multiplier moves first, the cost critic learns last."""
        valid = self.rollout.valid
        cost, count = self.ranks.total(np.array([self.costs[valid].sum(), valid.sum()], np.float64))
        mean_cost = float(cost / max(count, 1.0))
        multiplier = self.multiplier.update(mean_cost)
        scalars = super().update(progress, should_stop)
        assert self._to_learn is not None
        error = self.cost_critic.fit(*self._to_learn, self.ranks)
        self._to_learn = None
        return scalars | {"cost": mean_cost, "multiplier": multiplier, "cost_value_loss": error}

    def _weigh(self, advantages: Floats) -> Floats:
        rollout, config, critic = self.rollout, self.config, self.cost_critic
        states = state_of(rollout.observations)
        critic.stats.update(states[:-1].reshape(-1, states.shape[-1]))
        values = critic.value(states)
        costs = compute_gae(
            self.costs,
            values,
            rollout.terminated,
            rollout.truncated,
            rollout.valid,
            config.cost_gamma,
            config.cost_gae_lambda,
        )
        valid = rollout.valid
        self._to_learn = states[:-1][valid], (costs + values[:-1])[valid]
        price = self.multiplier.value
        weighed = np.zeros_like(advantages)
        weighed[valid] = (self._unit(advantages[valid]) - price * self._unit(costs[valid])) / (1.0 + price)
        return weighed

    def _unit(self, advantages: Floats) -> Floats:
        """Bring advantages to mean 0 and std 1 over all learners; nothing becomes nothing."""
        if self.ranks.count == 1 and len(advantages) < 2:
            return np.zeros_like(advantages)
        unit: Floats = self.ranks.standardize(torch.from_numpy(advantages)).numpy()
        return unit

    def state_dict(self) -> dict[str, Any]:
        """See `Algorithm.state_dict`."""
        own = {"multiplier": self.multiplier.value, "cost_critic": self.cost_critic.state_dict()}
        return super().state_dict() | own

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Algorithm.load_state_dict`."""
        super().load_state_dict(state)
        self.multiplier.value = float(state["multiplier"])
        self.cost_critic.load_state_dict(state["cost_critic"])
