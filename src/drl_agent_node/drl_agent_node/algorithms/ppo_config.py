"""What can be set of PPO, see `ppo.py`."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from drl_agent_node.algorithms.learner_config import LearnerConfig
from drl_agent_node.algorithms.losses import ValueLoss
from drl_agent_node.algorithms.schedules import RateSchedule
from drl_agent_node.networks.distributions import PolicyName


class PPOConfig(LearnerConfig):
    """What can be set. Defaults are meant for 16 agents and 200,000 steps of route following at 10 Hz."""

    rollout_steps: int = Field(default=128, ge=2, description="steps per agent between updates")
    epochs: int = Field(default=4, ge=1, description="passes over a rollout per update")
    minibatch_size: int = Field(default=512, ge=2, description="transitions per gradient step")
    learning_rate: float = Field(default=1e-3, gt=0, lt=1, description="Adam's first step size")
    learning_rate_schedule: RateSchedule = Field(
        default="linear", description="constant; linear: to 5 % at total_steps; kl: keeps near target_kl"
    )
    gae_lambda: float = Field(
        default=0.95, ge=0, le=1, description="bias (0) against variance (1) of advantages"
    )
    clip_range: float = Field(
        default=0.2, gt=0, lt=1, description="how far a probability ratio may move the objective"
    )
    value_loss: ValueLoss = Field(
        default="mse",
        description="mse; clipped: to value_limit around the old value; huber: linear beyond it",
    )
    value_limit: float = Field(default=0.5, gt=0, description="of value_loss, in units of scaled returns")
    value_coefficient: float = Field(default=0.5, ge=0, description="weight of the value loss")
    entropy_coefficient: float = Field(default=0.0, ge=0, description="first weight of the entropy bonus")
    final_entropy_coefficient: float | None = Field(
        default=None, ge=0, description="its weight at total_steps, in a straight line; absent: stays"
    )
    max_gradient_norm: float = Field(default=0.5, gt=0, description="gradients are scaled down to this norm")
    target_kl: float = Field(
        default=0.03, ge=0, description="stop an update at 1.5 times this move of the policy; 0: never"
    )
    normalize_advantages: bool = Field(
        default=True, description="bring each minibatch's advantages to mean 0, std 1"
    )
    policy: PolicyName = Field(
        default="gaussian",
        description="gaussian: clipped by the environment; squashed: by tanh; beta: bounded by itself",
    )
    critic: Literal["own", "central"] = Field(
        default="own",
        description="own: values see what the policy sees; central: all agents of the world, while training",
    )
    memory_size: int = Field(default=0, ge=0, description="units of a GRU before actor and critic; 0: none")
    sequence_length: int = Field(
        default=16, ge=2, description="steps that gradients flow back through the GRU; divides rollout_steps"
    )

    @model_validator(mode="after")
    def _check(self) -> PPOConfig:
        if self.memory_size and self.rollout_steps % self.sequence_length:
            raise ValueError(
                f"rollout_steps = {self.rollout_steps} has to be a multiple of sequence_length = {self.sequence_length}"
            )
        if self.learning_rate_schedule == "kl" and not self.target_kl:
            raise ValueError("learning_rate_schedule kl needs a target_kl above 0")
        return self
