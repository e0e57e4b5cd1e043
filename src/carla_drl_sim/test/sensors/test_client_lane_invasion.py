"""The client's own lane invasion sensor finds all that it needs: a car that crosses a marking is reported."""

from __future__ import annotations

import math
from typing import Any

import carla
from carla_world import Scene
from listening import Listener


def _straight_way(world_of: Scene) -> Any:
    """A spawn point whose lane goes straight on for 30 m outside of junctions."""
    for point in world_of.map.get_spawn_points():
        here = world_of.map.get_waypoint(point.location)
        there = here.next(30.0)
        if not here.is_junction and len(there) == 1 and there[0].road_id == here.road_id:
            turn = there[0].transform.rotation.yaw - here.transform.rotation.yaw
            if abs((turn + 180.0) % 360.0 - 180.0) < 1.0:
                return point
    raise AssertionError("the town has no straight road")


def test_crossing_the_middle_of_the_road_is_reported(world_of: Scene) -> None:
    point = _straight_way(world_of)
    vehicle = world_of.vehicle(point)
    sensor = Listener(world_of, "sensor.other.lane_invasion", parent=vehicle)
    world_of.ticks(5)
    assert sensor.waiting() == 0
    # Slide to the left, on to the lane of the oncoming traffic.
    heading = math.radians(point.rotation.yaw - 25.0)
    vehicle.set_transform(
        carla.Transform(vehicle.get_location(), carla.Rotation(yaw=point.rotation.yaw - 25.0))
    )
    frames = []
    for _ in range(40):
        vehicle.set_target_velocity(carla.Vector3D(6.0 * math.cos(heading), 6.0 * math.sin(heading)))
        frames.append(world_of.world.tick())
        if sensor.waiting():
            break
    event = sensor.next()
    assert event.frame in frames
    # ``event.actor`` is no use: this version of the client raises "destroyed actor" for it whatever the server does.
    crossed = event.crossed_lane_markings
    assert crossed
    assert {marking.type for marking in crossed} <= set(carla.LaneMarkingType.values.values())
    assert carla.LaneMarkingType.NONE not in {marking.type for marking in crossed}
