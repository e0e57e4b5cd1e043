"""Which columns of the state describe the ego and which describe each of its neighbours."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from drl_agent_node.errors import ConfigurationError

_NEIGHBOUR: Final = re.compile(r"neighbour_(\d+)_(.+)")
PRESENT: Final = "present"
# What neighbours' columns are divided by, by the end of their names: about their std in traffic. One scale for all
# neighbours keeps them exchangeable, which running statistics per column would not.
_SCALES: Final[Mapping[str, float]] = {"_m": 20.0, "_mps": 10.0, "length_m": 5.0}


@dataclass(frozen=True)
class StateLayout:
    """Columns of the state by what they describe.

    Attributes:
        names: of all columns.
        ego: columns that describe the ego and its route.
        neighbours: K x F columns, one row per neighbour, the column `present` first.
        scales: column -> what it is divided by, for the neighbours' columns.
    """

    names: tuple[str, ...]
    ego: tuple[int, ...]
    neighbours: tuple[tuple[int, ...], ...]
    scales: Mapping[int, float]


def read_layout(names: Sequence[str]) -> StateLayout:
    """Find the neighbours `neighbour_<number>_<feature>` among the columns' names.

    Raises:
        ConfigurationError: when there are none, or they do not have the same features with `present` among them.
    """
    blocks: dict[int, dict[str, int]] = {}
    ego = []
    for column, name in enumerate(names):
        found = _NEIGHBOUR.fullmatch(name)
        if found is None:
            ego.append(column)
        else:
            blocks.setdefault(int(found[1]), {})[found[2]] = column
    if not blocks:
        raise ConfigurationError(
            "attention over neighbours needs columns neighbour_<number>_<feature>; the state has none. Set the "
            "gateway's neighbour_count, or encoder: mlp"
        )
    features = list(blocks[min(blocks)])
    if PRESENT not in features:
        raise ConfigurationError(f"neighbours have no column '{PRESENT}' but {', '.join(features)}")
    features.sort(key=lambda feature: feature != PRESENT)
    for number, block in blocks.items():
        if block.keys() != set(features):
            raise ConfigurationError(
                f"neighbour {number} has the columns {', '.join(block)}; others have {', '.join(features)}"
            )
    scales = {column: _scale(feature) for block in blocks.values() for feature, column in block.items()}
    rows = tuple(tuple(blocks[number][feature] for feature in features) for number in sorted(blocks))
    return StateLayout(tuple(names), tuple(ego), rows, scales)


def count_neighbours(names: Sequence[str]) -> int:
    """Return how many neighbours columns of these names describe."""
    return len({found[1] for found in map(_NEIGHBOUR.fullmatch, names) if found})


def _scale(feature: str) -> float:
    return max((len(end), scale) for end, scale in [*_SCALES.items(), ("", 1.0)] if feature.endswith(end))[1]
