"""Compiled functions find arrays in a table, and only as what they are."""

from __future__ import annotations

import numpy as np
import pytest

from carla_drl_sim.world.array_table import Table, array_table, bool_1, float64_1, float64_2
from carla_drl_sim.world.compiled import compiled


@compiled
def _add_where(table: Table) -> float:
    """Add 1 to the rows of the first array that the second one marks; returns the sum."""
    values, marks = float64_2(table, 0), bool_1(table, 1)
    total = 0.0
    for row in range(values.shape[0]):
        for column in range(values.shape[1]):
            if marks[row]:
                values[row, column] += 1.0
            total += values[row, column]
    return total


@compiled
def _first(table: Table) -> float:
    return float(float64_1(table, 0)[0])


def test_arrays_are_read_and_written_in_place() -> None:
    values, marks = np.arange(6.0).reshape(3, 2), np.array([True, False, True])
    assert _add_where(array_table((values, marks))) == 19.0
    assert values.tolist() == [[1.0, 2.0], [2.0, 3.0], [5.0, 6.0]]


@pytest.mark.parametrize(
    "array", [np.zeros((2, 2)), np.zeros(2, np.float32), np.zeros(2, np.int64), np.zeros((1, 1, 1))]
)
def test_an_array_of_another_kind_is_refused(array: np.ndarray) -> None:
    with pytest.raises(TypeError, match="another type or number of dimensions"):
        _first(array_table((array,)))


@pytest.mark.parametrize("array", [np.zeros((4, 4))[:, :2], np.array(0.0), np.zeros((1, 1, 1, 1))])
def test_arrays_that_cannot_be_in_a_table(array: np.ndarray) -> None:
    with pytest.raises(ValueError, match="must be contiguous and have 1 to 3 dimensions"):
        array_table((np.zeros(1), array))
