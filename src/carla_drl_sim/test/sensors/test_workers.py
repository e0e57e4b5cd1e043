"""Work shared among threads: results in order, errors passed on."""

from __future__ import annotations

import threading

import pytest

from carla_drl_sim.sensors.workers import Workers


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_results_keep_the_order_of_the_items(threads: int) -> None:
    workers = Workers(threads)
    assert workers.map(lambda item: item * item, range(100)) == [item * item for item in range(100)]
    assert workers.map(lambda item: item, []) == []
    workers.close()


def test_the_work_is_shared() -> None:
    workers = Workers(2)
    both = threading.Barrier(2, timeout=10.0)
    assert workers.map(lambda item: both.wait() >= 0, [0, 1]) == [True, True]
    workers.close()


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_is_passed_on(threads: int) -> None:
    workers = Workers(threads)
    with pytest.raises(ZeroDivisionError):
        workers.map(lambda item: 1 // item, [2, 1, 0, 1])
    assert workers.map(abs, [-1, 2]) == [1, 2]
    workers.close()
