from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import pytest

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import route_kernel as kernel
from carla_sensor_bridge.collisions import IMPULSE_NS, NUM_COLLISION
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.ego_metrics import FleetMetrics
from carla_sensor_bridge.fleet_world import LIGHT_OFF
from carla_sensor_bridge.frame_ring import FrameRingWriter, Slot
from carla_sensor_bridge.routes import Route
from carla_sensor_bridge.scenario import Limits
from carla_sensor_bridge.stop_lines import StopLines
from carla_sensor_bridge.warm_up import straight_lane

STEP_S = 0.1


def polyline(points: list[tuple[float, float]], limits: list[float] | None = None) -> Route:
    x, y = np.array(points, dtype=np.float64).T
    s = np.concatenate([[0.0], np.cumsum(np.hypot(np.diff(x), np.diff(y)))])
    heading = np.arctan2(np.diff(y), np.diff(x))
    yaw = np.unwrap(np.append(heading, heading[-1]))
    limit = np.full(len(x), 10.0) if limits is None else np.array(limits)
    return Route(x, y, yaw, s, limit, np.full(len(x), 1.75), 0.0, 0.0)


def along_x(length: int) -> Route:
    return polyline([(float(i), 0.0) for i in range(length + 1)])


class Bench:
    """FleetMetrics on a lane along x of 200 m x 3.5 m, driven frame by frame."""

    def __init__(self, routes: list[Route], preview: tuple[float, ...] = (5.0, 10.0), **limits: Any) -> None:
        count = len(routes)
        values = {"time_limit_s": 1000.0, "blocked_s": 500.0} | limits
        self.metrics = FleetMetrics(
            count,
            preview,
            Limits.model_validate(values),
            STEP_S,
            DrivableArea(straight_lane(200.0)),
            StopLines.none(1),
        )
        self.ring = FrameRingWriter(count, len(preview), 1, STEP_S)
        self.slot: Slot = self.ring.begin(1)
        self.ego = np.zeros((count, col.NUM_EGO))
        self.collision = np.zeros((count, NUM_COLLISION))
        self.light_state = np.full(count, LIGHT_OFF)
        self.external = np.zeros(count, dtype=np.bool_)
        for agent, route in enumerate(routes):
            self.metrics.start_episode(agent, route)

    def put(self, x: float, y: float = 0.0, yaw: float = 0.0, speed: float = 0.0, agent: int = 0) -> None:
        row = self.ego[agent]
        row[[col.EGO_X, col.EGO_Y, col.EGO_YAW]] = x, y, yaw
        row[[col.EGO_VX, col.EGO_VY]] = speed * math.cos(yaw), speed * math.sin(yaw)

    def frame(self) -> np.ndarray[Any, Any]:
        self.metrics.update(self.ego, self.collision, self.light_state, self.external, self.slot)
        return self.slot.metrics[0]

    def status(self, agent: int = 0) -> int:
        return int(self.slot.status[agent])


def test_first_frame_is_a_reset() -> None:
    bench = Bench([along_x(50)])
    bench.put(0.5, 0.25, 0.1, speed=3.0)
    bench.ego[0, col.EGO_AX] = 100.0
    bench.collision[0] = 500.0, col.COLLISION_VEHICLE
    metrics = bench.frame()
    assert bench.status() == col.STATUS_RESET
    assert not bench.metrics.ended[0]
    assert metrics[col.LANE_OFFSET] == pytest.approx(0.25)
    assert metrics[col.ROUTE_LENGTH] == pytest.approx(50.0)
    for column in (
        col.EPISODE_TIME,
        col.STOPPED_TIME,
        col.JERK,
        col.COLLISION,
        col.COLLISION_KIND,
        col.END_REASON,
        col.ACCELERATION,
    ):
        assert metrics[column] == 0.0
    assert bench.slot.ego[0, col.EGO_AX] == 0.0


def test_hand_computed_frame() -> None:
    bench = Bench([polyline([(float(i), 0.0) for i in range(51)], [10.0] * 20 + [20.0] * 31)])
    for x in (0.0, 18.5):
        bench.put(x)
        bench.frame()
    yaw, pitch, roll = math.radians(10.0), math.radians(-5.0), math.radians(2.0)
    bench.put(19.75, 0.5, yaw)
    row = bench.ego[0]
    row[[col.EGO_PITCH, col.EGO_ROLL]] = pitch, roll
    row[[col.EGO_VX, col.EGO_VY, col.EGO_VZ]] = 5.0, 1.0, 0.5
    row[[col.EGO_AX, col.EGO_AY, col.EGO_AZ]] = 2.0, -1.0, 0.25
    metrics = bench.frame()
    forward = np.array([math.cos(yaw) * math.cos(pitch), math.sin(yaw) * math.cos(pitch), -math.sin(pitch)])
    rotation_x = np.array(
        [[1, 0, 0], [0, math.cos(roll), -math.sin(roll)], [0, math.sin(roll), math.cos(roll)]]
    )
    rotation_y = np.array(
        [[math.cos(pitch), 0, math.sin(pitch)], [0, 1, 0], [-math.sin(pitch), 0, math.cos(pitch)]]
    )
    rotation_z = np.array([[math.cos(yaw), -math.sin(yaw), 0], [math.sin(yaw), math.cos(yaw), 0], [0, 0, 1]])
    rotation = rotation_z @ rotation_y @ rotation_x
    np.testing.assert_allclose(rotation[:, 0], forward)
    acceleration = rotation[:, 0] @ [2.0, -1.0, 0.25]
    wanted = np.zeros(col.NUM_METRICS)
    wanted[col.PROGRESS] = 1.25
    wanted[col.ROUTE_COMPLETION] = 19.75 / 50.0
    wanted[col.LANE_OFFSET] = 0.5
    wanted[col.HEADING_ERROR] = yaw
    wanted[col.SPEED] = rotation[:, 0] @ [5.0, 1.0, 0.5]
    wanted[col.SPEED_LIMIT] = 10.0
    wanted[col.ROUTE_LENGTH] = 50.0
    wanted[col.EPISODE_TIME] = 0.2
    wanted[col.ACCELERATION] = acceleration
    wanted[col.LATERAL_ACCELERATION] = rotation[:, 1] @ [2.0, -1.0, 0.25]
    wanted[col.JERK] = acceleration / STEP_S
    wanted[[col.TRAFFIC_SPEED, col.RED_LIGHT_DISTANCE, col.STOP_SIGN_DISTANCE]] = -1.0
    np.testing.assert_allclose(metrics, wanted, rtol=1e-5, atol=1e-6)
    assert bench.status() == 0
    np.testing.assert_allclose(bench.slot.ego[0], bench.ego[0], rtol=1e-6)
    np.testing.assert_allclose(bench.slot.route[0, :, col.ROUTE_X], [24.75, 29.75], rtol=1e-6)
    np.testing.assert_allclose(bench.slot.route[0, :, col.ROUTE_SPEED_LIMIT], [20.0, 20.0])


def test_preview_is_clamped_at_the_end_and_wraps_yaw() -> None:
    # Along x, then back along -x through a left turn: yaw goes to pi and stays continuous.
    route = polyline([(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)])
    bench = Bench([route], preview=(5.0, 15.0, 25.0, 100.0), off_road=False)
    bench.put(2.0)
    bench.frame()
    got = bench.slot.route[0]
    np.testing.assert_allclose(got[:, col.ROUTE_X], [7.0, 10.0, 3.0, 0.0], atol=1e-5)
    np.testing.assert_allclose(got[:, col.ROUTE_Y], [0.0, 7.0, 10.0, 10.0], atol=1e-5)
    assert ((got[:, col.ROUTE_YAW] >= -math.pi - 1e-6) & (got[:, col.ROUTE_YAW] < math.pi + 1e-6)).all()
    assert abs(got[3, col.ROUTE_YAW]) == pytest.approx(math.pi, abs=1e-5)


def test_progress_can_be_negative_but_completion_never_falls() -> None:
    bench = Bench([along_x(50)])
    for x, progress, completion in ((0.0, 0.0, 0.0), (1.5, 1.5, 0.03), (1.0, -0.5, 0.03), (2.0, 1.0, 0.04)):
        bench.put(x)
        metrics = bench.frame()
        assert metrics[col.PROGRESS] == pytest.approx(progress, abs=1e-6)
        assert metrics[col.ROUTE_COMPLETION] == pytest.approx(completion, abs=1e-6)


def test_position_does_not_jump_to_a_crossing_part() -> None:
    # A loop that crosses its beginning: (0,0) -> (40,0) -> (40,20) -> (20,20) -> (20,-20).
    corners = [(0, 0), (40, 0), (40, 20), (20, 20), (20, -20)]
    points = [(0.0, 0.0)]
    for (ax, ay), (bx, by) in itertools.pairwise(corners):
        count = abs(bx - ax) + abs(by - ay)
        points += [(ax + (bx - ax) * i / count, ay + (by - ay) * i / count) for i in range(1, count + 1)]
    bench = Bench([polyline(points)], off_road=False, max_lane_offset_m=50.0)
    for x in np.arange(0.0, 20.0, 1.0):
        bench.put(float(x))
        bench.frame()
    # Now along the crossing road, 10 m off the own one: still at s = 20.
    for y in np.arange(0.0, -10.0, -1.0):
        bench.put(20.0, float(y))
        metrics = bench.frame()
    assert metrics[col.ROUTE_COMPLETION] == pytest.approx(20.0 / 120.0, abs=1e-3)
    assert metrics[col.LANE_OFFSET] == pytest.approx(-9.0, abs=1e-4)


def test_heading_error_is_wrapped() -> None:
    bench = Bench([polyline([(50.0, 0.0), (0.0, 0.0)])])
    bench.put(50.0, 0.0, yaw=-math.pi + 0.1)
    assert bench.frame()[col.HEADING_ERROR] == pytest.approx(0.1, abs=1e-6)


@pytest.mark.parametrize(
    ("change", "reason", "status"),
    [
        ({"collision": 10.0}, col.END_COLLISION, col.STATUS_TERMINATED),
        ({"y": 2.5}, col.END_OFF_ROAD, col.STATUS_TERMINATED),
        ({"y": 1.6}, col.END_ROUTE_DEVIATION, col.STATUS_TERMINATED),
        ({"x": 49.95}, col.END_ROUTE_DONE, col.STATUS_TERMINATED),
        ({"external": True}, col.END_EXTERNAL, col.STATUS_TRUNCATED),
        ({"nan": True}, col.END_EXTERNAL, col.STATUS_TRUNCATED),
        ({"collision": 10.0, "y": 2.5, "external": True}, col.END_COLLISION, col.STATUS_TERMINATED),
        ({"x": 49.95, "external": True}, col.END_ROUTE_DONE, col.STATUS_TERMINATED),
        ({}, col.END_NONE, 0),
    ],
)
def test_end_reasons(change: dict[str, Any], reason: int, status: int) -> None:
    bench = Bench([along_x(50)], max_lane_offset_m=1.5)
    for x in (0.0, 48.0, 49.0):
        bench.put(x, speed=5.0)
        bench.frame()
    bench.put(change.get("x", 49.2), change.get("y", 0.0), speed=5.0)
    bench.collision[0, IMPULSE_NS] = change.get("collision", 0.0)
    bench.external[0] = change.get("external", False)
    if change.get("nan"):
        bench.ego[0, col.EGO_VZ] = math.nan
    metrics = bench.frame()
    assert metrics[col.END_REASON] == reason
    assert bench.status() == status
    assert bench.metrics.ended[0] == (reason != col.END_NONE)
    assert metrics[col.COLLISION] == change.get("collision", 0.0)
    assert metrics[col.OFF_ROAD] == (1.0 if change.get("y") == 2.5 else 0.0)
    assert metrics[col.ROUTE_DONE] == (1.0 if "x" in change else 0.0)


def test_off_road_can_be_allowed() -> None:
    bench = Bench([along_x(50)], off_road=False, max_lane_offset_m=10.0)
    bench.put(0.0)
    bench.frame()
    bench.put(1.0, 5.0)
    assert bench.frame()[col.OFF_ROAD] == 1.0
    assert bench.status() == 0


def test_blocked_counts_standing_still_only() -> None:
    bench = Bench([along_x(50)], blocked_s=0.5)
    bench.put(0.0)
    bench.frame()
    stopped = []
    for speed in (0.0, 0.05, 0.0, 0.2, 0.0, 0.0, 0.0, 0.0, 0.1):
        assert bench.status() in (0, col.STATUS_RESET)
        bench.put(0.0, speed=speed)
        stopped.append(float(bench.frame()[col.STOPPED_TIME]))
    np.testing.assert_allclose(stopped, [0.1, 0.2, 0.3, 0.0, 0.1, 0.2, 0.3, 0.4, 0.5], rtol=1e-6)
    assert bench.slot.metrics[0, col.END_REASON] == col.END_BLOCKED
    assert bench.status() == col.STATUS_TRUNCATED


@pytest.mark.parametrize(
    "limits", [{"time_limit_s": 1.0}, {"time_limit_s": None, "min_mean_speed_mps": 50.0}]
)
def test_time_limit_given_or_derived_from_the_route(limits: dict[str, Any]) -> None:
    bench = Bench([along_x(50)], **limits)
    bench.put(0.0, speed=1.0)
    frames = 0
    while not bench.metrics.ended[0]:
        metrics = bench.frame()
        frames += 1
        assert frames < 100
    assert frames == 11
    assert metrics[col.EPISODE_TIME] == pytest.approx(1.0)
    assert metrics[col.END_REASON] == col.END_TIME_LIMIT
    assert bench.status() == col.STATUS_TRUNCATED


def test_next_episode_starts_clean() -> None:
    bench = Bench([along_x(50), along_x(50)], blocked_s=0.2)
    bench.frame()
    bench.put(0.0, speed=5.0, agent=1)
    bench.frame()
    bench.frame()
    assert bench.metrics.ended.tolist() == [True, False]
    bench.metrics.start_episode(0, polyline([(100.0, 0.0), (130.0, 0.0), (160.0, 0.0)]))
    bench.put(100.0)
    metrics = bench.frame()
    assert bench.status(0) == col.STATUS_RESET
    assert bench.status(1) == 0
    assert metrics[col.PROGRESS] == metrics[col.ROUTE_COMPLETION] == metrics[col.STOPPED_TIME] == 0.0
    assert metrics[col.ROUTE_LENGTH] == pytest.approx(60.0)
    assert bench.slot.metrics[1, col.EPISODE_TIME] == pytest.approx(0.3)


@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
def test_nothing_that_is_not_finite_reaches_the_ring(bad: float) -> None:
    bench = Bench([along_x(50), along_x(50)])
    bench.put(3.0, speed=2.0)
    bench.put(4.0, speed=2.0, agent=1)
    bench.frame()
    for column in range(col.NUM_EGO):
        bench.ego[0, column] = bad
        bench.frame()
        for array in (bench.slot.ego, bench.slot.route, bench.slot.metrics):
            assert np.isfinite(array).all(), column
        assert bench.slot.ego[0, col.EGO_X] == 3.0
        assert bench.slot.metrics[0, col.END_REASON] == col.END_EXTERNAL
        assert bench.slot.metrics[1, col.END_REASON] == col.END_NONE
    assert bench.metrics.lost_rows == col.NUM_EGO


def test_first_row_of_a_simulator_may_be_unusable() -> None:
    bench = Bench([along_x(50)])
    bench.ego[:] = math.nan
    bench.frame()
    assert np.isfinite(bench.slot.ego).all()
    assert bench.slot.ego[0, :2].tolist() == [0.0, 0.0]


def test_project_stays_within_its_window() -> None:
    route = along_x(50)
    j, t, squared = kernel.project(30.0, 3.0, route.x, route.y, route.s, 51, 10, 8.0, 14.5)
    assert (j, t) == (14, pytest.approx(0.5))
    assert squared == pytest.approx(15.5**2 + 9.0)
    j, t, _ = kernel.project(2.0, 0.0, route.x, route.y, route.s, 51, 10, 8.25, 14.0)
    assert j + t == pytest.approx(8.25)
