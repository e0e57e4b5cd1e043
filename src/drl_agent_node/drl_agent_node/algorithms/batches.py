"""What PPO learns from: transitions in any order; for policies with memory, pieces of time in order; for critics that see
whole worlds, moments of these.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from torch import Tensor

from drl_agent_node.algorithms.losses import Outcomes
from drl_agent_node.algorithms.observing import Tensors, each
from drl_agent_node.algorithms.worlds import Worlds


@dataclass(frozen=True)
class Batch:
    """B valid transitions, each field [B, ...].

    For policies with memory C pieces of L steps: each field [C, L, ...], `valid` and `starts` bool [C, L], and
    `memory` [C, H] before the first step of each.

    For critics that see whole worlds M moments of N agents: each field [M, N, ...], `valid` and `present` bool [M, N].
    With both C pieces of L steps of N agents: each field [C, L, N, ...], and `memory` [C, N, H].
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
    present: Tensor | None = None

    def __len__(self) -> int:
        """Return how many transitions, pieces or moments there are."""
        return len(self.returns)

    def change(self, change: Callable[[Tensor], Tensor]) -> Batch:
        """Apply `change` to every tensor."""
        fields = {name: each(values, change) for name, values in vars(self).items() if values is not None}
        return Batch(**fields)  # type: ignore[arg-type]

    def rows(self, index: Tensor) -> Batch:
        """Return the transitions, pieces or moments at `index`, int64."""
        return self.change(lambda values: values.index_select(0, index))

    def part(self, rows: slice) -> Batch:
        """Return the transitions, pieces or moments in `rows`, on the same memory."""
        return self.change(lambda values: values[rows])

    def outcomes(self) -> Outcomes:
        """Return what was recorded of the valid transitions."""
        found = (self.actions, self.log_probs, self.advantages, self.returns, self.values)
        return Outcomes(*(found if self.valid is None else (part[self.valid] for part in found)))


def in_any_order(kept: Tensor) -> Callable[[Tensor], Tensor]:
    """Return what makes [T, E, ...] the transitions numbered `kept`, [B, ...]."""
    return lambda values: values.flatten(0, 1).index_select(0, kept)


def in_pieces(length: int) -> Callable[[Tensor], Tensor]:
    """Return what cuts [T, E, ...] into pieces of `length` steps, [C, L, ...]; T is a multiple of it."""

    def cut(values: Tensor) -> Tensor:
        pieces = values.view(len(values) // length, length, *values.shape[1:])
        return pieces.transpose(1, 2).flatten(0, 1)

    return cut


def by_world(steps: Batch, worlds: Worlds) -> Batch:
    """Return `steps` [T, E, ...] as [T, K, N, ...]; who is not `there` is neither valid nor present."""
    split = steps.change(worlds.split)
    assert split.valid is not None
    assert split.present is not None
    return replace(split, valid=split.valid & worlds.there, present=split.present & worlds.there)


def with_valid(batch: Batch) -> Batch:
    """Return the pieces or moments in which a transition is valid."""
    assert batch.valid is not None
    return batch.rows(batch.valid.flatten(1).any(1).nonzero().flatten())
