"""Replay of what a fleet did: n-step returns, drawn by priority (Schaul et al. 2016, proportional variant)."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import DTypeLike, NDArray

from drl_agent_node.algorithms.base import Bools, Floats, Transition
from drl_agent_node.replay import kernels
from drl_agent_node.replay.sum_tree import SumTree

Arrays = Mapping[str, NDArray[Any]]
MIN_PRIORITY: Final = 1e-6


@dataclass(frozen=True)
class ReplayBatch:
    """B drawn n-step transitions.

    Attributes:
        leaves: int64 [B], for `ReplayBuffer.set_priorities`.
        observations, next_observations: each [B, ...] by name; the next one is where the value is bootstrapped.
        actions: [B, A].
        returns: discounted sum of the rewards in between, [B].
        discounts: what the value of the next observation counts, [B]; 0 after a terminal step.
        weights: importance weights, at most 1, [B].
    """

    leaves: NDArray[np.int64]
    observations: dict[str, NDArray[Any]]
    next_observations: dict[str, NDArray[Any]]
    actions: Floats
    returns: Floats
    discounts: Floats
    weights: Floats


class ReplayBuffer:
    """The last `capacity` agent steps of E environments that reset on the next step.

    A ring of T rows, one per step of the fleet, `[T, E, ...]`. An observation is kept once: what follows a step is the
    observation of the next row, also at the end of an episode, since the environment returns the final observation
    there. Steps that only reset, and lost ones, are kept for their observation and never drawn.
    """

    def __init__(
        self,
        capacity: int,
        num_envs: int,
        observations: Mapping[str, tuple[tuple[int, ...], DTypeLike]],
        action_dim: int,
        *,
        n_step: int = 1,
        gamma: float = 0.99,
        alpha: float = 0.6,
        directory: Path | None = None,
    ) -> None:
        """Reserve memory.

        Args:
            capacity: agent steps to keep, rounded down to whole rows; at least two rows are.
            num_envs: E.
            observations: shape and dtype of one agent's observation, by name; images stay uint8.
            action_dim: A.
            n_step: rewards that are summed up before the value of what follows takes over.
            gamma: discount per step.
            alpha: how much priorities matter: 0 not at all, 1 in full.
            directory: keep observations and actions in files there instead of in memory; they have no name and are
                gone when the process is.

        Raises:
            OSError: when `directory` cannot be written to.
        """
        self.rows = max(capacity // num_envs, 2)
        self.num_envs = num_envs
        self.n_step, self.gamma, self.alpha = n_step, gamma, alpha
        self._directory = directory
        self._observations = {
            name: self._allocate(shape, dtype) for name, (shape, dtype) in observations.items()
        }
        self._actions = self._allocate((action_dim,), np.float32)
        flags = (self.rows, num_envs)
        self._rewards: Floats = np.zeros(flags, np.float32)
        self._terminated: Bools = np.zeros(flags, np.bool_)
        self._truncated: Bools = np.zeros(flags, np.bool_)
        self._valid: Bools = np.zeros(flags, np.bool_)
        self.tree = SumTree(self.rows * num_envs)
        self._head = 0
        self._filled = 0
        self._max_priority = 1.0
        self._drawable = 0
        self._done_before: Bools = np.zeros(num_envs, np.bool_)
        self._may_be_cut = False

    def _allocate(self, shape: tuple[int, ...], dtype: DTypeLike) -> NDArray[Any]:
        full = (self.rows, self.num_envs, *shape)
        if self._directory is None:
            return np.zeros(full, dtype)
        self._directory.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=self._directory) as file:
            return np.memmap(file, dtype, "w+", shape=full)

    def __len__(self) -> int:
        """Return how many transitions can be drawn."""
        return self._drawable

    def begin(self, done: Bools) -> None:
        """Expect the first observation after a reset; `done` [E] where it ends an episode."""
        self._done_before = done.copy()
        self._may_be_cut = self._filled > 0

    def add(self, observations: Arrays, actions: Floats, transition: Transition, following: Arrays) -> None:
        """Append a step of the fleet: `observations` were answered with `actions`; `following` came of it.

        New transitions get the highest priority so far, so that each is soon drawn.
        """
        if self._may_be_cut:
            self._may_be_cut = False
            if any(
                not np.array_equal(self._observations[name][self._head], observations[name])
                for name in observations
            ):
                # Something else than the last step led here: a row that nothing passes keeps the two apart.
                self._close_row(np.zeros(self.num_envs, np.bool_))
        head = self._head
        for name, values in observations.items():
            self._observations[name][head] = values
        self._actions[head] = actions
        self._rewards[head] = transition.rewards
        self._terminated[head] = transition.terminated
        self._truncated[head] = transition.truncated
        self._close_row(transition.valid & ~self._done_before)
        for name, values in following.items():
            self._observations[name][self._head] = values
        self._done_before = transition.terminated | transition.truncated

    def _close_row(self, valid: Bools) -> None:
        head, following = self._head, (self._head + 1) % self.rows
        self._valid[head] = valid
        self.tree.set_range(head * self.num_envs, np.where(valid, self._max_priority, 0.0))
        # The next row's observation is overwritten: its old transitions end here.
        self._drawable += int(valid.sum()) - int(self._valid[following].sum())
        self._valid[following] = False
        self.tree.set_range(following * self.num_envs, np.zeros(self.num_envs))
        self._head = following
        self._filled = min(self._filled + 1, self.rows - 1)

    def sample(self, batch_size: int, beta: float, random: np.random.Generator) -> ReplayBatch:
        """Draw `batch_size` transitions, with repetition; `beta` 1 corrects the priorities' bias in full.

        Weights are relative to the largest of the batch. Near the newest step fewer than n rewards are summed up.

        Raises:
            ValueError: when there is nothing to draw.
        """
        if self._drawable == 0:
            raise ValueError("the replay buffer holds no transition that can be drawn")
        leaves, following, returns, discounts, weights = kernels.draw(
            self.tree.nodes,
            random.random(batch_size),
            beta,
            self._drawable,
            (self._head - 1) % self.rows,
            self.n_step,
            self.gamma,
            self._rewards,
            self._terminated,
            self._truncated,
            self._valid,
        )
        return ReplayBatch(
            leaves,
            {name: _rows(array, leaves) for name, array in self._observations.items()},
            {name: _rows(array, following) for name, array in self._observations.items()},
            _rows(self._actions, leaves),
            returns,
            discounts,
            weights,
        )

    def set_priorities(self, leaves: NDArray[np.int64], errors: Floats) -> None:
        """Make transitions drawn in proportion to (|error| + a little) ** alpha from now on."""
        priorities = (np.abs(errors).astype(np.float64) + MIN_PRIORITY) ** self.alpha
        # A row may have been overwritten since it was drawn.
        priorities *= self._valid.reshape(-1)[leaves]
        self._max_priority = max(self._max_priority, float(priorities.max()))
        self.tree.set(leaves, priorities)

    def state_dict(self) -> dict[str, Any]:
        """Return the whole content as tensors and plain data."""
        rows = self._filled + 1
        arrays = {f"observations/{name}": array for name, array in self._observations.items()}
        for name in ("actions", "rewards", "terminated", "truncated", "valid"):
            arrays[name] = getattr(self, f"_{name}")
        return {
            "arrays": {name: torch.from_numpy(np.array(array[:rows])) for name, array in arrays.items()},
            "priorities": torch.from_numpy(self.tree.priorities[: rows * self.num_envs].copy()),
            "shape": (self.rows, self.num_envs),
            "head": self._head,
            "filled": self._filled,
            "max_priority": self._max_priority,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> bool:
        """Take over the content of `state_dict`; False, and nothing is changed, when the sizes differ."""
        arrays = {f"observations/{name}": array for name, array in self._observations.items()}
        for name in ("actions", "rewards", "terminated", "truncated", "valid"):
            arrays[name] = getattr(self, f"_{name}")
        stored = state["arrays"]
        if tuple(state["shape"]) != (self.rows, self.num_envs) or arrays.keys() != stored.keys():
            return False
        if any(array.shape[2:] != tuple(stored[name].shape[2:]) for name, array in arrays.items()):
            return False
        for name, array in arrays.items():
            array[: len(stored[name])] = stored[name].numpy()
        self.tree.set_range(0, state["priorities"].numpy())
        self._head, self._filled = int(state["head"]), int(state["filled"])
        self._max_priority = float(state["max_priority"])
        self._drawable = int(self._valid.sum())
        return True


def _rows(array: NDArray[Any], leaves: NDArray[np.int64]) -> NDArray[Any]:
    flat: NDArray[Any] = array.reshape(-1, *array.shape[2:])
    return flat[leaves]
