"""Running statistics that bring observations and rewards to unit scale.

Means and variances are merged batch by batch with the parallel algorithm of Chan, Golub and LeVeque (1979), in
float64 throughout.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Moments = NDArray[np.float64]


class RunningMeanStd:
    """Mean and variance of everything seen so far, per column.

    Before the first `update` it normalises with mean 0 and variance 1.
    """

    def __init__(self, size: int, fixed: Mapping[int, float] | None = None) -> None:
        """`fixed` names columns that are not centred, and what each is divided by instead of its std."""
        columns = sorted(fixed or {})
        self._fixed: NDArray[np.int64] = np.array(columns, np.int64)
        self._fixed_scale = np.array([1.0 / (fixed or {})[column] for column in columns], np.float32)
        self.mean: NDArray[np.float64] = np.zeros(size, np.float64)
        self.var: NDArray[np.float64] = np.ones(size, np.float64)
        self.count = 0
        self.pool: Callable[[Moments, Moments, int], tuple[Moments, Moments, int]] | None = None
        self._refresh()

    def update(self, batch: NDArray[Any]) -> None:
        """Merge `batch` [B, size] in; an empty batch changes nothing.

        Where there is a `pool`, it makes mean, variance and count those of everybody's batches.
        """
        rows = len(batch)
        mean, var = _moments(np.ascontiguousarray(batch))
        if self.pool is not None:
            mean, var, rows = self.pool(mean, var, rows)
        if rows == 0:
            return
        if self.count == 0:
            self.mean, self.var, self.count = mean, var, rows
        else:
            total = self.count + rows
            delta = mean - self.mean
            squares = self.var * self.count + var * rows + delta**2 * (self.count * rows / total)
            self.mean = self.mean + delta * (rows / total)
            self.var = squares / total
            self.count = total
        self._refresh()

    def _refresh(self) -> None:
        self._mean32 = self.mean.astype(np.float32)
        # Columns that never change would otherwise blow up rounding noise.
        self._scale32 = (1.0 / np.sqrt(np.maximum(self.var, 1e-4))).astype(np.float32)
        self._mean32[self._fixed] = 0.0
        self._scale32[self._fixed] = self._fixed_scale

    @property
    def shift_and_scale(self) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """What `normalize` takes off each column and then multiplies it by, float32 [size] each."""
        return self._mean32, self._scale32

    def normalize(self, values: NDArray[np.float32], clip: float = 10.0) -> NDArray[np.float32]:
        """Return (values - mean) / std, float32 of the same shape, limited to [-clip, clip]."""
        rows = np.ascontiguousarray(values, np.float32).reshape(math.prod(values.shape[:-1]), len(self.mean))
        scaled = np.empty(values.shape, np.float32)
        _normalize(rows, self._mean32, self._scale32, np.float32(clip), scaled.reshape(rows.shape))
        return scaled

    def state_dict(self) -> dict[str, Any]:
        """Return plain data that `load_state_dict` takes."""
        return {"mean": self.mean.tolist(), "var": self.var.tolist(), "count": self.count}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the statistics of `state_dict`.

        Raises:
            ValueError: when the number of columns differs.
        """
        mean = np.asarray(state["mean"], np.float64)
        if mean.shape != self.mean.shape:
            raise ValueError(f"statistics of {mean.size} columns do not fit {self.mean.size} columns")
        self.mean, self.var = mean, np.asarray(state["var"], np.float64)
        self.count = int(state["count"])
        self._refresh()


class RewardScaler:
    """Divides rewards by the standard deviation of discounted returns, so that values stay near unit scale.

    Rewards are not centred: that would change which episode lengths pay.
    """

    def __init__(self, num_envs: int, gamma: float) -> None:
        self._gamma = gamma
        self._returns: NDArray[np.float64] = np.zeros(num_envs, np.float64)
        self._stats = RunningMeanStd(1)

    @property
    def stats(self) -> RunningMeanStd:
        """Of the discounted returns."""
        return self._stats

    @property
    def scale(self) -> float:
        """What rewards are divided by."""
        return float(np.sqrt(max(self._stats.var[0], 1e-8))) if self._stats.count else 1.0

    def update(self, rewards: NDArray[np.float32], dones: NDArray[np.bool_]) -> None:
        """Follow the discounted returns through `rewards` and `dones`, both [T, N]; a done ends a return."""
        returns = np.empty(rewards.shape, np.float64)
        running = self._returns
        alive = ~dones
        for step in range(len(rewards)):
            running = running * self._gamma + rewards[step]
            returns[step] = running
            running = running * alive[step]
        self._returns = running
        self._stats.update(returns.reshape(-1, 1))

    def begin(self, fresh: NDArray[np.bool_]) -> None:
        """Start new returns where `fresh` [N]: an episode begins there."""
        self._returns = np.where(fresh, 0.0, self._returns)

    def state_dict(self) -> dict[str, Any]:
        """Return plain data that `load_state_dict` takes."""
        return self._stats.state_dict() | {"returns": self._returns.tolist()}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take over the statistics of `state_dict`, and the running returns where the fleet has the same size."""
        self._stats.load_state_dict(state)
        returns = np.asarray(state.get("returns", ()), np.float64)
        if returns.shape == self._returns.shape:
            self._returns = returns


# In one pass over memory each, instead of one per operation into memory that is asked for anew.
@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _normalize(values: Any, mean: Any, scale: Any, clip: Any, found: Any) -> None:
    for row in range(values.shape[0]):
        for k in range(values.shape[1]):
            scaled = (values[row, k] - mean[k]) * scale[k]
            # So written, what is not a number stays so.
            scaled = clip if scaled > clip else scaled
            found[row, k] = -clip if scaled < -clip else scaled


@numba.njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _moments(batch: Any) -> Any:
    """Return mean and variance of the columns of `batch` [B, D], float64 [D]; 0 where B is."""
    rows, columns = batch.shape
    mean, var = np.zeros(columns), np.zeros(columns)
    for row in range(rows):
        for k in range(columns):
            mean[k] += batch[row, k]
    mean /= max(rows, 1)
    for row in range(rows):
        for k in range(columns):
            off = batch[row, k] - mean[k]
            var[k] += off * off
    var /= max(rows, 1)
    return mean, var
