"""Collisions, stage timer, client session's and fleet's pure functions."""

from __future__ import annotations

import logging
import math
import threading
import time
from types import SimpleNamespace

import carla
import numpy as np
import pytest

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.client_session import check_version, map_basename, substeps
from carla_sensor_bridge.client_world import read_state
from carla_sensor_bridge.collisions import IMPULSE_NS, NUM_COLLISION, PARTNER, CollisionLog
from carla_sensor_bridge.errors import ConfigurationError, SimulatorLostError
from carla_sensor_bridge.pace import Pace
from carla_sensor_bridge.performance import PerformanceMonitor, resident_bytes
from carla_sensor_bridge.stage_timer import STAGES, StageTimer


def event(x: float, y: float, z: float, other: str = "static.pole") -> SimpleNamespace:
    return SimpleNamespace(normal_impulse=carla.Vector3D(x, y, z), other_actor=SimpleNamespace(type_id=other))


def test_strongest_collision_of_a_frame_counts_once() -> None:
    log = CollisionLog(3)
    listeners = [log.listener(agent) for agent in range(3)]
    listeners[1](event(3.0, 4.0, 0.0, "vehicle.audi.tt"))
    listeners[1](event(1.0, 0.0, 0.0, "walker.pedestrian.0001"))
    listeners[1](event(2.0, 0.0, 0.0))
    listeners[2](event(0.0, 0.0, 0.0))
    out = np.full((3, NUM_COLLISION), 9.0)
    log.take(out)
    assert out[0].tolist() == [0.0, col.COLLISION_NONE]
    assert out[1].tolist() == [pytest.approx(5.0), col.COLLISION_WALKER]
    assert 0.0 < out[2, IMPULSE_NS] < 0.01  # touched, though without an impulse
    assert out[2, PARTNER] == col.COLLISION_STATIC
    log.take(out)
    assert not out.any()


def test_stage_timer_gives_means_and_longest_since_the_last_report() -> None:
    timer = StageTimer()
    timer.add(1000, 6000, 3000, 4000, 5000, 9000)
    timer.add(3000, 2000, 5000, 6000, 7000, 8000)
    times = timer.take()
    assert times.frames == 2
    assert times.mean_us == dict(zip(STAGES, [2.0, 4.0, 4.0, 5.0, 6.0, 8.5], strict=True))
    assert times.max_us == dict(zip(STAGES, [3.0, 6.0, 5.0, 6.0, 7.0, 9.0], strict=True))
    nothing = dict.fromkeys(STAGES, 0.0)
    assert timer.take() == (0, nothing, nothing)


def test_stage_timer_loses_nothing_between_threads() -> None:
    timer = StageTimer()
    frames = 2000

    def add() -> None:
        for _ in range(frames):
            timer.add(1000, 0, 0, 0, 0, 0)

    thread = threading.Thread(target=add)
    thread.start()
    seen = 0
    while thread.is_alive():
        seen += timer.take().frames
    thread.join()
    assert seen + timer.take().frames == frames


def test_performance_of_an_interval() -> None:
    timer = StageTimer()
    monitor = PerformanceMonitor(timer, step_s=0.1)
    assert monitor.last.ticks_per_s == 0.0
    for _ in range(5):
        timer.add(1000, 2000, 3000, 4000, 5000, 5000)
    figures = monitor.sample()
    assert figures is monitor.last
    assert figures.ticks_per_s == pytest.approx(5 / figures.interval_s)
    assert figures.real_time_factor == pytest.approx(0.5 / figures.interval_s)
    assert figures.mean_us["read_us"] == 2.0
    assert figures.max_us["wait_us"] == 5.0
    assert figures.cpu_percent >= 0.0
    before = resident_bytes()
    ballast = np.ones(2**24)  # 128 MiB, written to
    assert resident_bytes() - before > 0.9 * ballast.nbytes
    assert before == pytest.approx(figures.rss_bytes, rel=0.2)
    assert monitor.sample().ticks_per_s == 0.0


def test_pace_holds_back_and_never_catches_up() -> None:
    stopping = threading.Event()
    pace = Pace(5.0)
    started = time.monotonic()
    for step in range(6):
        pace.wait(7.0 + 0.1 * step, stopping)
    assert time.monotonic() - started >= 0.1
    time.sleep(0.1)
    pace.wait(7.6, stopping)  # late
    late = time.monotonic()
    pace.wait(7.7, stopping)
    assert time.monotonic() - late >= 0.019
    stopping.set()
    pace.wait(1e9, stopping)


@pytest.mark.parametrize("name", ["Carla/Maps/Town01", "Town01", "/Game/Carla/Maps/Sub/Town01"])
def test_map_basename(name: str) -> None:
    assert map_basename(name) == "Town01"


@pytest.mark.parametrize(
    ("server", "warns"), [("0.9.16", False), ("0.9.15", True), ("0.9.17-dirty", True), ("0e1f2a3", True)]
)
def test_versions_of_the_series(server: str, warns: bool, caplog: pytest.LogCaptureFixture) -> None:
    check_version("0.9.16", server, logging.getLogger("test"))
    assert bool(caplog.records) == warns


@pytest.mark.parametrize("server", ["0.10.0", "1.0.0", "0.8.4", ""])
def test_other_versions_are_refused(server: str) -> None:
    with pytest.raises(ConfigurationError, match=r"allowed: 0\.9\.x, best 0\.9\.16"):
        check_version("0.9.16", server, logging.getLogger("test"))


@pytest.mark.parametrize("step", [0.01, 0.013, 0.05, 0.1, 0.16, 0.2])
def test_substeps_cover_the_step(step: float) -> None:
    count, length = substeps(step)
    assert 1 <= count <= 16
    assert count * length >= step - 1e-12
    assert length <= 0.0126


def snapshot(actors: dict[int, SimpleNamespace]) -> SimpleNamespace:
    return SimpleNamespace(find=actors.get)


def test_read_state_keeps_order_and_columns() -> None:
    def actor(base: float) -> SimpleNamespace:
        transform = carla.Transform(
            carla.Location(base, base + 1, base + 2),
            carla.Rotation(pitch=base + 4, yaw=base + 5, roll=base + 3),
        )
        return SimpleNamespace(
            get_transform=lambda: transform,
            get_velocity=lambda: carla.Vector3D(base + 6, base + 7, base + 8),
            get_angular_velocity=lambda: carla.Vector3D(base + 9, base + 10, base + 11),
            get_acceleration=lambda: carla.Vector3D(base + 12, base + 13, base + 14),
        )

    out = np.full((2, 15), math.nan)
    read_state(snapshot({4: actor(0.0), 9: actor(100.0)}), [9, 4], out)
    np.testing.assert_allclose(out, [np.arange(100.0, 115.0), np.arange(15.0)])


def test_read_state_names_the_vehicle_that_is_gone() -> None:
    with pytest.raises(SimulatorLostError, match="actor id 5"):
        read_state(snapshot({}), [5], np.zeros((1, 15)))
