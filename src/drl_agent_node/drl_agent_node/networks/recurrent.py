"""A GRU behind policy and value function, and what it remembers while a fleet drives."""

from __future__ import annotations

from collections import deque

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


class RecurrentCore(nn.Module):
    """What a GRU makes of the features so far; forgets at the beginning of each episode."""

    def __init__(self, feature_dim: int, memory_size: int) -> None:
        """`memory_size` is H, the units of the GRU."""
        super().__init__()
        self.memory_size = memory_size
        self.cell = nn.GRUCell(feature_dim, memory_size)
        for name, parameter in self.cell.named_parameters():
            if "weight" in name:
                nn.init.orthogonal_(parameter)
            else:
                nn.init.zeros_(parameter)

    def forward(self, features: Tensor, starts: Tensor, memory: Tensor) -> tuple[Tensor, Tensor]:
        """Run over L steps of B agents.

        Args:
            features: [L, B, F].
            starts: bool [L, B], True where an observation begins an episode: what was before is forgotten.
            memory: [B, H] before the first step.

        Returns:
            What is remembered after each step, [L, B, H], and after the last, [B, H].
        """
        outputs = []
        keep = (~starts).unsqueeze(-1).to(memory.dtype)
        for step in range(len(features)):
            memory = self.cell(features[step], memory * keep[step])
            outputs.append(memory)
        return torch.stack(outputs), memory


class FleetMemory:
    """What E agents remember while they act, and which observations begin an episode.

    With next-step autoreset the observation two steps after an episode's last one begins the next: the first of the two
    steps ends the episode, the second only resets. Acting may be one step ahead of what is known about outcomes.
    """

    def __init__(self, num_envs: int, memory_size: int) -> None:
        self.values: Floats = np.zeros((num_envs, memory_size), np.float32)
        self._ahead = 0
        self._done: deque[Bools] = deque([np.zeros(num_envs, np.bool_)] * 2, maxlen=2)
        # Where episodes began, and what was remembered before, for the steps whose outcome is not known yet.
        self._answered: deque[tuple[Bools, Floats]] = deque()

    def begin(self, done: Bools, fresh: Bools) -> None:
        """Start with observations that end an episode where `done` [E], and begin one where `fresh` [E]."""
        self._ahead = 0
        self._done = deque([fresh.copy(), done.copy()], maxlen=2)
        self._answered.clear()

    def starts(self) -> Bools:
        """Return where the observation that is to be answered next begins an episode, [E].

        Raises:
            RuntimeError: when more than one step's outcome is not known yet.
        """
        if self._ahead > 1:
            raise RuntimeError(f"{self._ahead} steps have no outcome yet; a policy with memory needs each")
        return self._done[self._ahead]

    def answered(self, starts: Bools, values: Floats) -> None:
        """Take in what is remembered, [E, H], after an observation that began episodes where `starts` was answered."""
        self._answered.append((starts, self.values))
        self.values = values
        self._ahead += 1

    def follow(self, done: Bools) -> tuple[Bools, Floats]:
        """Take in which episodes ended, [E], with the oldest step that has no outcome yet.

        Returns where episodes began with the observation of that step, and what was remembered before it.
        """
        self._done.append(done)
        self._ahead -= 1
        return self._answered.popleft()
