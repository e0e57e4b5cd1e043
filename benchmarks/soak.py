"""Hours of the loop with sensors, a recorder and a subscriber: what grows, what slows down, what is left behind.

`soak/rss_growth_mb_per_h/<process>`: trend of the resident memory after warming up. Baseline: the memory then.
`soak/cpu_ms_per_tick`: processor time of all processes per tick in the last quarter. Baseline: the first quarter after
warming up. `soak/ticks_per_s` likewise; what else the machine does moves it, too.
`soak/open_files/<process>`: most open file descriptors in the last quarter. Baseline: most in the first.
`soak/shared_memory_files_left`: files of these processes in /dev/shm after the end. Baseline: those they used.

The environment variable `SOAK_MINUTES` says how long; `make bench ONLY=soak` takes 10 minutes, `make soak` two hours.
The loop trains as fast as it can, or as fast as `SOAK_REAL_TIME_FACTOR` says, which leaves the machine to others.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import rclpy
from carla_drl_msgs.msg import PerformanceReport
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy
from sensor_msgs.msg import Image

from benchmarks.loop import own_domain
from benchmarks.results import report
from carla_drl_bringup import shared_memory
from carla_drl_bringup.arguments import first_free_port
from carla_drl_bringup.footprint import Footprint, Series
from carla_drl_bringup.process_settings import process_settings

DEFAULT_MINUTES = 10.0
WARM_UP_SHARE = 0.2
SAMPLE_PERIOD_S = 5.0
PROGRESS_PERIOD_S = 60.0
START_S = 300.0
STOP_S = 30.0
BAG_FILE_MB = 200
KEPT_BAG_FILES = 2


class Listener:
    """Hears how the loop goes, and takes the largest pictures, reliably."""

    def __init__(self) -> None:
        rclpy.init()
        self._node = rclpy.create_node("soak_listener")
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(self._node)
        qos = QoSProfile(depth=1, reliability=ReliabilityPolicy.RELIABLE)
        self._node.create_subscription(Image, "/carla/ego0/front/image", self._on_picture, qos)
        self._node.create_subscription(PerformanceReport, "/carla_drl/sim0/performance", self._on_report, 10)
        self._done_ticks = 0
        self._session = 0
        self._frame = 0
        self.sessions = 0
        self.pictures = 0

    @property
    def ticks(self) -> int:
        """Ticks so far, over all sessions."""
        return self._done_ticks + self._frame

    def _on_picture(self, _: Image) -> None:
        self.pictures += 1

    def _on_report(self, message: PerformanceReport) -> None:
        if message.session != self._session:
            self._done_ticks += self._frame
            self._session = message.session
            self.sessions += 1
        self._frame = message.frame

    def listen(self, duration_s: float) -> None:
        """Take what comes for a while."""
        end = time.monotonic() + duration_s
        while (left := end - time.monotonic()) > 0.0:
            self._executor.spin_once(timeout_sec=left)

    def close(self) -> None:
        """Take the node down."""
        self._executor.shutdown()
        self._node.destroy_node()
        rclpy.shutdown()


@contextlib.contextmanager
def launched(folder: Path, name: str, **arguments: object) -> Iterator[subprocess.Popen[bytes]]:
    """Run a launch file of carla_drl_bringup; its output goes to `<name>.log` in the folder."""
    command = ["ros2", "launch", "carla_drl_bringup", f"{name}.launch.py"]
    command += [f"{key}:={value}" for key, value in arguments.items()]
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=folder, stdout=log, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            yield process
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGINT)
            try:
                process.wait(STOP_S)
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()


def prune(bag: Path) -> None:
    """Remove all but the newest files of a bag: hours of sensors would fill the disk."""
    files = sorted(bag.glob("*.mcap"), key=lambda path: path.stat().st_mtime)
    for path in files[:-KEPT_BAG_FILES]:
        path.unlink()


def quarters(values: list[float], times: list[float], warm_up_s: float) -> tuple[list[float], list[float]]:
    """Return the values of the first and of the last quarter of the time after warming up."""
    start, end = times[0] + warm_up_s, times[-1]
    length = (end - start) / 4.0
    first = [value for value, at in zip(values, times, strict=True) if start <= at <= start + length]
    last = [value for value, at in zip(values, times, strict=True) if at >= end - length]
    return first, last


def progress(elapsed_s: float, total_s: float, listener: Listener, footprint: Footprint) -> None:
    """Print how it stands."""
    memory = ", ".join(f"{name} {series.rss_mb[-1]:.0f}" for name, series in footprint.series.items())
    print(
        f"[soak] {elapsed_s / 60:.0f} of {total_s / 60:.0f} min, {listener.ticks:,} ticks, "
        f"{listener.pictures:,} pictures, MiB: {memory}",
        file=sys.stderr,
        flush=True,
    )


def soak(folder: Path, total_s: float) -> tuple[Footprint, Listener, list[tuple[float, int, float]]]:
    """Run the loop; return the samples, the listener, and (time, ticks, processor time of all) of each sample.

    Raises:
        RuntimeError: when the loop does not start, or a process ends early.
    """
    run = {"scenario": "sensor_suite", "num_agents": 1, "total_steps": 10**12, "tracking_uri": "off"}
    run["max_real_time_factor"] = os.environ.get("SOAK_REAL_TIME_FACTOR", "0")
    run["simulator"] = f"embedded:{first_free_port(21000, 22000)}"
    record = {"bag": "bag", "topics": "full", "max_size_mb": BAG_FILE_MB, "cache_mb": 64}
    ticks: list[tuple[float, int, float]] = []
    listener = Listener()
    try:
        with launched(folder, "record", **record) as recorder, launched(folder, "train", **run) as train:
            footprint = Footprint([recorder.pid, train.pid])

            def go_on() -> None:
                if recorder.poll() is not None or train.poll() is not None:
                    raise RuntimeError("a launch ended early")

            started = time.monotonic()
            while not (listener.ticks and listener.pictures):
                go_on()
                if time.monotonic() - started > START_S:
                    raise RuntimeError(f"no tick or no picture within {START_S:.0f} s")
                listener.listen(0.5)
            started, said = time.monotonic(), 0.0
            while (elapsed_s := time.monotonic() - started) < total_s:
                listener.listen(SAMPLE_PERIOD_S)
                footprint.sample()
                prune(folder / "bag")
                ticks.append((time.monotonic(), listener.ticks, footprint.cpu_s()))
                go_on()
                if elapsed_s - said >= PROGRESS_PERIOD_S:
                    said = elapsed_s
                    progress(elapsed_s, total_s, listener, footprint)
        return footprint, listener, ticks
    except BaseException:
        for log in folder.glob("*.log"):
            print(f"--- {log.name}\n{log.read_text()[-4000:]}", file=sys.stderr)
        raise
    finally:
        listener.close()


def report_process(name: str, series: Series, warm_up_s: float) -> None:
    """Report memory and open files of a process."""
    before, _ = quarters(series.rss_mb, series.time_s, warm_up_s)
    growth = series.growth_mb_per_h(warm_up_s)
    report(f"soak/rss_growth_mb_per_h/{name}", [growth], "MiB/h", "memory after warming up", before[0])
    first, last = quarters([float(count) for count in series.files], series.time_s, warm_up_s)
    report(f"soak/open_files/{name}", [max(last)], "", "after warming up", max(first))


def main() -> None:
    """Run, and report what was seen."""
    total_s = 60.0 * float(os.environ.get("SOAK_MINUTES", DEFAULT_MINUTES))
    warm_up_s = WARM_UP_SHARE * total_s
    os.environ |= process_settings() | os.environ
    with tempfile.TemporaryDirectory(prefix="carla_drl_soak_") as folder, own_domain():
        footprint, listener, ticks = soak(Path(folder), total_s)
    for name, series in footprint.series.items():
        report_process(name, series, warm_up_s)
    times = [at for at, _, _ in ticks[1:]]
    steps = [
        (now[0] - before[0], now[1] - before[1], now[2] - before[2])
        for before, now in itertools.pairwise(ticks)
    ]
    for key, unit, value in (
        ("ticks_per_s", "1/s", lambda part: sum(s[1] for s in part) / sum(s[0] for s in part)),
        ("cpu_ms_per_tick", "ms", lambda part: 1e3 * sum(s[2] for s in part) / sum(s[1] for s in part)),
    ):
        first, last = quarters(steps, times, warm_up_s)
        report(f"soak/{key}", [value(last)], unit, "after warming up", value(first))
    left = footprint.files_left()
    report("soak/shared_memory_files_left", [len(left)], "", "used", len(footprint.shared_files))
    for name in left:
        print(f"[soak] left in {shared_memory.FOLDER}: {name}", file=sys.stderr)
        (shared_memory.FOLDER / name).unlink(missing_ok=True)
    if footprint.restarted or listener.sessions != 1:
        raise RuntimeError(f"restarted: {footprint.restarted}; {listener.sessions} sessions")


if __name__ == "__main__":
    main()
