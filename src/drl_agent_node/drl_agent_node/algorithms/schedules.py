"""How settings change while training goes on."""

from __future__ import annotations

from typing import Final, Literal

RateSchedule = Literal["constant", "linear", "kl"]
LOWEST_SHARE: Final = 0.05
_RATE_FACTOR: Final = 1.5
_MIN_RATE: Final = 1e-5
_MAX_RATE: Final = 1e-2


def linear(start: float, end: float, progress: float) -> float:
    """Return the value between `start` and `end` at `progress`, the share of training that is over."""
    return start + (end - start) * min(max(progress, 0.0), 1.0)


class LearningRate:
    """The step size of an on-policy learner.

    `constant`; `linear`: falls to 5 % at the end of training; `kl`: falls after an update that moved the policy more
    than twice as far as `target_kl`, grows after one that moved it less than half as far (Schulman et al. 2017,
    section 4, applied to the step size instead of the penalty).
    """

    def __init__(self, schedule: RateSchedule, first: float, target_kl: float) -> None:
        self._schedule = schedule
        self._first = first
        self._target_kl = target_kl
        self.adapted = first

    def at(self, progress: float) -> float:
        """Return the step size at `progress`, the share of training that is over."""
        if self._schedule == "linear":
            return self._first * max(1.0 - progress, LOWEST_SHARE)
        return self.adapted

    def heard(self, kl: float) -> None:
        """Take in how far an update's last minibatches moved the policy."""
        if self._schedule != "kl":
            return
        if kl > 2.0 * self._target_kl:
            self.adapted = max(self.adapted / _RATE_FACTOR, _MIN_RATE)
        elif kl < 0.5 * self._target_kl:
            self.adapted = min(self.adapted * _RATE_FACTOR, _MAX_RATE)
