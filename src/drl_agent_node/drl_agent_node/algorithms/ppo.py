"""Proximal policy optimisation (Schulman et al. 2017) with a clipped objective, in one file.

Reading order: `PPOConfig` (in `ppo_config.py`) says what can be set, `PPO` acts and learns. Environments reset on the next step (Gymnasium 1.x): the transition out of a done
step carries no information and is left out of everything.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor, nn

from drl_agent_node.algorithms.base import (
    Algorithm,
    Bools,
    Floats,
    Transition,
    check_same_shapes,
)
from drl_agent_node.algorithms.batches import Batch, by_world, in_any_order, in_pieces, with_valid
from drl_agent_node.algorithms.flat_adam import FlatAdam
from drl_agent_node.algorithms.gaussian_objective import objective as gaussian_objective
from drl_agent_node.algorithms.gaussian_pass import gaussian_pass
from drl_agent_node.algorithms.guards import require_finite
from drl_agent_node.algorithms.losses import MEANS, Outcomes, Weights, objective
from drl_agent_node.algorithms.observing import ObservationScaler, ObservationSize, each
from drl_agent_node.algorithms.ppo_config import PPOConfig
from drl_agent_node.algorithms.rollout import Rollout, compute_gae
from drl_agent_node.algorithms.schedules import LearningRate, linear
from drl_agent_node.algorithms.worlds import Worlds
from drl_agent_node.env.normalization import RewardScaler
from drl_agent_node.env.observations import Observations, state_of
from drl_agent_node.errors import DivergenceError
from drl_agent_node.networks.actor_critic import ActorCritic, FastActor
from drl_agent_node.networks.central_critic import CentralCritic
from drl_agent_node.networks.distributions import Gaussian
from drl_agent_node.networks.features import FeatureNetwork
from drl_agent_node.networks.recurrent import FleetMemory, RecurrentCore

_LOGGED: Final = (*MEANS, "gradient_norm")
_KL: Final = MEANS.index("approx_kl")


class PPO(Algorithm):
    """Acts for E environments and learns from what happened."""

    name = "ppo"
    config: PPOConfig

    def __init__(
        self,
        config: PPOConfig,
        num_envs: int,
        observation: ObservationSize,
        action_dim: int,
        seed: int,
        state_names: Sequence[str] = (),
        world_sizes: Sequence[int] = (),
    ) -> None:
        """`seed` sets torch's global generator as well as this object's; attention needs `state_names`.

        `world_sizes` are how many of the environments are agents of each world, in their order; none: of one.

        Raises:
            ConfigurationError: when a per-action field has the wrong number of values.
        """
        config.check_actions(action_dim, self.name)
        torch.manual_seed(seed)
        self.config = config
        self.updates = 0
        self._random = np.random.default_rng(seed)
        self.features = FeatureNetwork(config, observation, state_names, self.name)
        size = self.features.feature_dim
        self.core = RecurrentCore(size, config.memory_size) if config.memory_size else None
        size = config.memory_size or size
        hidden, activation = config.hidden_sizes, config.activation
        self.worlds = Worlds(world_sizes, num_envs) if config.critic == "central" else None
        critic = None
        if self.worlds is not None:
            critic = CentralCritic(size, hidden, activation, config.attention_size, config.attention_heads)
        self.network = ActorCritic(
            size,
            action_dim,
            hidden,
            activation,
            config.initial_mean,
            config.initial_log_std,
            config.policy,
            critic,
        )
        self._networks: dict[str, nn.Module] = {"network": self.network, "features": self.features}
        if self.core is not None:
            self._networks["core"] = self.core
        parameters = [each for network in self._networks.values() for each in network.parameters()]
        self.optimizer = FlatAdam(parameters, config.learning_rate, eps=1e-5)
        plain = self.features.identity and self.core is None
        plain = plain and not (config.compile or config.mixed_precision)
        self._pass = gaussian_pass(self.network, self.optimizer) if plain else None
        self._actor = FastActor(self.network)
        self._learning_rate = LearningRate(
            config.learning_rate_schedule, config.learning_rate, config.target_kl
        )
        self._entropy_coefficient = config.entropy_coefficient
        self.scaler = ObservationScaler(
            observation, enabled=config.normalize_observations, layout=self.features.layout
        )
        self.observation_stats = self.scaler.stats
        self.reward_scaler = RewardScaler(num_envs, config.gamma)
        self.rollout = Rollout(config.rollout_steps, num_envs, observation, action_dim)
        self._steps_per_row = config.sequence_length if config.memory_size else 1
        if self.worlds is not None:
            self._steps_per_row *= self.worlds.most
        self._memory = FleetMemory(num_envs, config.memory_size)
        self._starts: Bools = np.zeros((config.rollout_steps + 1, num_envs), np.bool_)
        self._memories: Floats = np.zeros((config.rollout_steps, num_envs, config.memory_size), np.float32)

    def begin(self, done: Bools, fresh: Bools) -> None:
        """See `Algorithm.begin`; the running rollout is dropped."""
        self.rollout.begin(done)
        self.reward_scaler.begin(fresh)
        self._memory.begin(done, fresh)

    @torch.no_grad()
    def act(self, observations: Observations, *, deterministic: bool = False) -> Floats:
        """See `Algorithm.act`; a Gaussian's actions are not clipped."""
        features: Tensor = self.features(self.scaler.tensors(observations))
        if self.core is not None:
            starts = self._memory.starts()
            remembered = torch.from_numpy(self._memory.values)
            _, features = self.core(features[None], torch.from_numpy(starts)[None], remembered)
            self._memory.answered(starts, features.numpy())
        if deterministic:
            return self._actor.mean(features.numpy())
        return self._actor.sample(features.numpy(), self._random)

    def follow(self, done: Bools) -> tuple[Bools, Floats] | None:
        """See `Algorithm.follow`."""
        return None if self.core is None else self._memory.follow(done)

    def record(self, observations: Observations, actions: Floats, transition: Transition) -> None:
        """See `Algorithm.record`."""
        if self.core is not None:
            step = self.rollout.length
            done = transition.terminated | transition.truncated
            self._starts[step], self._memories[step] = transition.memory or self._memory.follow(done)
        self.rollout.add(observations, actions, transition)

    @property
    def ready(self) -> bool:
        """See `Algorithm.ready`."""
        return self.rollout.full

    @property
    def nearly_ready(self) -> bool:
        """See `Algorithm.nearly_ready`."""
        return self.rollout.length + 1 >= len(self.rollout.actions)

    def update(self, progress: float, should_stop: Callable[[], bool] = lambda: False) -> dict[str, float]:
        """See `Algorithm.update`; starts a new rollout."""
        encoders = None if self.features.identity else self.features
        self._compile(encoders, self.core, self.network.actor, self.network.critic)
        rollout, config = self.rollout, self.config
        if config.normalize_rewards:
            self.reward_scaler.update(rollout.rewards, rollout.terminated | rollout.truncated)
        # The first policy answers the same to everything, so statistics may come in late once, before it learns.
        first = self.scaler.empty
        # All but the last row, which opens the next rollout.
        states = state_of(rollout.observations)[:-1]
        if first:
            self.scaler.update(states)
        data = self._prepare()
        learning_rate = self.optimizer.learning_rate = self._learning_rate.at(progress)
        final = config.final_entropy_coefficient
        if final is not None:
            self._entropy_coefficient = linear(config.entropy_coefficient, final, progress)
        scalars = self._fit(data, should_stop)
        self._learning_rate.heard(scalars["approx_kl"])
        if not first:
            self.scaler.update(states)
        rollout.clear()
        self.updates += 1
        with torch.no_grad():
            std = self.network.log_std.exp()
        scalars |= {"learning_rate": learning_rate, "reward_scale": self.reward_scaler.scale}
        return scalars | {f"action_std_{index}": float(value) for index, value in enumerate(std)}

    @torch.no_grad()
    def _prepare(self) -> Batch:
        """Compute advantages and what the old policy thought of the rollout."""
        rollout, config = self.rollout, self.config
        for name, array in (("observations", state_of(rollout.observations)), ("rewards", rollout.rewards)):
            if not np.isfinite(array).all():
                raise DivergenceError(f"update {self.updates}: {name} of the rollout are not finite")
        observations = self.scaler.tensors(rollout.observations)
        features: Tensor = self.features(observations)
        memory: dict[str, Tensor] = {}
        if self.core is not None:
            self._starts[-1] = rollout.terminated[-2] | rollout.truncated[-2]
            starts, memories = torch.from_numpy(self._starts), torch.from_numpy(self._memories)
            features, _ = self.core(features, starts, memories[0])
            memory = {"starts": starts[:-1]}
        actions = torch.from_numpy(rollout.actions)
        if self.worlds is None:
            values = self.network.value(features)
        else:
            present = self.worlds.split(torch.from_numpy(rollout.present)) & self.worlds.there
            seen = self.worlds.split(features).flatten(0, 1)
            values = self.worlds.join(self.network.critic(seen, present.flatten(0, 1)).view(present.shape))
            memory["present"] = torch.from_numpy(rollout.present[:-1])
        if memory:
            memory["valid"] = torch.from_numpy(rollout.valid)
        log_probs, _ = self.network.log_prob_entropy(features[:-1], actions)
        scale = self.reward_scaler.scale if config.normalize_rewards else 1.0
        advantages = compute_gae(
            rollout.rewards / np.float32(scale),
            values.numpy(),
            rollout.terminated,
            rollout.truncated,
            rollout.valid,
            config.gamma,
            config.gae_lambda,
        )
        steps = Batch(
            each(observations, lambda part: part[:-1]),
            actions,
            log_probs,
            torch.from_numpy(self._weigh(advantages)),
            torch.from_numpy(advantages) + values[:-1],
            values[:-1],
            **memory,
        )
        if not memory:
            return steps.change(in_any_order(torch.from_numpy(np.flatnonzero(rollout.valid))))
        before = torch.from_numpy(self._memories[:: config.sequence_length])
        if self.worlds is not None:
            steps, before = by_world(steps, self.worlds), self.worlds.split(before)
        if self.core is None:
            return with_valid(steps.change(lambda values: values.flatten(0, 1)))
        pieces = steps.change(in_pieces(config.sequence_length))
        return with_valid(replace(pieces, memory=before.flatten(0, 1)))

    def _weigh(self, advantages: Floats) -> Floats:
        """Return what the policy is to follow, [T, E], given the advantages of the rewards."""
        return advantages

    def _fit(self, data: Batch, should_stop: Callable[[], bool]) -> dict[str, float]:
        config, count = self.config, len(data)
        told = data.outcomes()
        returns = told.returns
        size = config.minibatch_size // self.ranks.count
        size = max(size // self._steps_per_row, 1)
        weights = Weights(
            config.clip_range,
            config.value_loss,
            config.value_limit,
            config.value_coefficient,
            self._entropy_coefficient,
        )
        largest = float(returns.abs().max()) if len(returns) else 0.0
        logs: list[list[float]] = []
        epochs = 0
        minibatches = self.ranks.minibatches(count if len(returns) > 1 else 0, size)
        stopped = minibatches == 0
        for _ in range(config.epochs):
            if stopped:
                break
            for rows in self._minibatches(data, minibatches, size):
                logs.append(self._minibatch(rows, weights, largest))
                far = bool(config.target_kl) and logs[-1][_KL] > 1.5 * config.target_kl
                if far or self.ranks.any(should_stop()):
                    stopped = True
                    break
            epochs += 1
        means = np.mean(logs, axis=0) if logs else np.zeros(len(_LOGGED))
        variance = float(returns.var()) if len(returns) > 1 else 0.0
        residual = float((returns - told.values).var()) if len(returns) > 1 else 0.0
        return dict(zip(_LOGGED, means.tolist(), strict=True)) | {
            "explained_variance": 1.0 - residual / variance if variance > 0.0 else 0.0,
            "epochs": float(epochs),
        }

    def _minibatches(self, data: Batch, count: int, size: int) -> Iterator[Batch]:
        """Yield `count` minibatches of `size` rows in an order drawn anew.

        A short last minibatch would be noisy: its rows get their turn in the next epoch's order.
        """
        order = torch.from_numpy(self._random.permutation(len(data))[: count * size])
        # Images would take their memory twice.
        shuffled = None if isinstance(data.observations, dict) else data.rows(order)
        for start in range(0, count * size, size):
            rows = slice(start, start + size)
            yield data.rows(order[rows]) if shuffled is None else shuffled.part(rows)

    def _minibatch(self, rows: Batch, weights: Weights, largest: float) -> list[float]:
        """Take one gradient step; returns what `_LOGGED` names. `largest` is |return|, for the diagnosis."""
        config = self.config
        told = rows.outcomes()
        count = len(told.returns)
        if config.normalize_advantages and (count > 1 or self.ranks.count > 1):
            told = told._replace(advantages=self.ranks.standardize(told.advantages))
        if self._pass is not None:
            means = self._pass(self.features(rows.observations), told, weights)
        else:
            means = self._differentiate(rows, told, weights)
        if self.ranks.count > 1:
            self._pool(means, self.ranks.share(count))
        numbers: list[float] = [*means.tolist(), self.optimizer.clip(config.max_gradient_norm)]
        if not math.isfinite(sum(numbers)):
            self.optimizer.show()
            losses = dict(zip(_LOGGED, numbers, strict=True)) | {"largest |return|": largest}
            where = f"update {self.updates}"
            require_finite(where, losses, self._networks, self.optimizer.learning_rate)
        self.optimizer.step()
        return numbers

    def _differentiate(self, rows: Batch, told: Outcomes, weights: Weights) -> Tensor:
        """Give the optimiser a minibatch's gradient; returns what `MEANS` names."""
        network = self.network
        with torch.autocast("cpu", torch.bfloat16) if self.config.mixed_precision else nullcontext():
            features, values = self._judge(rows)
            outputs = network.actor(features)
        outputs, values = outputs.float(), values.float()
        if network.policy is Gaussian:
            total, means = gaussian_objective(outputs, network.log_std, values, told, weights)
        else:
            total, means = objective(network.policy, outputs, network.log_std, values, told, weights)
        self.optimizer.differentiate([total])
        return means

    @torch.no_grad()
    def _pool(self, means: Tensor, share: float) -> None:
        """Make the gradient and `means` those of all learners' transitions, of which this one has `share`."""
        self.optimizer.weigh(share)
        pooled = means.mul_(share) if share > 0.0 else means.zero_()
        self.ranks.add_up([self.optimizer.gradient, pooled])

    def _judge(self, rows: Batch) -> tuple[Tensor, Tensor]:
        """Return what the actor goes on from, [B, F], and the values [B], of the valid transitions."""
        features: Tensor = self.features(rows.observations)
        if rows.valid is None:
            return features, self.network.value(features)
        if self.core is not None:
            assert rows.starts is not None
            assert rows.memory is not None
            # The core runs over time first and all agents of all pieces second, [L, B, ...].
            agents = rows.valid.transpose(0, 1).shape[1:]
            starts, before = rows.starts.transpose(0, 1).flatten(1), rows.memory.flatten(0, -2)
            features, _ = self.core(features.transpose(0, 1).flatten(1, -2), starts, before)
            features = features.view(len(features), *agents, -1).transpose(0, 1)
        kept = features[rows.valid]
        if rows.present is None:
            return kept, self.network.value(kept)
        moments, present = features.flatten(0, -3), rows.present.flatten(0, -2)
        return kept, self.network.critic(moments, present).view(rows.valid.shape)[rows.valid]

    def state_dict(self) -> dict[str, Any]:
        """See `Algorithm.state_dict`."""
        return {
            **{name: network.state_dict() for name, network in self._networks.items()},
            "optimizer": self.optimizer.state_dict(),
            "learning_rate": self._learning_rate.adapted,
            "observation_stats": self.scaler.state_dict(),
            "reward_scaler": self.reward_scaler.state_dict(),
            "memory": torch.from_numpy(self._memory.values.copy()),
            "updates": self.updates,
            "random": self._random.bit_generator.state,
            "torch_random": torch.get_rng_state(),
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """See `Algorithm.load_state_dict`."""
        for name, network in self._networks.items():
            check_same_shapes(network.state_dict(), state.get(name, {}))
        for name, network in self._networks.items():
            network.load_state_dict(state.get(name, {}))
        self.optimizer.load_state_dict(state["optimizer"])
        self._learning_rate.adapted = float(state["learning_rate"])
        self.scaler.load_state_dict(state["observation_stats"])
        self.reward_scaler.load_state_dict(state["reward_scaler"])
        memory = state["memory"].numpy()
        if memory.shape == self._memory.values.shape:
            self._memory.values = memory.copy()
        self.updates = int(state["updates"])
        self._random.bit_generator.state = state["random"]
        torch.set_rng_state(state["torch_random"])
