from __future__ import annotations

import math

import numpy as np
import pytest

from carla_sensor_bridge import columns as col
from carla_sensor_bridge import conversion


def test_state() -> None:
    # x y z | roll pitch yaw | velocity | angular velocity | acceleration
    carla_state = np.array([[1, 2, 3, 10, 20, 90, 4, 5, 6, 30, 40, 50, 7, 8, 9]], dtype=np.float64)
    ego = np.full((1, col.NUM_EGO), 77.0)
    conversion.state_to_rep103(carla_state, ego)
    degree = math.pi / 180
    wanted = [1, -2, 3, 10 * degree, -20 * degree, -90 * degree, 4, -5, 6]
    wanted += [30 * degree, -40 * degree, -50 * degree, 7, -8, 9]
    np.testing.assert_allclose(ego[0, :15], wanted)
    assert (ego[0, 15:] == 77.0).all()


def test_driving_right_in_carla_is_turning_clockwise_in_rep103() -> None:
    # In CARLA y points right: a car at yaw 90 degrees drives towards +y there, towards -y here.
    carla_state = np.zeros((1, 15))
    carla_state[0, 5], carla_state[0, 7] = 90.0, 3.0
    ego = np.zeros((1, col.NUM_EGO))
    conversion.state_to_rep103(carla_state, ego)
    yaw = ego[0, col.EGO_YAW]
    along = ego[0, col.EGO_VX] * math.cos(yaw) + ego[0, col.EGO_VY] * math.sin(yaw)
    assert along == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("carla_yaw", "yaw"),
    [(0.0, 0.0), (90.0, -math.pi / 2), (-90.0, math.pi / 2), (180.0, -math.pi), (270.0, math.pi / 2)],
)
def test_yaw_is_wrapped(carla_yaw: float, yaw: float) -> None:
    assert conversion.yaw_to_rep103(carla_yaw) == pytest.approx(yaw)


def test_pose_goes_back() -> None:
    x, y, z, pitch, yaw, roll = conversion.pose_to_carla(1.0, 2.0, 3.0, math.pi / 2, math.radians(5.0))
    assert (x, y, z) == (1.0, -2.0, 3.0)
    assert (pitch, yaw, roll) == pytest.approx((-5.0, -90.0, 0.0))
    assert conversion.yaw_to_rep103(yaw) == pytest.approx(math.pi / 2)
    assert conversion.pitch_to_rep103(pitch) == pytest.approx(math.radians(5.0))


def test_points() -> None:
    points = conversion.points_to_rep103(np.array([[1.0, 2.0, 3.0], [4.0, -5.0, 6.0]]))
    assert points.tolist() == [[1.0, -2.0, 3.0], [4.0, 5.0, 6.0]]


def test_left_is_negative_steer_in_carla_and_comes_back() -> None:
    controls = np.array([[0.5, 0.25, 1.0], [0.0, 1.0, -0.5]], dtype=np.float32)
    out = np.zeros((2, 3))
    conversion.controls_to_carla(controls, out)
    assert out.tolist() == [[0.5, 0.25, -1.0], [0.0, 1.0, 0.5]]
    ego = np.zeros((2, col.NUM_EGO))
    conversion.controls_to_rep103(out, ego)
    assert ego[:, [col.EGO_THROTTLE, col.EGO_BRAKE, col.EGO_STEER]].tolist() == controls.tolist()


def test_wrap_angle() -> None:
    angles = conversion.wrap_angle([0.0, math.pi, -math.pi, 3 * math.pi, 7.0])
    np.testing.assert_allclose(angles, [0.0, -math.pi, -math.pi, -math.pi, 7.0 - 2 * math.pi])
