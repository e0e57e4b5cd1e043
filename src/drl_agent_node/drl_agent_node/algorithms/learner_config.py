"""What every learning algorithm lets one set: networks, first policy, scales, precision."""

from __future__ import annotations

from pydantic import Field

from drl_agent_node.errors import ConfigurationError
from drl_agent_node.networks.features import FeatureConfig
from drl_agent_node.networks.mlp import Activation


class LearnerConfig(FeatureConfig):
    """Fields that all algorithms share; some of them have another default of their own."""

    gamma: float = Field(default=0.98, ge=0, le=1, description="discount per step")
    normalize_observations: bool = Field(default=True, description="bring observations to mean 0, std 1")
    normalize_rewards: bool = Field(
        default=True, description="divide rewards by the std of discounted returns"
    )
    mixed_precision: bool = Field(default=False, description="bfloat16 for matrix products while learning")
    compile: bool = Field(
        default=False, description="networks go through torch.compile while learning; needs a C++ compiler"
    )
    hidden_sizes: tuple[int, ...] = Field(
        default=(64, 64), description="units of the hidden layers, policy and value functions alike"
    )
    activation: Activation = Field(default="tanh", description="tanh, relu or silu")
    initial_mean: tuple[float, ...] = Field(
        default=(0.4, 0.0),
        description="first mean action: acceleration, so that untrained cars move, and steering",
    )
    initial_log_std: tuple[float, ...] = Field(
        default=(-0.7, -1.2), description="first log std per action dimension, before squashing"
    )

    def check_actions(self, action_dim: int, algorithm: str) -> None:
        """Check the fields that have a value per action dimension.

        Raises:
            ConfigurationError: naming the field, and `algorithm`.
        """
        for field in ("initial_mean", "initial_log_std"):
            count = len(getattr(self, field))
            if count != action_dim:
                raise ConfigurationError(
                    f"{algorithm}: {field} has {count} values; the action has {action_dim}"
                )
