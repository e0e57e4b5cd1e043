"""The passes forth and back of SAC's gradient steps: by autograd, or without it where critics and policy are plain layers.

Without it gradients go where the optimisers keep them: autograd asks for memory for each, which the system has to clear.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, Protocol

import torch
from torch import Tensor

from drl_agent_node.algorithms.flat_adam import FlatAdam
from drl_agent_node.networks.mlp import MLP
from drl_agent_node.networks.numpy_mlp import Pass
from drl_agent_node.networks.soft_actor_critic import (
    MAX_LOG_STD,
    MIN_LOG_STD,
    SoftActor,
    TwinCritic,
    noise_for,
)
from drl_agent_node.networks.squashed_sample import draw

Optimizers = Mapping[str, FlatAdam]


class SoftPasses(Protocol):
    """What is returned with values takes their gradients back, to the gradient of an optimiser."""

    def judge(self, features: Tensor, actions: Tensor) -> tuple[Tensor, Callable[[Tensor], None]]:
        """Return both values [2, B] of `actions` [B, A] at `features` [B, F]; their gradients [2, B] go to the critics."""

    def propose(self, features: Tensor) -> tuple[Tensor, Tensor, Callable[[Tensor, Tensor], None]]:
        """Return both values [2, B] and log-densities [B] of the policy's actions; their gradients go to the policy."""


class AutogradPasses:
    """By autograd, in the precision of `cast`; through the features, where they are learned."""

    def __init__(
        self,
        actor: SoftActor,
        critic: TwinCritic,
        optimizers: Optimizers,
        cast: Callable[[], AbstractContextManager[Any]],
    ) -> None:
        self._actor, self._critic, self._optimizers, self._cast = actor, critic, optimizers, cast
        self._critic_parameters = list(critic.parameters())

    def judge(self, features: Tensor, actions: Tensor) -> tuple[Tensor, Callable[[Tensor], None]]:
        """See `SoftPasses`."""
        with self._cast():
            values = self._critic(features, actions).float()
        return values.detach(), lambda slopes: self._optimizers["critic"].differentiate([values], [slopes])

    def propose(self, features: Tensor) -> tuple[Tensor, Tensor, Callable[[Tensor, Tensor], None]]:
        """See `SoftPasses`."""
        for parameter in self._critic_parameters:
            parameter.requires_grad_(False)
        with self._cast():
            actions, log_probs = self._actor(features)
            values = self._critic(features, actions).float()
        for parameter in self._critic_parameters:
            parameter.requires_grad_(True)

        def back(*slopes: Tensor) -> None:
            self._optimizers["actor"].differentiate([values, log_probs], slopes)

        return values.detach(), log_probs.detach(), back


class PlainPasses:
    """Without autograd."""

    def __init__(self, actor: Pass, critics: tuple[Pass, Pass]) -> None:
        self._actor, self._critics = actor, critics

    @staticmethod
    def of(actor: SoftActor, critic: TwinCritic, optimizers: Optimizers) -> PlainPasses | None:
        """Return passes through these networks; None where their activation is another."""

        def through(layers: MLP, optimizer: str) -> Pass | None:
            return layers.without_autograd(optimizers[optimizer].gradients_of(layers.parameters()))

        policy = through(actor.layers, "actor")
        first, second = through(critic.first, "critic"), through(critic.second, "critic")
        if policy is None or first is None or second is None:
            return None
        return PlainPasses(policy, (first, second))

    def judge(self, features: Tensor, actions: Tensor) -> tuple[Tensor, Callable[[Tensor], None]]:
        """See `SoftPasses`."""

        def back(slopes: Tensor) -> None:
            for critic, part in zip(self._critics, slopes, strict=True):
                critic.back(part[:, None])

        return self._values(features, actions), back

    def propose(self, features: Tensor) -> tuple[Tensor, Tensor, Callable[[Tensor, Tensor], None]]:
        """See `SoftPasses`."""
        outputs = self._actor.forth(features)
        drawn = draw(outputs, noise_for(outputs), MIN_LOG_STD, MAX_LOG_STD)

        def back(slopes: Tensor, of_log_probs: Tensor) -> None:
            of_actions = torch.empty(len(self._critics), *drawn.actions.shape)
            for critic, part, found in zip(self._critics, slopes, of_actions, strict=True):
                critic.back(part[:, None], found)
            self._actor.back(drawn.back(of_actions.sum(0), of_log_probs))

        return self._values(features, drawn.actions), drawn.log_probs, back

    def _values(self, features: Tensor, actions: Tensor) -> Tensor:
        inputs = torch.cat((features, actions), -1)
        return torch.cat([critic.forth(inputs) for critic in self._critics]).view(2, -1)
