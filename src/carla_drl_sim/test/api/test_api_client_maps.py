"""carla.Client, method by method: what loads worlds and fetches files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import carla
import pytest
from covered import covers
from server_process import ServerProcess

LIMIT_S = 10.0
STRAIGHT = """<?xml version="1.0" encoding="UTF-8"?>
<OpenDRIVE><header revMajor="1" revMinor="4" name="one road" version="1.00" north="10" south="-10" east="200" west="0"/>
<road name="only" length="200.0" id="0" junction="-1"><link/>
<type s="0" type="town"><speed max="40" unit="km/h"/></type>
<planView><geometry s="0" x="0" y="0" hdg="0" length="200.0"><line/></geometry></planView>
<elevationProfile><elevation s="0" a="0" b="0" c="0" d="0"/></elevationProfile><lateralProfile/>
<lanes><laneSection s="0">
<left><lane id="1" type="driving" level="false"><link/><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></left>
<center><lane id="0" type="none" level="false"><link/>
<roadMark sOffset="0" type="broken" weight="standard" color="yellow" width="0.12" laneChange="none"/></lane></center>
<right><lane id="-1" type="driving" level="false"><link/><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right>
</laneSection></lanes></road></OpenDRIVE>
"""


@pytest.fixture
def client(server: ServerProcess) -> Iterator[carla.Client]:
    made = carla.Client("127.0.0.1", server.rpc_port)
    made.set_timeout(LIMIT_S)
    yield made
    if not made.get_world().get_map().name.endswith("Town01"):
        made.load_world("Town01")


@covers("Client.get_available_maps")
def test_get_available_maps(client: carla.Client) -> None:
    names = {name.rsplit("/", 1)[-1] for name in client.get_available_maps()}
    assert {"Town01", "Town02", "Town03", "Town04", "Town05"} <= names


@covers("Client.load_world")
def test_load_world(client: carla.Client) -> None:
    before = client.get_world().id
    world = client.load_world("Town02")
    assert world.get_map().name.endswith("Town02")
    assert world.id != before
    with pytest.raises(RuntimeError, match="Atlantis"):
        client.load_world("Atlantis")


@covers("Client.load_world_if_different")
def test_load_world_if_different(client: carla.Client) -> None:
    before = client.get_world().id
    client.load_world_if_different("Town01")
    assert client.get_world().id == before
    client.load_world_if_different("Town02")
    assert client.get_world().id != before


@covers("Client.reload_world")
def test_reload_world_removes_actors_and_resets_settings(client: carla.Client) -> None:
    world = client.get_world()
    point = world.get_map().get_spawn_points()[0]
    world.spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), point)
    again = client.reload_world()
    assert again.id != world.id
    assert again.get_map().name == world.get_map().name
    assert not again.get_actors().filter("vehicle.*")


@covers("Client.generate_opendrive_world")
def test_generate_opendrive_world(client: carla.Client) -> None:
    world = client.generate_opendrive_world(STRAIGHT)
    assert world.get_map().name.endswith("OpenDriveMap")
    points = world.get_map().get_spawn_points()
    assert points
    assert world.get_map().get_waypoint(carla.Location(100.0, 1.7, 0.0)).lane_id == -1
    car = world.spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), points[0])
    world.wait_for_tick(LIMIT_S)
    assert car.destroy()
    with pytest.raises(RuntimeError):
        client.generate_opendrive_world("this is no OpenDRIVE document")


@covers("Client.set_files_base_folder", "Client.get_required_files", "Client.request_file")
def test_files_of_the_map(client: carla.Client, tmp_path: Path) -> None:
    assert client.set_files_base_folder(str(tmp_path))
    names = client.get_required_files("Nav", True)
    assert any(name.endswith(".bin") for name in names)
    stored = [path for path in tmp_path.rglob("*.bin") if path.stat().st_size > 0]
    assert stored, "downloading stored no file"
    client.request_file(names[0])
