"""Encoders: from what is observed to one vector of features, which policies and value functions go on from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

from drl_agent_node.env.observations import RASTER, STATE

Shapes = Mapping[str, tuple[int, ...]]
"""Shapes of one agent's observations by name: `state` (S,), `raster` (C, H, W)."""

RASTER_FEATURES: Final = 128
_CHANNELS: Final = (16, 32, 64)
# Images that are encoded together where no gradient is wanted: what a rollout holds would not fit as floats.
_CHUNK: Final = 256


class RasterEncoder(nn.Module):
    """A small convolutional network for images of flat, sharp shapes.

    The first layer looks at patches of 4 x 4 pixels that do not overlap, so that most of the work is done on small
    images.
    """

    def __init__(self, shape: tuple[int, ...], features: int = RASTER_FEATURES) -> None:
        """`shape` is (C, H, W), H and W at least 16."""
        super().__init__()
        first, second, third = _CHANNELS
        layers: list[nn.Module] = [
            nn.Conv2d(shape[0], first, 4, stride=4),
            nn.ReLU(),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(second, third, 3, stride=2, padding=1),
            nn.ReLU(),
            nn.Flatten(),
        ]
        with torch.no_grad():
            size = nn.Sequential(*layers)(torch.zeros(1, *shape)).shape[1]
        layers += [nn.Linear(size, features), nn.ReLU()]
        for layer in layers:
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.orthogonal_(layer.weight, 2.0**0.5)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)
        self.layers = nn.Sequential(*layers)
        self.features = features

    def forward(self, rasters: Tensor) -> Tensor:
        """Return features [B, F] of `rasters`, uint8 [B, C, H, W]."""
        result: Tensor = self.layers(rasters.to(torch.float32).mul_(1.0 / 255.0))
        return result


class ObservationEncoder(nn.Module):
    """Encodes the rasters among the observations and puts the state beside their features.

    Attributes:
        feature_dim: F, size of the features.
    """

    def __init__(self, shapes: Shapes) -> None:
        """`shapes` has `raster`, and maybe `state`."""
        super().__init__()
        self.raster = RasterEncoder(shapes[RASTER])
        self._with_state = STATE in shapes
        self.feature_dim = self.raster.features + (shapes[STATE][0] if self._with_state else 0)

    def forward(self, observations: Mapping[str, Tensor]) -> Tensor:
        """Return features [B, F] of observations whose state, [B, S], is brought to unit scale already."""
        features: Tensor = self.raster(observations[RASTER])
        return torch.cat((features, observations[STATE]), -1) if self._with_state else features

    @torch.no_grad()
    def encode(self, observations: Mapping[str, Tensor]) -> Tensor:
        """Return features [..., F] of observations with any number of leading dimensions, without gradients."""
        rasters = observations[RASTER]
        leading = rasters.shape[:-3]
        flat = {name: values.flatten(0, len(leading) - 1) for name, values in observations.items()}
        parts = [
            self({name: values[start : start + _CHUNK] for name, values in flat.items()})
            for start in range(0, len(flat[RASTER]), _CHUNK)
        ]
        return torch.cat(parts).reshape(*leading, self.feature_dim)
