"""Compiles the numba kernels, or loads them from their cache, before a simulator has to wait for it."""

from __future__ import annotations

import numpy as np

from carla_sensor_bridge import columns as col
from carla_sensor_bridge.collisions import NUM_COLLISION
from carla_sensor_bridge.drivable import DrivableArea
from carla_sensor_bridge.ego_metrics import FleetMetrics
from carla_sensor_bridge.frame_ring import FrameRingWriter
from carla_sensor_bridge.hazards import Hazards, Size
from carla_sensor_bridge.lane_graph import LaneGraph
from carla_sensor_bridge.routes import RouteGenerator
from carla_sensor_bridge.scenario import Limits
from carla_sensor_bridge.stop_lines import StopLines
from carla_sensor_bridge.trigger_config import StaticObstacle


def straight_lane(length_m: float, width_m: float = 3.5, speed_limit_mps: float = 10.0) -> LaneGraph:
    """Return the graph of one lane along the x axis, from the origin, that leads nowhere."""
    count = max(round(length_m), 1) + 1
    x = np.linspace(0.0, length_m, count)
    zeros = np.zeros(count)
    return LaneGraph(
        x=x,
        y=zeros.copy(),
        z=zeros.copy(),
        yaw=zeros.copy(),
        pitch=zeros.copy(),
        s=x.copy(),
        half_width=np.full(count, width_m / 2.0),
        speed_limit=np.full(count, speed_limit_mps),
        segment=np.zeros(count, dtype=np.int64),
        offset=np.array([0, count]),
        junction=np.array([False]),
        length=np.array([length_m]),
        successors=(np.zeros(0, dtype=np.int64),),
        key=np.array([[1, 0, -1]]),
    )


def warm_up() -> None:
    """Run one frame of one ego and one hazard on one lane with the very types that the bridge uses."""
    graph = straight_lane(20.0)
    route = RouteGenerator(graph, 5.0, 5.0, 5.0, 0).draw(0, np.zeros((0, 2)))
    metrics = FleetMetrics(1, (1.0,), Limits(time_limit_s=1.0), 0.1, DrivableArea(graph), StopLines.none(1))
    metrics.start_episode(0, route)
    ring = FrameRingWriter(1, 1, session=1, step_s=0.1, raster_lights=0)
    metrics.update(
        np.zeros((1, col.NUM_EGO)),
        np.zeros((1, NUM_COLLISION)),
        np.zeros(1, dtype=np.int64),
        np.zeros(1, dtype=np.bool_),
        ring.begin(1),
    )
    ring.close()
    hazards = Hazards(
        [StaticObstacle(kind="static_obstacle", at_m=(1.0, 1.0))],
        {"vehicle.audi.tt": Size(4.0, 2.0, 1.5)},
        DrivableArea(graph),
        StopLines.none(1),
        1,
        0,
        0.1,
    )
    hazards.start_episode(0, route)
    hazards.step(np.zeros(1), np.zeros(1), np.zeros(1))


if __name__ == "__main__":
    warm_up()
