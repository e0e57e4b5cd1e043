"""What the processes of a loop hold on to, sampled over time: memory, processor time, open files, shared memory."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
import psutil

from carla_drl_bringup import shared_memory

MIB = 2**20
# Text in the command line of each process of the loop.
PROCESSES: dict[str, str] = {
    "simulator": "carla_drl_sim/server",
    "bridge": "/bridge_node",
    "gateway": "/gateway_node",
    "agent": "/agent_node",
    "recorder": "bag record",
}


@dataclass
class Series:
    """One process over time; all lists have one entry per sample.

    Attributes:
        pid: the process; another one under the same name is another series.
        time_s: monotonic time, s.
        rss_mb: resident memory, MiB.
        cpu_s: processor time used so far, s.
        files: open file descriptors.
        shared: files in /dev/shm that it has mapped.
    """

    pid: int
    time_s: list[float] = field(default_factory=list)
    rss_mb: list[float] = field(default_factory=list)
    cpu_s: list[float] = field(default_factory=list)
    files: list[int] = field(default_factory=list)
    shared: list[int] = field(default_factory=list)

    def growth_mb_per_h(self, warm_up_s: float) -> float:
        """Return the trend of the memory from `warm_up_s` after the first sample on, MiB per hour."""
        start = self.time_s[0] + warm_up_s
        chosen = [index for index, time_s in enumerate(self.time_s) if time_s >= start]
        return 3600.0 * slope([self.time_s[i] for i in chosen], [self.rss_mb[i] for i in chosen])


def slope(x: list[float], y: list[float]) -> float:
    """Return the median of the slopes between all pairs of points (Theil 1950, Sen 1968): outliers do not move it.

    Raises:
        ValueError: with fewer than two points.
    """
    if len(x) < 2:
        raise ValueError(f"{len(x)} points have no slope, at least 2 are needed")
    first, second = np.triu_indices(len(x), 1)
    xs, ys = np.asarray(x), np.asarray(y)
    return float(np.median((ys[second] - ys[first]) / (xs[second] - xs[first])))


class Footprint:
    """Samples the processes below some roots.

    Args:
        roots: pids whose descendants are looked at, launches mostly.
        names: name -> text in the command line.
    """

    def __init__(self, roots: list[int], names: Mapping[str, str] = PROCESSES) -> None:
        self._roots = roots
        self._names = names
        self.series: dict[str, Series] = {}
        self.restarted: list[str] = []
        self.shared_files: set[str] = set()

    def sample(self) -> None:
        """Take a sample of every process that is there."""
        now = time.monotonic()
        for root in self._roots:
            with contextlib.suppress(psutil.NoSuchProcess):
                for process in psutil.Process(root).children(recursive=True):
                    with contextlib.suppress(psutil.NoSuchProcess):
                        self._sample(process, now)

    def _sample(self, process: psutil.Process, now: float) -> None:
        command = " ".join(process.cmdline())
        name = next((name for name, text in self._names.items() if text in command), None)
        if name is None:
            return
        series = self.series.get(name)
        if series is None or series.pid != process.pid:
            if series is not None:
                self.restarted.append(name)
            series = self.series[name] = Series(process.pid)
        with process.oneshot():
            times = process.cpu_times()
            mapped = shared_memory.mapped_by(process.pid)
            files, rss_mb = process.num_fds(), process.memory_info().rss / MIB
        series.time_s.append(now)
        series.rss_mb.append(rss_mb)
        series.cpu_s.append(times.user + times.system)
        series.files.append(files)
        series.shared.append(len(mapped))
        self.shared_files |= mapped

    def cpu_s(self) -> float:
        """Return the processor time that all have used so far, s."""
        return sum(series.cpu_s[-1] for series in self.series.values())

    def files_left(self) -> list[str]:
        """Return the files in shared memory that the processes had mapped and that are there without a user."""
        unused = self.shared_files - shared_memory.mapped()
        return sorted(name for name in unused if (shared_memory.FOLDER / name).exists())
