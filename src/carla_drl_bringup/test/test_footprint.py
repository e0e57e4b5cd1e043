"""Trends and samples of processes."""

from __future__ import annotations

import mmap
import os
import subprocess
import sys
from pathlib import Path

import pytest

from carla_drl_bringup import shared_memory
from carla_drl_bringup.footprint import Footprint, Series, slope

HOLDER = """
import mmap, sys
held = [open("/dev/null") for _ in range(7)]
file = open(sys.argv[1], "r+b")
mapped = mmap.mmap(file.fileno(), 0)
print("ready", flush=True)
sys.stdin.read()
"""


def test_the_slope_does_not_mind_outliers() -> None:
    x = [float(i) for i in range(20)]
    y = [3.0 + 0.5 * value for value in x]
    y[7], y[12] = 100.0, -50.0
    assert slope(x, y) == pytest.approx(0.5)
    with pytest.raises(ValueError, match="1 points have no slope"):
        slope([1.0], [1.0])


def test_growth_counts_from_the_warm_up_on() -> None:
    times = [float(second) for second in range(100)]
    memory = [10.0 * second for second in range(20)] + [200.0 + 0.01 * second for second in range(80)]
    assert Series(1, time_s=times, rss_mb=memory).growth_mb_per_h(20.0) == pytest.approx(36.0)


def test_a_process_is_sampled_and_what_it_leaves_is_found() -> None:
    path = shared_memory.FOLDER / f"fastdds_carla_drl_test_{os.getpid()}_held"
    path.write_bytes(bytes(mmap.PAGESIZE))
    command = [sys.executable, "-c", HOLDER, str(path)]
    try:
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            assert process.stdin is not None
            process.stdout.readline()
            footprint = Footprint([os.getpid()], {"holder": Path(path).name})
            footprint.sample()
            footprint.sample()
            assert footprint.files_left() == []
            process.stdin.close()
        series = footprint.series["holder"]
        assert series.pid == process.pid
        assert len(series.time_s) == 2
        assert min(series.files) >= 7 + 4
        assert series.shared == [1, 1]
        assert 1.0 < series.rss_mb[0] < 1000.0
        assert footprint.files_left() == [path.name]
        assert not footprint.restarted
    finally:
        path.unlink()
