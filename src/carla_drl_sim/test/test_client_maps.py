"""Maps: names, layers, the user's own, and what clients see and change of the scenery."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import carla
import pytest
from carla_world import Scene, scene
from raw_client import RawClient
from server_process import ServerProcess

from carla_drl_sim.cli import EXIT_CONFIGURATION, main
from carla_drl_sim.errors import ConfigurationError, RpcError
from carla_drl_sim.scenery_state import SceneryState
from carla_drl_sim.town_library import TownLibrary
from carla_drl_sim.world.town_generator import generate_town

LIMIT_S = 10.0
STRAIGHT = """<?xml version="1.0"?><OpenDRIVE><header revMajor="1" revMinor="4" name="" version="1.00"/>
<road name="only" length="200.0" id="7" junction="-1"><planView>
<geometry s="0" x="0" y="0" hdg="0" length="200.0"><line/></geometry></planView><lanes><laneSection s="0">
<left><lane id="1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></left>
<center><lane id="0" type="none"/></center>
<right><lane id="-1" type="driving"><width sOffset="0" a="3.5" b="0" c="0" d="0"/></lane></right>
</laneSection></lanes></road></OpenDRIVE>"""


@pytest.fixture(scope="module")
def shared(server: ServerProcess) -> Iterator[Scene]:
    with scene(server.rpc_port) as made:
        yield made


def test_names_may_have_a_path_and_layers() -> None:
    library = TownLibrary(3)
    town = library.town("Town02")
    for name in ("/Game/Carla/Maps/Town02", "Carla/Maps/Town02", "Town02_Opt", "/Game/Carla/Maps/Town02_Opt"):
        assert library.town(name) is town
    assert library.full_name("/Game/Carla/Maps/Town02_Opt") == "Carla/Maps/Town02_Opt"
    assert library.town("Town10") is library.town("Town10HD_Opt")
    assert "/Game/Carla/Maps/Town02" in library.names()
    for name in ("Town99", "", "Town02/", "OpenDriveMap"):
        with pytest.raises(RpcError, match=r"available: .*Town01"):
            library.town(name)


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ("", "not a well-formed XML"),
        ("this is no map", "not a well-formed XML"),
        ("<html></html>", "'html'; expected 'OpenDRIVE'"),
        ("<OpenDRIVE></OpenDRIVE>", "there is no road"),
        (STRAIGHT[: len(STRAIGHT) // 2], "not a well-formed XML"),
        (STRAIGHT.replace('length="200.0"', 'length="long"'), "road 7"),
        (STRAIGHT.replace('hdg="0"', 'hdg="nan"'), "road 7"),
        (STRAIGHT.replace('type="driving"', 'type="sidewalk"'), "driv"),
        ("<!DOCTYPE x [<!ENTITY a 'b'>]>" + STRAIGHT, "entities"),
    ],
)
def test_a_wrong_document_is_refused_and_changes_nothing(document: str, expected: str) -> None:
    library = TownLibrary(0)
    library.add(STRAIGHT)
    with pytest.raises(RpcError, match=expected):
        library.add(document)
    assert library.town("OpenDriveMap").opendrive == STRAIGHT


def test_a_map_of_the_users_own_is_driven_on(server: ServerProcess, shared: Scene) -> None:
    client = shared.client
    with pytest.raises(RuntimeError, match="OpenDRIVE: not a well-formed XML document"):
        client.generate_opendrive_world("no map" * 1000)
    document = STRAIGHT.replace('name="only"', f'name="{"x" * 2_000_000}"')
    world = client.generate_opendrive_world(document, carla.OpendriveGenerationParameters(wall_height=0.5))
    assert world.get_map().name == "Carla/Maps/OpenDriveMap"
    assert world.get_map().to_opendrive() == document
    points = world.get_map().get_spawn_points()
    assert all(world.get_map().get_waypoint(point.location).road_id == 7 for point in points)
    car = world.spawn_actor(world.get_blueprint_library().find("vehicle.tesla.model3"), points[0])
    assert any(name.endswith("/OpenDriveMap") for name in client.get_available_maps())
    again = client.reload_world()
    assert again.get_map().name == "Carla/Maps/OpenDriveMap"
    assert not [actor for actor in again.get_actors() if actor.id == car.id]
    assert client.load_world("Town01_Opt").get_map().name == "Carla/Maps/Town01_Opt"
    with RawClient(server.rpc_port) as raw:
        with pytest.raises(RuntimeError, match="expected an OpenDRIVE document as a string, got int"):
            raw.void("copy_opendrive_to_file", 7, [2.0, 50.0, 1.0, 0.6, True, True, True])
        with pytest.raises(RuntimeError, match="parameters of generation"):
            raw.void("copy_opendrive_to_file", STRAIGHT, [2.0])
        with pytest.raises(RuntimeError, match="map layers are at most 65535"):
            raw.void("load_new_episode", "Town01", True, 1 << 20)
    client.load_world("Town01")
    shared.world = client.get_world()
    shared.synchronous(True)


def test_a_server_starts_with_a_file(start_server: Callable[..., ServerProcess], tmp_path: Path) -> None:
    path = tmp_path / "mine.xodr"
    path.write_text(STRAIGHT)
    with RawClient(start_server("--opendrive", str(path)).rpc_port) as raw:
        assert raw.value("get_map_info")[0] == "Carla/Maps/OpenDriveMap"
        assert raw.value("get_map_data") == STRAIGHT


def test_a_file_that_is_no_map_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.xodr"
    for content, expected in (
        (None, "cannot be read"),
        (b"\xff\xfe", "UTF-8"),
        (b"<a/>", "expected 'OpenDRIVE'"),
    ):
        if content is not None:
            path.write_bytes(content)
        assert main(["--port", "0", "--opendrive", str(path)]) == EXIT_CONFIGURATION
        error = capsys.readouterr().err
        assert f"--opendrive {path}" in error
        assert expected in error


def test_a_folder_of_maps_stands_in_for_towns(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    for name, content in (("Town01", STRAIGHT), ("Mine", STRAIGHT), ("Broken", "<a/>")):
        (tmp_path / f"{name}.xodr").write_text(content)
    server = start_server("--maps", str(tmp_path))
    client = carla.Client("127.0.0.1", server.rpc_port)
    client.set_timeout(LIMIT_S)
    assert client.get_world().get_map().name == "Carla/Maps/Town01"
    assert client.get_world().get_map().to_opendrive() == STRAIGHT
    names = {name.rsplit("/", 1)[-1] for name in client.get_available_maps()}
    assert {"Town01", "Town01_Opt", "Town02", "Mine", "Broken"} <= names
    assert client.load_world("Mine_Opt").get_map().to_opendrive() == STRAIGHT
    with pytest.raises(RuntimeError, match=r"'Broken' cannot be loaded: .*expected 'OpenDRIVE'"):
        client.load_world("Broken")
    assert client.get_world().get_map().name == "Carla/Maps/Mine_Opt"
    assert client.load_world("Town02").get_map().to_opendrive() != STRAIGHT


def test_the_environment_may_name_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "Town01.xodr").write_text(STRAIGHT)
    monkeypatch.setenv("CARLA_DRL_MAPS", str(tmp_path))
    assert TownLibrary(0).town("Town01").opendrive == STRAIGHT
    monkeypatch.setenv("CARLA_DRL_MAPS", str(tmp_path / "none"))
    with pytest.raises(ConfigurationError, match=r"CARLA_DRL_MAPS: .*none: is no folder"):
        TownLibrary(0)


def test_a_folder_without_maps_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--port", "0", "--maps", str(tmp_path)]) == EXIT_CONFIGURATION
    assert f"--maps {tmp_path}: is no folder with .xodr files" in capsys.readouterr().err
    (tmp_path / "Town01.xodr").write_text("<a/>")
    assert main(["--port", "0", "--maps", str(tmp_path)]) == EXIT_CONFIGURATION
    error = capsys.readouterr().err
    assert f"map 'Town01' cannot be loaded: {tmp_path}/Town01.xodr: " in error
    assert "expected 'OpenDRIVE'" in error


def test_hidden_scenery_has_no_parts() -> None:
    town = generate_town("Town02")
    state = SceneryState(lambda: town.scenery)
    all_parts = state.parts()
    assert all_parts is town.scenery.parts
    building = state.objects(3)[0]
    state.enable([building.id, 999_999_999], enabled=False)
    assert state.version == 1
    assert building in state.objects(3)
    assert len(state.parts()) == len(all_parts) - int((all_parts.object_id == building.id).sum())
    assert state.parts() is state.parts()
    state.enable([building.id], enabled=True)
    assert state.parts() is town.scenery.parts
    state.unload(1 | 4)
    assert not state.objects(3)
    assert not state.objects(9)
    assert state.objects(6)
    assert not (state.parts().label == 3).any()
    state.unload(1)
    state.load(1)
    assert state.version == 4
    assert (state.parts().label == 3).sum() == (all_parts.label == 3).sum()


def test_layers_and_objects_for_clients(shared: Scene) -> None:
    world = shared.world
    label = carla.CityObjectLabel.Buildings
    objects = world.get_environment_objects(label)
    boxes = world.get_level_bbs(label)
    assert len(objects) == len(boxes) > 50
    assert objects[0].bounding_box.location.distance(boxes[0].location) < 0.01
    assert objects[0].name in world.get_names_of_all_objects()
    assert objects[0].transform.location.z == pytest.approx(boxes[0].location.z - boxes[0].extent.z, abs=0.01)
    world.unload_map_layer(carla.MapLayer.Buildings)
    assert not world.get_level_bbs(label)
    world.load_map_layer(carla.MapLayer.All)
    assert len(world.get_level_bbs(label)) == len(boxes)
    world.enable_environment_objects({objects[0].id}, False)
    assert len(world.get_environment_objects(label)) == len(objects)
    world.enable_environment_objects({objects[0].id}, True)
    with pytest.raises(RuntimeError, match="there is no object 'nothing'"):
        world.apply_color_texture_to_object(
            "nothing", carla.MaterialParameter.Diffuse, carla.TextureColor(2, 2)
        )
    world.apply_color_texture_to_object(
        objects[0].name, carla.MaterialParameter.Diffuse, carla.TextureColor(2, 2)
    )


def test_what_is_hidden_is_not_hit(shared: Scene) -> None:
    world = shared.world
    house = world.get_environment_objects(carla.CityObjectLabel.Buildings)[0]
    yaw = house.bounding_box.rotation.yaw
    inside = carla.Transform(house.bounding_box.location, carla.Rotation(yaw=yaw))
    inside.location.z += 0.3 - house.bounding_box.extent.z
    blueprint = shared.library.find("vehicle.tesla.model3")
    assert world.try_spawn_actor(blueprint, inside) is None
    world.enable_environment_objects({house.id}, False)
    car = world.try_spawn_actor(blueprint, inside)
    assert car is not None
    shared.ticks(20)
    assert car.get_location().distance(inside.location) < 0.5
    world.enable_environment_objects({house.id}, True)
    shared.ticks(5)
    assert car.get_location().distance(inside.location) > 0.05  # pushed out of the wall
    car.destroy()
    shared.ticks(1)


def _until(condition: Callable[[], bool], world: carla.World) -> bool:
    deadline = time.monotonic() + LIMIT_S
    while not condition() and time.monotonic() < deadline:
        world.tick()
    return condition()


def test_street_lights_are_seen_by_all_clients(server: ServerProcess, shared: Scene) -> None:
    manager = shared.world.get_lightmanager()
    lights = manager.get_all_lights(carla.LightGroup.Street)
    assert len(lights) > 20
    assert not any(manager.is_active(lights))
    manager.turn_on(lights[:3])
    manager.set_color(lights[:1], carla.Color(1, 2, 3))
    manager.set_intensity(lights[:1], 123.0)
    shared.ticks(2)
    with RawClient(server.rpc_port) as raw:
        _until(lambda: sum(state[5] for state in raw.value("query_lights_state", "")) == 3, shared.world)
        first = next(state for state in raw.value("query_lights_state", "") if state[0] == lights[0].id)
        assert first[2:] == [123.0, 2, [1, 2, 3], True]
        with pytest.raises(RuntimeError, match="there is no light group 9"):
            raw.void("update_lights_state", "", [[first[0], first[1], 1.0, 9, [0, 0, 0], True]], False)
        # Another client switches one off; this one hears of it with a snapshot.
        raw.void("update_lights_state", "", [[*first[:5], False]], False)
        assert _until(lambda: not manager.is_active(lights[:1])[0], shared.world)


def test_street_lights_follow_the_sun_unless_told_not_to(server: ServerProcess, shared: Scene) -> None:
    manager = shared.world.get_lightmanager()
    lights = manager.get_all_lights(carla.LightGroup.Street)
    night = carla.WeatherParameters(sun_altitude_angle=-30.0)
    noon = carla.WeatherParameters(sun_altitude_angle=60.0)
    with RawClient(server.rpc_port) as raw:

        def active() -> int:
            return sum(state[5] for state in raw.value("query_lights_state", ""))

        shared.world.set_weather(night)
        assert _until(lambda: active() == len(lights), shared.world)
        shared.world.set_weather(noon)
        assert _until(lambda: active() == 0, shared.world)
        manager.set_day_night_cycle(False)
        shared.world.set_weather(night)
        shared.ticks(2)
        assert active() == 0
        manager.set_day_night_cycle(True)
        shared.world.set_weather(noon)
        shared.ticks(2)
        # The client asks for the lights from a thread of its own and dies when the server ends meanwhile.
        assert _until(lambda: not any(manager.is_active(lights)), shared.world)
