"""Observations as algorithms see them: tensors, the state among them brought to unit scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from drl_agent_node.env.normalization import RunningMeanStd
from drl_agent_node.env.observations import STATE, Observations, state_of
from drl_agent_node.networks.encoders import Shapes
from drl_agent_node.networks.state_layout import StateLayout

ObservationSize = int | Shapes
"""Columns of the state, where that alone is observed; else the shapes of what is, by name."""

Tensors = Tensor | dict[str, Tensor]
"""Observations as tensors: the state alone, or what is observed by name."""


def state_size(observation: ObservationSize) -> int:
    """Return the columns of the state, 0 where it is not observed."""
    return observation if isinstance(observation, int) else observation.get(STATE, (0,))[0]


def each(observations: Tensors, change: Callable[[Tensor], Tensor]) -> Tensors:
    """Apply `change` to a tensor, or to each tensor of a dictionary."""
    if isinstance(observations, dict):
        return {name: change(values) for name, values in observations.items()}
    return change(observations)


class ObservationScaler:
    """Running mean and std of the state, and what comes of it; images pass as they are."""

    def __init__(self, observation: ObservationSize, *, enabled: bool, layout: StateLayout | None) -> None:
        """`layout` fixes the scale of the columns that describe neighbours; `enabled` False passes all as it is."""
        self._enabled = enabled
        self.stats = RunningMeanStd(state_size(observation), {} if layout is None else layout.scales)

    @property
    def empty(self) -> bool:
        """True before anything was taken in."""
        return self.stats.count == 0

    def update(self, states: np.ndarray[Any, np.dtype[np.float32]]) -> None:
        """Take in states [..., S]."""
        if self._enabled:
            self.stats.update(states.reshape(int(np.prod(states.shape[:-1])), states.shape[-1]))

    def tensors(self, observations: Observations) -> Tensors:
        """Return observations with the same leading dimensions, on the same memory where nothing changes."""
        state = state_of(observations)
        if self._enabled:
            state = self.stats.normalize(state)
        if not isinstance(observations, dict):
            return torch.from_numpy(state)
        tensors = {name: torch.from_numpy(values) for name, values in observations.items() if name != STATE}
        return tensors | ({STATE: torch.from_numpy(state)} if STATE in observations else {})

    def state_dict(self) -> dict[str, Any]:
        """Return plain data that `load_state_dict` takes."""
        return self.stats.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the statistics of `state_dict`."""
        self.stats.load_state_dict(state)
