"""Recording a drive and replaying it: texts, refusals, and the same trajectory."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import carla
import numpy as np
import pytest
from carla_world import Scene, scene
from example_recording import write_example
from raw_client import SYNCHRONOUS, RawClient
from server_process import ServerProcess

from carla_drl_sim.recording.files import Recording
from carla_drl_sim.recording.items import Frame

TICKS = 60


def _recordings(server: ServerProcess) -> Path:
    """Where the recordings of a server are."""
    return server.log.parent / "recordings"


def _states(world: Any, vehicles: list[Any]) -> list[tuple[float, ...]]:
    snapshot = world.get_snapshot()
    result = []
    for vehicle in vehicles:
        state = snapshot.find(vehicle.id)
        place, turn, speed = (
            state.get_transform().location,
            state.get_transform().rotation,
            state.get_velocity(),
        )
        result.append((place.x, place.y, place.z, turn.pitch, turn.yaw, turn.roll, speed.x, speed.y, speed.z))
    return result


def _crash(made: Scene) -> list[Any]:
    """A hero that runs into a parked car, and a third car that drives."""
    points = made.map.get_spawn_points()
    forward = points[0].get_forward_vector()
    ahead = carla.Transform(points[0].location + 9.0 * forward, points[0].rotation)
    blueprint = made.library.find("vehicle.tesla.model3")
    blueprint.set_attribute("role_name", "hero")
    made._actors.append(made.world.spawn_actor(blueprint, points[0]))
    hero = made._actors[-1]
    vehicles = [hero, made.vehicle(ahead), made.vehicle(points[1], "vehicle.audi.tt")]
    made.sensor(hero).listen(lambda event: None)
    hero.apply_control(carla.VehicleControl(throttle=1.0))
    vehicles[2].apply_control(carla.VehicleControl(throttle=0.7, steer=0.3))
    return vehicles


def test_a_replay_drives_the_same_trajectory(server: ServerProcess) -> None:
    with scene(server.rpc_port) as made:
        vehicles = _crash(made)
        made.ticks(2)
        answer = made.client.start_recorder("drive.log", True)
        assert answer == str(_recordings(server) / "drive.log")
        driven = []
        for tick in range(TICKS):
            if tick == 30:
                vehicles[2].set_light_state(carla.VehicleLightState(carla.VehicleLightState.Brake))
            made.world.tick()
            driven.append(_states(made.world, vehicles))
        assert "still being written" in _error(
            lambda: made.client.show_recorder_file_info("drive.log", False)
        )
        made.client.stop_recorder()
        assert np.ptp(np.array(driven)[:, 2, 0]) + np.ptp(np.array(driven)[:, 2, 1]) > 3.0

        text = made.client.replay_file("drive.log", 0.0, 0.0, 0)
        assert f"Total time recorded: {0.05 * (TICKS - 1):.6g}" in text
        replayed = []
        for _ in range(TICKS):
            made.world.tick()
            replayed.append(_states(made.world, vehicles))
        np.testing.assert_allclose(np.array(replayed), np.array(driven), rtol=0.0, atol=1e-3)
        assert vehicles[2].get_light_state() == carla.VehicleLightState.Brake

        vehicles[0].apply_control(carla.VehicleControl(throttle=1.0, reverse=True))
        start = vehicles[0].get_location()
        made.ticks(40)
        assert vehicles[0].get_location().distance(start) > 1.0  # back under its own power


def test_a_replay_switches_traffic_lights(server: ServerProcess) -> None:
    with scene(server.rpc_port) as made:
        light = made.world.get_actors().filter("traffic.traffic_light")[0]
        made.world.freeze_all_traffic_lights(True)
        light.set_state(carla.TrafficLightState.Red)
        made.ticks(1)
        made.client.start_recorder("lights")
        states = []
        for tick in range(9):
            if tick % 3 == 0:
                light.set_state([carla.TrafficLightState.Green, carla.TrafficLightState.Yellow][tick % 2])
            made.world.tick()
            states.append(light.get_state())
        made.client.stop_recorder()
        assert len(set(states)) == 2
        light.set_state(carla.TrafficLightState.Red)
        made.client.replay_file("lights", 0.0, 0.0, 0)
        replayed = []
        for _ in states:
            made.world.tick()
            replayed.append(light.get_state())
        assert replayed == states
        made.world.freeze_all_traffic_lights(False)


def test_missing_vehicles_are_made_and_go_again(server: ServerProcess) -> None:
    with scene(server.rpc_port) as made:
        vehicles = _crash(made)
        made.ticks(2)
        made.client.start_recorder("drive.log")
        driven = []
        for _ in range(TICKS):
            made.world.tick()
            driven.append(_states(made.world, vehicles))
        made.client.stop_recorder()
        recorded_id = vehicles[2].id
        made.clean_up()
        made._actors.clear()
        made.synchronous(True)
        assert not made.world.get_actors().filter("vehicle.*")

        made.client.set_replayer_time_factor(2.0)
        made.client.set_replayer_ignore_spectator(False)
        made.client.replay_file("drive", 0.0, 0.0, recorded_id)
        made.ticks(1)
        actors = made.world.get_actors().filter("vehicle.*")
        assert sorted(actor.type_id for actor in actors) == ["vehicle.audi.tt"] + 2 * ["vehicle.tesla.model3"]
        audi = next(actor for actor in actors if actor.type_id == "vehicle.audi.tt")
        assert _states(made.world, [audi])[0] == pytest.approx(driven[0][2], abs=1e-3)
        made.ticks(10)
        assert _states(made.world, [audi])[0] == pytest.approx(driven[20][2], abs=1e-3)
        spectator = made.world.get_spectator().get_location()
        assert spectator.distance(audi.get_location()) == pytest.approx(math.hypot(10.0, 5.0), abs=0.5)
        made.client.stop_replayer(False)
        made.world.tick()
        assert not made.world.get_actors().filter("vehicle.*")

        made.client.set_replayer_time_factor(0.5)
        made.client.set_replayer_ignore_hero(True)
        made.client.replay_file("drive", -1.0, 0.5, 0)
        made.ticks(2)  # half a step after the start: between two frames
        actors = made.world.get_actors().filter("vehicle.*")
        assert [actor.attributes["role_name"] == "hero" for actor in actors] == [False, False]
        audi = next(actor for actor in actors if actor.type_id == "vehicle.audi.tt")
        middle = 0.5 * (np.array(driven[TICKS - 21][2]) + np.array(driven[TICKS - 20][2]))
        assert _states(made.world, [audi])[0][:3] == pytest.approx(middle[:3], abs=1e-3)
        made.ticks(25)
        made.client.stop_replayer(True)  # has ended by itself, with its actors
        made.world.tick()
        left = made.world.get_actors().filter("vehicle.*")
        assert len(left) == 2
        for actor in left:
            actor.destroy()
        made.client.set_replayer_time_factor(1.0)
        made.client.set_replayer_ignore_hero(False)
        made.client.set_replayer_ignore_spectator(True)


def test_reports_have_the_form_of_carla(server: ServerProcess) -> None:
    with scene(server.rpc_port) as made:
        vehicles = _crash(made)
        made.client.start_recorder("drive.log")
        made.ticks(TICKS)
        made.client.stop_recorder()
        hero, parked, other = (vehicle.id for vehicle in vehicles)

        short = made.client.show_recorder_file_info("/tmp/drive.log", False)
        lines = short.splitlines()
        assert lines[:2] == ["Version: 1", "Map: Town01"]
        assert lines[2].startswith("Date: ")
        assert "Frame 1 at 0 seconds" in lines
        assert any(line.startswith(f" Create {hero}: vehicle.tesla.model3 (1) at (") for line in lines)
        assert "  role_name = hero" in lines
        assert any(line.startswith(f" Collision id 0 between {hero} (hero) with {parked}") for line in lines)
        assert any(line.endswith(f" with {hero} (parent)") for line in lines)
        assert lines[-2:] == [f"Frames: {TICKS}", f"Duration: {0.05 * (TICKS - 1):.6g} seconds"]
        assert " Positions" not in short

        everything = made.client.show_recorder_file_info("drive.log", True)
        assert everything.count(" Positions: ") == TICKS
        row = next(line for line in everything.splitlines() if line.startswith(f"   Id: {hero}: Steering: "))
        assert row.split() == f"Id: {hero}: Steering: 0 Throttle: 1 Brake: 0 Handbrake: 0 Gear: 1".split()

        hits = _rows(made.client.show_recorder_collisions("drive.log", "h", "a"))
        assert hits[0][1:] == [
            "h",
            "v",
            str(hero),
            "vehicle.tesla.model3",
            str(parked),
            "vehicle.tesla.model3",
        ]
        assert 1 <= len(hits) < everything.count(" Collision id ")
        assert not _rows(made.client.show_recorder_collisions("drive.log", "w", "a"))

        stood = {row[1] for row in _rows(made.client.show_recorder_actors_blocked("drive.log", 0.5, 50.0))}
        assert str(parked) in stood
        stood = {row[1] for row in _rows(made.client.show_recorder_actors_blocked("drive.log", 2.0, 50.0))}
        assert str(other) not in stood


def _rows(table: str) -> list[list[str]]:
    """The words of the rows below a table's head."""
    return [line.split() for line in table.splitlines()[5:] if "vehicle." in line]


def _error(call: Callable[[], object]) -> str:
    with pytest.raises(RuntimeError) as caught:
        call()
    return str(caught.value)


_READS_UNTIL_TOLD = """
import time
from pathlib import Path
from carla_drl_sim.recording.reader import Reader
ask = Reader.ask
def and_wait(self, what, path, *arguments):
    answer = ask(self, what, path, *arguments)
    while not (path.parent / "read").exists():
        time.sleep(0.001)
    return answer
Reader.ask = and_wait
import sys
from carla_drl_sim.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_ticks_go_on_while_a_recording_is_read(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(_READS_UNTIL_TOLD)
    server = start_server("--synchronous", program=tmp_path / "program.py")
    with RawClient(server.rpc_port) as asking, RawClient(server.rpc_port) as ticking:
        ticking.value("start_recorder", "drive.log", False)
        first = ticking.tick()
        while ticking.tick() < first + 50:
            pass
        ticking.void("stop_recorder")
        for method, arguments in (
            ("show_recorder_file_info", [True]),
            ("show_recorder_collisions", [ord("a"), ord("a")]),
            ("show_recorder_actors_blocked", [1.0, 10.0]),
            ("replay_file", [1.0, 0.0, 0]),
        ):
            request = asking.send(method, "drive.log", *arguments)
            after = asking.send("get_episode_settings")
            before = ticking.tick()
            assert ticking.tick() == before + 1
            (tmp_path / "recordings" / "read").touch()
            error, ((index, text),) = asking.answer(request)
            assert (error, index) == (None, 1)
            assert "drive.log" in text if method == "replay_file" else "Frames: 51" in text
            asking.answer(after)  # calls of a client are answered in their order
            (tmp_path / "recordings" / "read").unlink()
        asking.send("show_recorder_file_info", "drive.log", True)
        ticking.tick()
    (tmp_path / "recordings" / "read").touch()
    with RawClient(server.rpc_port) as later:  # the one that asked has gone meanwhile
        later.tick()


def test_what_is_no_recording_is_refused(server: ServerProcess) -> None:
    client = carla.Client("127.0.0.1", server.rpc_port)
    client.set_timeout(10.0)
    assert client.replay_file("nothing.log", 0.0, 0.0, 0) == "File nothing.log not found on server\n"
    assert client.show_recorder_file_info("nothing.log", True) == "File nothing.log not found on server\n"
    folder = _recordings(server)
    folder.mkdir(exist_ok=True)
    (folder / "text.log").write_text("hello" * 100)
    write_example(folder / "whole.log")
    (folder / "cut.log").write_bytes((folder / "whole.log").read_bytes()[:-30])
    assert "is not a recording" in _error(lambda: client.replay_file("text.log", 0.0, 0.0, 0))
    assert "is truncated" in _error(lambda: client.show_recorder_collisions("cut.log", "a", "a"))
    assert "of another map of the name 'Town01'" in _error(
        lambda: client.replay_file("whole.log", 0.0, 0.0, 0)
    )
    assert "no name for a recording" in _error(lambda: client.start_recorder("a/.."))


def test_a_map_change_and_the_servers_end_finish_recordings(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    server = start_server("--synchronous", "--recordings", str(tmp_path))
    with RawClient(server.rpc_port) as raw:
        raw.value("start_recorder", "first.log", False)
        raw.tick()
        raw.void("load_new_episode", "", False, 0)
        raw.value("set_episode_settings", SYNCHRONOUS)
        raw.value("start_recorder", "second.log", False)
        for _ in range(3):
            raw.tick()
    assert server.stop() == 0
    for name, frames in (("first.log", 1), ("second.log", 3)):
        with Recording(tmp_path / name) as recording:
            assert recording.frames == frames
            assert sum(isinstance(item, Frame) for item in recording.items()) == frames
    assert sorted(entry.name for entry in tmp_path.glob("*.log*")) == [
        "first.log",
        "second.log",
        "server0.log",
    ]
