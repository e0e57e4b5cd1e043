"""Normals, optical flow and events."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import WORKERS, bgra, box, job, pose, scene

from carla_drl_sim.sensors.camera import CameraState, render
from carla_drl_sim.sensors.dvs_kernel import events
from carla_drl_sim.sensors.scene import TAPERED, SceneFrame, joined
from carla_drl_sim.world.scenery import Shape

BEHIND = (0.0, 0.0, 0.0, 0.0, 180.0, 45.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
"""A clear sky with the sun behind a camera that looks along x."""

EVENT = np.dtype([("x", "<u2"), ("y", "<u2"), ("t", "<i8"), ("pol", "u1")])


def _flow(frame: SceneFrame, where: np.ndarray, state: CameraState | None = None) -> np.ndarray:
    payload = render([job("optical_flow", where, state=state)], frame, WORKERS)[0]
    return np.frombuffer(payload, np.float32, offset=12).reshape(48, 64, 2)


def test_normals_are_those_of_the_faces_in_the_worlds_axes() -> None:
    leaning = box((10.0, 6.0, 2.0), (2.0, 2.0, 2.0), shape=TAPERED)
    leaning.taper[0] = (0.0, 4.0, 0.0)  # leans back by 4 m over 4 m
    ball = box((10.0, -4.0, 2.0), (2.0, 2.0, 2.0), shape=Shape.ELLIPSOID)
    frame = scene(joined([box((10.0, 0.0, 2.0), (2.0, 1.0, 1.0)), leaning, ball]))
    pixels = bgra(render([job("normals", pose())], frame, WORKERS)[0])[..., 2::-1].astype(float)
    vectors = pixels / 127.5 - 1.0
    assert vectors[24, 32] == pytest.approx((-1.0, 0.0, 0.0), abs=0.01)
    assert vectors[45, 32] == pytest.approx((0.0, 0.0, 1.0), abs=0.01)
    assert (pixels[2, 2] == 128).all()
    assert vectors[24, 52] == pytest.approx((-np.sqrt(0.5), 0.0, np.sqrt(0.5)), abs=0.01)
    # The ball is seen along (10, -4, 0): its nearest point looks back along that line.
    assert vectors[24, 19] == pytest.approx(np.array((-10.0, 4.0, 0.0)) / np.hypot(10.0, 4.0), abs=0.1)


def test_flow_of_a_part_that_moves_sideways() -> None:
    car = box((10.0, 0.0, 2.0), (2.0, 2.0, 1.0))
    car.velocity[0] = (0.0, 4.0, 0.0)
    flow = _flow(scene(car, delta_s=0.05), pose())
    # 0.2 m at a distance of 8 m, where half the picture is 8 m wide.
    assert flow[20:28, 24:40, 0] == pytest.approx(np.full((8, 16), 0.2 / 8.0), abs=1e-6)
    assert np.abs(flow[20:28, 24:40, 1]).max() < 1e-6
    flow[20:28, 24:40] = 0.0
    assert np.abs(flow).max() < 1e-6


def test_flow_of_a_part_that_turns() -> None:
    car = box((10.0, 0.0, 2.0), (2.0, 2.0, 1.0))
    car.spin[0] = (0.0, 0.0, 1.0)
    flow = _flow(scene(car, delta_s=0.01), pose())
    # Its rear middle (8, 0) moves by cross((0, 0, 1), (-2, 0, 0)) = (0, -2, 0) m/s.
    assert flow[24, 31:33, 0].mean() == pytest.approx(-0.02 / 8.0, rel=0.02)


def test_flow_of_the_cameras_own_motion() -> None:
    frame, state = scene(elapsed_s=1.0), CameraState()
    assert np.abs(_flow(frame, pose(), state)).max() < 1e-12
    later = SceneFrame(frame.static, elapsed_s=1.1)
    flow = _flow(later, pose(y=0.5), state)
    # In row 40 the ground is 3.879 m away; to a camera that moves 0.5 m to the right it moves left.
    assert flow[40, :, 0] == pytest.approx(np.full(64, -0.5 / (2.0 * 32.0 / 16.5)), rel=1e-5)
    assert np.abs(flow[:24]).max() < 1e-12
    turned = _flow(SceneFrame(frame.static, elapsed_s=1.2), pose(y=0.5, yaw=1.0), state)
    assert turned[10, 32, 0] == pytest.approx(-np.tan(np.radians(1.0)), rel=0.02)


def _run_dvs(y_of_second: float, **attributes: object) -> np.ndarray:
    white = (255, 255, 255)
    state = CameraState()
    first = scene(box((10.0, 0.0, 2.0), (1.0, 2.0, 1.0), color=white), elapsed_s=1.0, weather=BEHIND)
    empty = render([job("dvs", pose(), state=state, **attributes)], first, WORKERS)[0]
    assert len(empty) == 12
    second = scene(
        box((10.0, y_of_second, 2.0), (1.0, 2.0, 1.0), color=white), elapsed_s=1.05, weather=BEHIND
    )
    payload = render([job("dvs", pose(), state=state, **attributes)], second, WORKERS)[0]
    return np.frombuffer(payload, EVENT, offset=12)


def test_an_edge_that_moves_makes_events_of_both_signs() -> None:
    assert len(_run_dvs(0.0)) == 0
    seen = _run_dvs(1.0)
    seen = seen[seen["y"] < 24]  # above the horizon, where the shadow is not seen
    # The box covers columns 25 to 38 of rows 21 to 26, then about 28 to 42.
    appeared, vanished = seen[seen["pol"] == 1], seen[seen["pol"] == 0]
    assert set(appeared["x"]) <= {39, 40, 41, 42}
    assert set(vanished["x"]) <= {24, 25, 26, 27, 28}
    assert len(appeared) > 4
    assert len(vanished) > 4
    assert set(seen["y"]) <= set(range(20, 24))
    assert (np.diff(seen["t"]) >= 0).all()
    assert 1_000_000_000 <= seen["t"].min() <= seen["t"].max() <= 1_050_000_000
    # A larger threshold gives fewer events, noise on it other ones, a long refractory period one per pixel.
    assert len(_run_dvs(1.0, positive_threshold=0.9, negative_threshold=0.9)) < 0.6 * len(_run_dvs(1.0))
    noisy = _run_dvs(1.0, sigma_positive_threshold=0.1, sigma_negative_threshold=0.1)
    assert not np.array_equal(noisy, _run_dvs(1.0))
    assert np.array_equal(noisy, _run_dvs(1.0, sigma_positive_threshold=0.1, sigma_negative_threshold=0.1))
    once = _run_dvs(1.0, refractory_period_ns=100_000_000)
    assert len(once) == len({(event["x"], event["y"]) for event in once}) > 0


def test_events_cross_the_thresholds_at_the_times_of_a_straight_change() -> None:
    old, new = np.array([0.0, 0.0, 0.0], np.float32), np.array([1.0, -0.7, 0.2], np.float32)
    reference, latest = old.copy(), np.zeros(3, np.int64)
    raw = events(3, old, new, reference, latest, (0.3, 0.3, 0.0, 0.0), 0, 0, (0, 1_000_000))
    found = np.frombuffer(raw.tobytes(), EVENT)
    rising = found[found["x"] == 0]
    assert rising["t"] == pytest.approx([300_000, 600_000, 900_000], abs=1)
    assert rising["pol"].all()
    falling = found[found["x"] == 1]
    assert falling["t"] == pytest.approx([428_571, 857_142], abs=1)
    assert not falling["pol"].any()
    assert len(found) == 5
    assert reference == pytest.approx([0.9, -0.6, 0.0])
