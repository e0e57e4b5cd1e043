"""The compiled loops of the sum tree and of the replay buffer, in one file: a change makes all of them compile anew."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray

Tree = NDArray[np.float64]
Floats = NDArray[np.float32]
Bools = NDArray[np.bool_]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def set_range(tree: Tree, start: int, priorities: NDArray[np.float64]) -> None:
    """Set the priorities of the leaves from `start` on; common ancestors are summed once."""
    base = len(tree) // 2
    low, high = base + start, base + start + len(priorities) - 1
    tree[low : high + 1] = priorities
    while low > 1:
        low, high = low // 2, high // 2
        for node in range(low, high + 1):
            tree[node] = tree[2 * node] + tree[2 * node + 1]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def set_leaves(tree: Tree, leaves: NDArray[np.int64], priorities: NDArray[np.float64]) -> None:
    """Set the priorities of `leaves` [B]; of a leaf that comes twice, the last one counts."""
    base = len(tree) // 2
    for i in range(len(leaves)):
        node = base + leaves[i]
        tree[node] = priorities[i]
        while node > 1:
            node //= 2
            # Summed anew, not by differences: rounding errors do not pile up.
            tree[node] = tree[2 * node] + tree[2 * node + 1]


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def find_leaf(tree: Tree, mass: float) -> int:
    """Return the leaf at which the running sum of priorities passes `mass`, in [0, total)."""
    base = len(tree) // 2
    node = 1
    while node < base:
        node *= 2
        # Rounding must not lead to the right of the last leaf that has a priority.
        if mass >= tree[node] and tree[node + 1] > 0.0:
            mass -= tree[node]
            node += 1
    return node - base


@njit(cache=True, nogil=True)  # type: ignore[untyped-decorator]
def draw(
    tree: NDArray[np.float64],
    uniform: NDArray[np.float64],
    beta: float,
    count: int,
    newest: int,
    n_step: int,
    gamma: float,
    rewards: Floats,
    terminated: Bools,
    truncated: Bools,
    valid: Bools,
) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats, Floats, Floats]:
    """Draw one leaf from each of B equal parts of the tree's total, and look n steps ahead of each.

    `uniform` [B] are numbers in [0, 1), `count` how many leaves can be drawn, `newest` the last complete row of the
    arrays [T, E]. Returns leaves, leaves of the next observations, returns, discounts and weights, each [B].
    """
    batch = len(uniform)
    rows, num_envs = rewards.shape
    leaves = np.empty(batch, np.int64)
    following = np.empty(batch, np.int64)
    returns = np.empty(batch, np.float32)
    discounts = np.empty(batch, np.float32)
    weights = np.empty(batch, np.float32)
    total = tree[1]
    base = len(tree) // 2
    for i in range(batch):
        leaf = find_leaf(tree, (i + uniform[i]) / batch * total)
        row, env = leaf // num_envs, leaf % num_envs
        value, discount = 0.0, 1.0
        for _ in range(n_step):
            # A lost step, or the one that only resets: what led here counts, what comes next does not.
            if not valid[row, env]:
                break
            value += discount * rewards[row, env]
            discount *= gamma
            last = row == newest
            row_before, row = row, (row + 1) % rows
            if terminated[row_before, env]:
                discount = 0.0
                break
            if truncated[row_before, env] or last:
                break
        leaves[i], following[i] = leaf, row * num_envs + env
        returns[i], discounts[i] = value, discount
        weights[i] = (count * tree[base + leaf] / total) ** -beta
    return leaves, following, returns, discounts, weights / weights.max()
