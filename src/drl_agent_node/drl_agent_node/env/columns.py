"""Columns, flags and end reasons of the fleet messages as plain integers.

The message classes look constants up through properties, which is too slow per tick.
"""

from __future__ import annotations

from typing import Final

from carla_drl_msgs.msg import FleetAction, FleetObservation

PROGRESS_M: Final = int(FleetObservation.METRIC_PROGRESS_M)
ROUTE_COMPLETION: Final = int(FleetObservation.METRIC_ROUTE_COMPLETION)
LANE_OFFSET_M: Final = int(FleetObservation.METRIC_LANE_OFFSET_M)
HEADING_ERROR_RAD: Final = int(FleetObservation.METRIC_HEADING_ERROR_RAD)
SPEED_MPS: Final = int(FleetObservation.METRIC_SPEED_MPS)
SPEED_LIMIT_MPS: Final = int(FleetObservation.METRIC_SPEED_LIMIT_MPS)
COLLISION_NS: Final = int(FleetObservation.METRIC_COLLISION_NS)
OFF_ROAD: Final = int(FleetObservation.METRIC_OFF_ROAD)
ROUTE_DONE: Final = int(FleetObservation.METRIC_ROUTE_DONE)
ROUTE_LENGTH_M: Final = int(FleetObservation.METRIC_ROUTE_LENGTH_M)
EPISODE_TIME_S: Final = int(FleetObservation.METRIC_EPISODE_TIME_S)
STOPPED_TIME_S: Final = int(FleetObservation.METRIC_STOPPED_TIME_S)
ACCELERATION_MPS2: Final = int(FleetObservation.METRIC_ACCELERATION_MPS2)
LATERAL_ACCELERATION_MPS2: Final = int(FleetObservation.METRIC_LATERAL_ACCELERATION_MPS2)
JERK_MPS3: Final = int(FleetObservation.METRIC_JERK_MPS3)
END_REASON: Final = int(FleetObservation.METRIC_END_REASON)
COLLISION_KIND: Final = int(FleetObservation.METRIC_COLLISION_KIND)
RED_LIGHT: Final = int(FleetObservation.METRIC_RED_LIGHT)
STOP_SIGN: Final = int(FleetObservation.METRIC_STOP_SIGN)
OUTSIDE_LANES_M: Final = int(FleetObservation.METRIC_OUTSIDE_LANES_M)
TRAFFIC_SPEED_MPS: Final = int(FleetObservation.METRIC_TRAFFIC_SPEED_MPS)
RED_LIGHT_DISTANCE_M: Final = int(FleetObservation.METRIC_RED_LIGHT_DISTANCE_M)
STOP_SIGN_DISTANCE_M: Final = int(FleetObservation.METRIC_STOP_SIGN_DISTANCE_M)
NUM_METRICS: Final = int(FleetObservation.NUM_METRICS)

COLLISION_NONE: Final = int(FleetObservation.COLLISION_NONE)
COLLISION_STATIC: Final = int(FleetObservation.COLLISION_STATIC)
COLLISION_VEHICLE: Final = int(FleetObservation.COLLISION_VEHICLE)
COLLISION_WALKER: Final = int(FleetObservation.COLLISION_WALKER)

END_NONE: Final = int(FleetObservation.END_NONE)
END_ROUTE_DONE: Final = int(FleetObservation.END_ROUTE_DONE)
END_COLLISION: Final = int(FleetObservation.END_COLLISION)
END_OFF_ROAD: Final = int(FleetObservation.END_OFF_ROAD)
END_ROUTE_DEVIATION: Final = int(FleetObservation.END_ROUTE_DEVIATION)
END_BLOCKED: Final = int(FleetObservation.END_BLOCKED)
END_TIME_LIMIT: Final = int(FleetObservation.END_TIME_LIMIT)
END_EXTERNAL: Final = int(FleetObservation.END_EXTERNAL)
END_RED_LIGHT: Final = int(FleetObservation.END_RED_LIGHT)
END_NAMES: Final = (
    "none",
    "route_done",
    "collision",
    "off_road",
    "route_deviation",
    "blocked",
    "time_limit",
    "external",
    "red_light",
)

TERMINATED: Final = int(FleetObservation.STATUS_TERMINATED)
TRUNCATED: Final = int(FleetObservation.STATUS_TRUNCATED)
RESET: Final = int(FleetObservation.STATUS_RESET)
DONE: Final = TERMINATED | TRUNCATED

NUM_ACTIONS: Final = int(FleetAction.NUM_ACTIONS)
