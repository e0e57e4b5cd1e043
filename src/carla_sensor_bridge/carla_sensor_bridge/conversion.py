"""From CARLA's axes to REP-103 and back; the only place where the two meet.

CARLA is left-handed: x forward, y right, z up, yaw clockwise seen from above, degrees.
REP-103 is right-handed: x forward, y left, z up, yaw counter-clockwise, radians.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from carla_sensor_bridge import columns as col

Array = npt.NDArray[np.float64]

CARLA_STATE_COLUMNS: Final = 15
"""Columns of a state as the client gives it: x, y, z m; roll, pitch, yaw degrees; velocity m/s;
angular velocity degrees/s; acceleration m/s^2, each x, y, z."""

_DEGREE: Final = np.pi / 180.0
# The ego columns 0 to 14 stand in the same order; only sign and unit differ. Roll keeps its sign under the
# mirroring of y, pitch and yaw do not; angular rates go with their angles.
_STATE_FACTORS: Final = np.array(
    [1.0, -1.0, 1.0, _DEGREE, -_DEGREE, -_DEGREE, 1.0, -1.0, 1.0, _DEGREE, -_DEGREE, -_DEGREE, 1.0, -1.0, 1.0]
)
_CONTROL_FACTORS: Final = np.array([1.0, 1.0, -1.0])
assert (col.EGO_X, col.EGO_ROLL, col.EGO_YAW, col.EGO_VX, col.EGO_YAW_RATE, col.EGO_AX) == (
    0,
    3,
    5,
    6,
    11,
    12,
)
assert (col.EGO_THROTTLE, col.EGO_BRAKE, col.EGO_STEER) == (15, 16, 17)


def state_to_rep103(carla_state: Array, out: Array) -> None:
    """Convert rows of CARLA states into the first 15 ego columns.

    Args:
        carla_state: [N, CARLA_STATE_COLUMNS].
        out: [N, at least 15]; columns 0 to 14 (EGO_X to EGO_AZ) are written. Angles stay as far from zero as
            CARLA gave them (its yaw is in -180 to 180 degrees).
    """
    np.multiply(carla_state, _STATE_FACTORS, out=out[:, :CARLA_STATE_COLUMNS])


def points_to_rep103(xyz: Array) -> Array:
    """Convert points or directions, [..., 3], from CARLA's axes to REP-103."""
    return np.asarray(xyz * np.array([1.0, -1.0, 1.0]))


def yaw_to_rep103(yaw_deg: npt.ArrayLike) -> Array:
    """Convert CARLA yaw, degrees, to REP-103 yaw, rad in [-pi, pi)."""
    return wrap_angle(-np.asarray(yaw_deg, dtype=np.float64) * _DEGREE)


def pitch_to_rep103(pitch_deg: npt.ArrayLike) -> Array:
    """Convert CARLA pitch (nose up positive), degrees, to REP-103 (nose down positive), rad."""
    return -np.asarray(pitch_deg, dtype=np.float64) * _DEGREE


def wrap_angle(angle_rad: npt.ArrayLike) -> Array:
    """Bring angles to [-pi, pi)."""
    return np.asarray((np.asarray(angle_rad, dtype=np.float64) + np.pi) % (2.0 * np.pi) - np.pi)


def pose_to_carla(x: float, y: float, z: float, yaw_rad: float, pitch_rad: float = 0.0) -> tuple[float, ...]:
    """Return x, y, z in m and pitch, yaw, roll in degrees of a REP-103 pose in CARLA's axes."""
    return x, -y, z, -pitch_rad / _DEGREE, -yaw_rad / _DEGREE, 0.0


def controls_to_carla(controls: npt.NDArray[np.float32], out: Array) -> None:
    """Convert [N, 3] throttle, brake, steer (left positive) to CARLA's, where steering right is positive."""
    np.multiply(controls, _CONTROL_FACTORS, out=out)


def controls_to_rep103(carla_controls: Array, out: Array) -> None:
    """Convert [N, 3] throttle, brake, steer (CARLA's, right positive) into the ego columns EGO_THROTTLE to EGO_STEER."""
    np.multiply(carla_controls, _CONTROL_FACTORS, out=out[:, col.EGO_THROTTLE : col.EGO_STEER + 1])
