"""Columns of the arrays in the frame ring, as plain integers that numba can freeze into its kernels.

The definitions are the constants of `carla_drl_msgs`; nothing is defined here.
"""

from __future__ import annotations

from typing import Final

from carla_drl_msgs.msg import FleetObservation, FrameLayout

EGO_X: Final = int(FrameLayout.EGO_X_M)
EGO_Y: Final = int(FrameLayout.EGO_Y_M)
EGO_Z: Final = int(FrameLayout.EGO_Z_M)
EGO_ROLL: Final = int(FrameLayout.EGO_ROLL_RAD)
EGO_PITCH: Final = int(FrameLayout.EGO_PITCH_RAD)
EGO_YAW: Final = int(FrameLayout.EGO_YAW_RAD)
EGO_VX: Final = int(FrameLayout.EGO_VX_MPS)
EGO_VY: Final = int(FrameLayout.EGO_VY_MPS)
EGO_VZ: Final = int(FrameLayout.EGO_VZ_MPS)
EGO_ROLL_RATE: Final = int(FrameLayout.EGO_ROLL_RATE_RADPS)
EGO_PITCH_RATE: Final = int(FrameLayout.EGO_PITCH_RATE_RADPS)
EGO_YAW_RATE: Final = int(FrameLayout.EGO_YAW_RATE_RADPS)
EGO_AX: Final = int(FrameLayout.EGO_AX_MPS2)
EGO_AY: Final = int(FrameLayout.EGO_AY_MPS2)
EGO_AZ: Final = int(FrameLayout.EGO_AZ_MPS2)
EGO_THROTTLE: Final = int(FrameLayout.EGO_THROTTLE)
EGO_BRAKE: Final = int(FrameLayout.EGO_BRAKE)
EGO_STEER: Final = int(FrameLayout.EGO_STEER)
EGO_LENGTH: Final = int(FrameLayout.EGO_LENGTH_M)
EGO_WIDTH: Final = int(FrameLayout.EGO_WIDTH_M)
NUM_EGO: Final = int(FrameLayout.NUM_EGO)

ROUTE_X: Final = int(FrameLayout.ROUTE_X_M)
ROUTE_Y: Final = int(FrameLayout.ROUTE_Y_M)
ROUTE_YAW: Final = int(FrameLayout.ROUTE_YAW_RAD)
ROUTE_SPEED_LIMIT: Final = int(FrameLayout.ROUTE_SPEED_LIMIT_MPS)
NUM_ROUTE: Final = int(FrameLayout.NUM_ROUTE)

PROGRESS: Final = int(FleetObservation.METRIC_PROGRESS_M)
ROUTE_COMPLETION: Final = int(FleetObservation.METRIC_ROUTE_COMPLETION)
LANE_OFFSET: Final = int(FleetObservation.METRIC_LANE_OFFSET_M)
HEADING_ERROR: Final = int(FleetObservation.METRIC_HEADING_ERROR_RAD)
SPEED: Final = int(FleetObservation.METRIC_SPEED_MPS)
SPEED_LIMIT: Final = int(FleetObservation.METRIC_SPEED_LIMIT_MPS)
COLLISION: Final = int(FleetObservation.METRIC_COLLISION_NS)
OFF_ROAD: Final = int(FleetObservation.METRIC_OFF_ROAD)
ROUTE_DONE: Final = int(FleetObservation.METRIC_ROUTE_DONE)
ROUTE_LENGTH: Final = int(FleetObservation.METRIC_ROUTE_LENGTH_M)
EPISODE_TIME: Final = int(FleetObservation.METRIC_EPISODE_TIME_S)
STOPPED_TIME: Final = int(FleetObservation.METRIC_STOPPED_TIME_S)
ACCELERATION: Final = int(FleetObservation.METRIC_ACCELERATION_MPS2)
LATERAL_ACCELERATION: Final = int(FleetObservation.METRIC_LATERAL_ACCELERATION_MPS2)
JERK: Final = int(FleetObservation.METRIC_JERK_MPS3)
END_REASON: Final = int(FleetObservation.METRIC_END_REASON)
NUM_METRICS: Final = int(FleetObservation.NUM_METRICS)

END_NONE: Final = int(FleetObservation.END_NONE)
END_ROUTE_DONE: Final = int(FleetObservation.END_ROUTE_DONE)
END_COLLISION: Final = int(FleetObservation.END_COLLISION)
END_OFF_ROAD: Final = int(FleetObservation.END_OFF_ROAD)
END_ROUTE_DEVIATION: Final = int(FleetObservation.END_ROUTE_DEVIATION)
END_BLOCKED: Final = int(FleetObservation.END_BLOCKED)
END_TIME_LIMIT: Final = int(FleetObservation.END_TIME_LIMIT)
END_EXTERNAL: Final = int(FleetObservation.END_EXTERNAL)

STATUS_TERMINATED: Final = int(FleetObservation.STATUS_TERMINATED)
STATUS_TRUNCATED: Final = int(FleetObservation.STATUS_TRUNCATED)
STATUS_RESET: Final = int(FleetObservation.STATUS_RESET)

OBJECT_KIND: Final = int(FrameLayout.OBJECT_KIND)
OBJECT_X: Final = int(FrameLayout.OBJECT_X_M)
OBJECT_Y: Final = int(FrameLayout.OBJECT_Y_M)
OBJECT_Z: Final = int(FrameLayout.OBJECT_Z_M)
OBJECT_YAW: Final = int(FrameLayout.OBJECT_YAW_RAD)
OBJECT_VX: Final = int(FrameLayout.OBJECT_VX_MPS)
OBJECT_VY: Final = int(FrameLayout.OBJECT_VY_MPS)
OBJECT_LENGTH: Final = int(FrameLayout.OBJECT_LENGTH_M)
OBJECT_WIDTH: Final = int(FrameLayout.OBJECT_WIDTH_M)
NUM_OBJECT: Final = int(FrameLayout.NUM_OBJECT)

OBJECT_NONE: Final = int(FrameLayout.OBJECT_NONE)
OBJECT_VEHICLE: Final = int(FrameLayout.OBJECT_VEHICLE)
OBJECT_WALKER: Final = int(FrameLayout.OBJECT_WALKER)
