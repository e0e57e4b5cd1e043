"""What PPO learns from: transitions in any order or, for policies with memory, pieces of time in order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor

from drl_agent_node.algorithms.observing import Tensors, each


@dataclass(frozen=True)
class Batch:
    """B valid transitions, each field [B, ...].

    For policies with memory C pieces of L steps: each field [C, L, ...], `valid` and `starts` bool [C, L], and
    `memory` [C, H] before the first step of each.
    """

    observations: Tensors
    actions: Tensor
    log_probs: Tensor
    advantages: Tensor
    returns: Tensor
    values: Tensor
    valid: Tensor | None = None
    starts: Tensor | None = None
    memory: Tensor | None = None

    def __len__(self) -> int:
        """Return how many transitions or pieces there are."""
        return len(self.returns)

    def change(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """Apply `change` to every tensor."""
        fields = {name: each(values, change) for name, values in vars(self).items() if values is not None}
        return Batch(**fields)  # type: ignore[arg-type]

    def rows(self, index: Tensor) -> Batch:
        """Return the transitions or pieces at `index`."""
        return self.change(lambda values: values[index])

    def outcomes(self) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return actions, log-probabilities, advantages, returns and values of the valid transitions, each [B, ...]."""
        found = (self.actions, self.log_probs, self.advantages, self.returns, self.values)
        if self.valid is None:
            return found
        actions, log_probs, advantages, returns, values = (part[self.valid] for part in found)
        return actions, log_probs, advantages, returns, values


def in_any_order(kept: Tensor) -> Callable[[Tensor], Tensor]:
    """Return what makes [T, E, ...] the transitions numbered `kept`, [B, ...]."""
    return lambda values: values.flatten(0, 1)[kept]


def in_pieces(length: int) -> Callable[[Tensor], Tensor]:
    """Return what cuts [T, E, ...] into pieces of `length` steps, [C, L, ...]; T is a multiple of it."""

    def cut(values: Tensor) -> Tensor:
        pieces = values.view(len(values) // length, length, *values.shape[1:])
        return pieces.transpose(1, 2).flatten(0, 1)

    return cut
