"""Encoders for images; `features.py` puts them together with the rest of what is observed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import torch
from torch import Tensor, nn

Shapes = Mapping[str, tuple[int, ...]]
"""Shapes of one agent's observations by name: `state` (S,); `raster`, `camera`, `lidar` (C, H, W)."""

RASTER_FEATURES: Final = 128
_CHANNELS: Final = (16, 32, 64)


class RasterEncoder(nn.Module):
    """A small convolutional network for images of flat, sharp shapes.

    The first layer looks at patches of 4 x 4 pixels that do not overlap, so that most of the work is done on small
    images.
    """

    def __init__(
        self, shape: tuple[int, ...], features: int = RASTER_FEATURES, *, places: bool = False
    ) -> None:
        """`shape` is (C, H, W), H and W at least 16; with `places` there are no features, only `places`."""
        super().__init__()
        first, second, third = _CHANNELS
        self.convolutions = nn.Sequential(
            nn.Conv2d(shape[0], first, 4, stride=4),
            nn.ReLU(inplace=True),
            nn.Conv2d(first, second, 3, stride=2, padding=1),
            nn.ReLU(inplace=True),
            nn.Conv2d(second, third, 3, stride=2, padding=1),
            nn.ReLU(inplace=True),
        )
        with torch.no_grad():
            size = self.convolutions(torch.zeros(1, *shape)).numel()
        self.channels: int = third
        # Attention to places would not know where they are.
        self.position = nn.Parameter(0.1 * torch.randn(size // third, third)) if places else None
        self.features: int = 0 if places else features
        self.head = (
            nn.Sequential() if places else nn.Sequential(nn.Linear(size, features), nn.ReLU(inplace=True))
        )
        for layer in (*self.convolutions, *self.head):
            if isinstance(layer, nn.Conv2d | nn.Linear):
                nn.init.orthogonal_(layer.weight, 2.0**0.5)
                assert layer.bias is not None
                nn.init.zeros_(layer.bias)

    def forward(self, rasters: Tensor) -> Tensor:
        """Return features [B, F] of `rasters`, uint8 [B, C, H, W]."""
        result: Tensor = self.head(self._maps(rasters).flatten(1))
        return result

    def places(self, rasters: Tensor) -> Tensor:
        """Return what is at each place of a coarse grid over `rasters`, uint8 [B, C, H, W]: [B, T, `channels`]."""
        assert self.position is not None
        return self._maps(rasters).flatten(2).transpose(1, 2) + self.position

    def _maps(self, rasters: Tensor) -> Tensor:
        result: Tensor = self.convolutions(rasters.to(torch.float32).mul_(1.0 / 255.0))
        return result
