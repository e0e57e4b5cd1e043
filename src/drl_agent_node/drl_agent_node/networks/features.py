"""From what is observed to the features that policies and value functions go on from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import torch
from pydantic import Field
from torch import Tensor, nn

from drl_agent_node.config import StrictConfig
from drl_agent_node.env.observations import IMAGES, STATE
from drl_agent_node.errors import ConfigurationError
from drl_agent_node.networks.attention import CrossAttentionFusion, NeighbourEncoder
from drl_agent_node.networks.encoders import RasterEncoder, Shapes
from drl_agent_node.networks.state_layout import StateLayout, read_layout

# Observations encoded together where no gradient is wanted: the images of a rollout would not fit as floats.
_CHUNK = 256


class FeatureConfig(StrictConfig):
    """How observations become features; part of every algorithm's configuration."""

    state_encoder: Literal["none", "attention"] = Field(
        default="none",
        description="attention: the ego attends to its neighbours, whose order then does not matter",
    )
    fusion: Literal["concat", "cross_attention"] = Field(
        default="concat",
        description="how images and state come together; cross_attention: the state attends to places of the image",
    )
    attention_size: int = Field(default=64, ge=1, le=1024, description="units of attention, over all heads")
    attention_heads: int = Field(
        default=4, ge=1, le=64, description="heads; attention_size is a multiple of it"
    )


class FeatureNetwork(nn.Module):
    """Encoders for images and neighbours, fused; the identity where only a plain state is observed.

    Attributes:
        feature_dim: F, size of the features.
        layout: of the state, where neighbours are attended to.
        identity: True where the features are the observation itself.
    """

    def __init__(
        self, config: FeatureConfig, observation: int | Shapes, state_names: Sequence[str], algorithm: str
    ) -> None:
        """`observation` is the number of state columns, or the shapes of what is observed by name.

        Raises:
            ConfigurationError: when attention is asked for and cannot be, naming `algorithm`.
        """
        super().__init__()
        if config.attention_size % config.attention_heads:
            raise ConfigurationError(
                f"{algorithm}: attention_size = {config.attention_size} cannot be split over attention_heads = "
                f"{config.attention_heads}; allowed: a multiple of it"
            )
        shapes = {STATE: (observation,)} if isinstance(observation, int) else dict(observation)
        state_dim = shapes[STATE][0] if STATE in shapes else 0
        self.layout: StateLayout | None = None
        self.neighbours: NeighbourEncoder | None = None
        self.images = tuple(name for name in IMAGES if name in shapes)
        self.fusion: CrossAttentionFusion | None = None
        if config.state_encoder == "attention":
            self.layout = read_layout(state_names[:state_dim])
            self.neighbours = NeighbourEncoder(self.layout, config.attention_size, config.attention_heads)
            state_dim = self.neighbours.output_dim
        attends = bool(self.images) and config.fusion == "cross_attention"
        encoders = [RasterEncoder(shapes[name], places=attends) for name in self.images]
        for name, encoder in zip(self.images, encoders, strict=True):
            self.add_module(name, encoder)
        if attends:
            if state_dim == 0:
                raise ConfigurationError(
                    f"{algorithm}: fusion cross_attention needs a state beside the {self.images[0]}"
                )
            self.fusion = CrossAttentionFusion(
                state_dim, encoders[0].channels, config.attention_size, config.attention_heads
            )
        self.identity = self.neighbours is None and not self.images
        self.feature_dim: int = state_dim + sum(encoder.features for encoder in encoders)
        if self.fusion is not None:
            self.feature_dim = self.fusion.output_dim

    def forward(self, observations: Tensor | Mapping[str, Tensor]) -> Tensor:
        """Return features [..., F] of observations with any number of leading dimensions."""
        if self.identity:
            return observations[STATE] if isinstance(observations, Mapping) else observations
        parts = observations if isinstance(observations, Mapping) else {STATE: observations}
        leading = parts[self.images[0]].shape[:-3] if self.images else parts[STATE].shape[:-1]
        flat = {name: values.flatten(0, len(leading) - 1) for name, values in parts.items()}
        count = len(next(iter(flat.values())))
        if torch.is_grad_enabled() or count <= _CHUNK:
            features = self.encode(flat)
        else:
            features = torch.cat(
                [
                    self.encode({name: values[start : start + _CHUNK] for name, values in flat.items()})
                    for start in range(0, count, _CHUNK)
                ]
            )
        return features.view(*leading, self.feature_dim)

    def encode(self, observations: Mapping[str, Tensor]) -> Tensor:
        """Return features [B, F] of observations [B, ...] by name."""
        state = observations.get(STATE)
        if self.neighbours is not None:
            state = self.neighbours.attend(observations[STATE])[0]
        if not self.images:
            assert state is not None
            return state
        if self.fusion is not None:
            assert state is not None
            places = [self._encoder(name).places(observations[name]) for name in self.images]
            features, _ = self.fusion.attend(state, torch.cat(places, 1))
            return features
        encoded = [self._encoder(name).forward(observations[name]) for name in self.images]
        return torch.cat(encoded if state is None else [*encoded, state], -1)

    def _encoder(self, name: str) -> RasterEncoder:
        encoder = self.get_submodule(name)
        assert isinstance(encoder, RasterEncoder)
        return encoder
