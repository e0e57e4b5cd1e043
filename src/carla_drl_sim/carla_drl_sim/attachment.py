"""Where an attached actor is: composition of CARLA transforms (left-handed, degrees)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from carla_drl_sim.protocol.structs import Pose

FloatArray = npt.NDArray[np.float64]


def axes(rotation: FloatArray) -> FloatArray:
    """Forward, right and up axes of rotations.

    Args:
        rotation: float64 [N, 3]: pitch, yaw, roll in degrees.

    Returns:
        float64 [N, 3, 3]; row 0 is forward, row 1 right, row 2 up, in the frame that the rotation is given in
        (Unreal's ``FRotationMatrix``).
    """
    angles = np.radians(rotation)
    (sp, sy, sr), (cp, cy, cr) = np.sin(angles).T, np.cos(angles).T
    result = np.empty((len(rotation), 3, 3))
    result[:, 0, 0] = cp * cy
    result[:, 0, 1] = cp * sy
    result[:, 0, 2] = sp
    result[:, 1, 0] = sr * sp * cy - cr * sy
    result[:, 1, 1] = sr * sp * sy + cr * cy
    result[:, 1, 2] = -sr * cp
    result[:, 2, 0] = -(cr * sp * cy + sr * sy)
    result[:, 2, 1] = cy * sr - cr * sp * sy
    result[:, 2, 2] = cr * cp
    return result


def rotation_of(matrix: FloatArray) -> FloatArray:
    """Pitch, yaw, roll in degrees [N, 3] of axes [N, 3, 3]; the inverse of ``axes``."""
    forward = matrix[:, 0]
    result = np.empty((len(matrix), 3))
    result[:, 0] = np.arctan2(forward[:, 2], np.hypot(forward[:, 0], forward[:, 1]))
    result[:, 1] = np.arctan2(forward[:, 1], forward[:, 0])
    result[:, 2] = np.arctan2(-matrix[:, 1, 2], matrix[:, 2, 2])
    return np.degrees(result)


def compose(parent: Pose, child: Pose) -> Pose:
    """World pose of ``child``, which is given relative to ``parent``."""
    frame = axes(np.array([parent[3:]]))
    turned = axes(np.array([child[3:]])) @ frame
    x, y, z = (np.array(child[:3]) @ frame[0] + np.array(parent[:3])).tolist()
    return Pose(x, y, z, *rotation_of(turned)[0].tolist())
