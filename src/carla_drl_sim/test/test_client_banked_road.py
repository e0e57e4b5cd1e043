"""The unmodified client on a banked road of the user's own."""

from __future__ import annotations

import math
from collections.abc import Iterator

import carla
import pytest
from carla_world import Scene, scene
from server_process import ServerProcess

BANK = 0.07

CURB = 0.15

LANE = '<lane id="{id}" type="driving" level="false"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane>'
WALK = (
    '<lane id="-2" type="shoulder" level="false"><width sOffset="0" a="2" b="0" c="0" d="0"/></lane>'
    '<lane id="-3" type="sidewalk" level="true"><width sOffset="0" a="4" b="0" c="0" d="0"/>'
    f'<height sOffset="0" inner="{CURB}" outer="{CURB}"/></lane>'
)
ROAD = f"""<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4"/>
<road name="" id="1" length="300" junction="-1">
<planView><geometry s="0" x="0" y="0" hdg="0" length="300"><line/></geometry></planView>
<elevationProfile><elevation s="0" a="2" b="0" c="0" d="0"/></elevationProfile>
<lateralProfile><superelevation s="0" a="{BANK}" b="0" c="0" d="0"/></lateralProfile>
<lanes><laneSection s="0"><left>{LANE.format(id=1)}</left><center><lane id="0" type="none" level="false"/></center>
<right>{LANE.format(id=-1)}{WALK}</right></laneSection></lanes></road></OpenDRIVE>"""


@pytest.fixture(scope="module")
def world_of(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    folder = tmp_path_factory.mktemp("banked")
    (folder / "banked.xodr").write_text(ROAD)
    process = ServerProcess(folder / "server.log", "--opendrive", str(folder / "banked.xodr"))
    try:
        with scene(process.rpc_port) as made:
            yield made
    finally:
        process.stop()


def test_cars_lean_with_the_road_in_both_directions(world_of: Scene) -> None:
    points = world_of.map.get_spawn_points()
    cars = []
    for lane_id in (-1, 1):
        here = [point for point in points if world_of.map.get_waypoint(point.location).lane_id == lane_id]
        point = min(here, key=lambda point: abs(point.location.x - 150.0))
        assert point.rotation.roll == pytest.approx(-lane_id * math.degrees(BANK), abs=1e-3)
        cars.append((lane_id, world_of.vehicle(point)))
    for _, car in cars:
        car.apply_control(carla.VehicleControl(throttle=0.4))
    world_of.ticks(40)
    for lane_id, car in cars:
        place = car.get_transform()
        assert car.get_velocity().length() > 2.0
        assert place.rotation.roll == pytest.approx(-lane_id * math.degrees(BANK), abs=0.2)
        assert place.location.z == pytest.approx(2.0 - math.tan(BANK) * place.location.y, abs=0.02)
        # What the client computes from the document by itself is level across, whatever the server.
        waypoint = world_of.map.get_waypoint(place.location).transform
        assert waypoint.rotation.roll == 0.0
        assert waypoint.location.z == pytest.approx(2.0)


def test_rays_and_sensors_see_the_banked_surface(world_of: Scene) -> None:
    for y in (-3.0, 3.0):
        found = world_of.world.ground_projection(carla.Location(150.0, y, 10.0), 20.0)
        assert found is not None
        assert found.location.z == pytest.approx(2.0 - math.tan(BANK) * y, abs=0.02)


def test_a_level_and_raised_sidewalk_is_ground_but_no_height_of_waypoints(world_of: Scene) -> None:
    place = carla.Location(150.0, 7.5, 10.0)
    found = world_of.world.ground_projection(place, 20.0)
    assert found is not None
    assert found.location.z == pytest.approx(2.0 - math.tan(BANK) * 5.5 + CURB, abs=0.02)
    waypoint = world_of.map.get_waypoint(place, lane_type=carla.LaneType.Sidewalk)
    assert waypoint.lane_id == -3
    assert waypoint.transform.location.z == pytest.approx(2.0)
