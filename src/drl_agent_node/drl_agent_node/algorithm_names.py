"""Names of the learning algorithms, for those who must not wait for torch."""

from __future__ import annotations

from typing import Final

NAMES: Final = ("ppo", "ppo_lagrangian", "sac")


def algorithm_of(stem: str) -> str:
    """Return the algorithm that a configuration file is for: the longest name that its stem begins with.

    `ppo_lagrangian_strict` is for `ppo_lagrangian`, `ppo_fast` for `ppo`; a stem without a known name stands for itself.
    """
    found = [name for name in NAMES if stem == name or stem.startswith(f"{name}_")]
    return max(found, key=len, default=stem)
