"""Launch arguments: what is accepted, and what the messages say about the rest."""

import itertools
import os
import socket
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from subprocess import PIPE

import pytest

from carla_drl_bringup.arguments import (
    ArgumentError,
    Simulator,
    check_sensors,
    find_config,
    first_free_port,
    group_names,
    newest_run,
    parse_bool,
    parse_float,
    parse_image,
    parse_int,
    parse_observation,
    parse_simulator,
    parse_simulator_name,
    parse_simulators,
    port_is_free,
)


def test_simulator_forms() -> None:
    assert parse_simulator("embedded:2300") == Simulator(True, "127.0.0.1", 2300)
    assert parse_simulator("carla.lab:2000") == Simulator(False, "carla.lab", 2000)
    embedded = parse_simulator("embedded")
    assert embedded.embedded
    assert embedded.port >= 2000


@pytest.mark.parametrize(
    "value", ["", "localhost", "host:", ":2000", "host:0", "host:65535", "host:x", "embedded:-1"]
)
def test_simulator_errors_name_argument_value_and_choices(value: str) -> None:
    with pytest.raises(ArgumentError) as error:
        parse_simulator(value)
    assert f"simulator:='{value}'" in str(error.value)
    assert "embedded" in str(error.value)
    assert "<host>:<port>" in str(error.value)


def test_a_taken_port_is_passed_over() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # the stream port alone is enough
        taken.listen()
        first = taken.getsockname()[1] - 1
        assert first_free_port(first, first + 60) > first


def test_launches_that_start_together_take_different_ports() -> None:
    """Before any of their servers listens."""
    take = (
        "from carla_drl_bringup import arguments; input(); print(arguments.parse_simulator('embedded').port)"
    )
    command = [sys.executable, "-uc", f"{take}; input()"]
    with ExitStack() as stack:
        launches = [
            stack.enter_context(subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True))
            for _ in range(5)
        ]
        ports = []
        for launch in launches:
            assert launch.stdin is not None
            launch.stdin.write("\n")
            launch.stdin.flush()
        for launch in launches:
            assert launch.stdout is not None
            ports.append(int(launch.stdout.readline()))
    assert len(set(ports)) == len(launches)
    assert port_is_free(ports[0])


def test_no_port_free_is_an_error() -> None:
    with pytest.raises(ArgumentError, match="two free ports between 3000 and 3000"):
        first_free_port(3000, 3000)


def test_several_simulators() -> None:
    embedded = parse_simulators("embedded", 3)
    ports = [simulator.port for simulator in embedded]
    assert all(simulator.embedded for simulator in embedded)
    assert all(later - earlier >= 3 for earlier, later in itertools.pairwise(ports))
    fixed = parse_simulators("embedded:2300", 2)
    assert [simulator.port for simulator in fixed] == [2300, 2303]
    servers = parse_simulators("a:2000, b:2100", 2)
    assert servers == [Simulator(False, "a", 2000), Simulator(False, "b", 2100)]
    assert parse_simulators("a:2000", 1) == [Simulator(False, "a", 2000)]
    for value in ("a:2000", "a:2000,b:2000,c:2000", "a:2000,a:2000"):
        with pytest.raises(ArgumentError, match="2 different <host>:<port>"):
            parse_simulators(value, 2)


def test_groups_are_named_by_counting() -> None:
    assert group_names("lab", 1) == ["lab"]
    assert group_names("sim0", 3) == ["sim0", "sim1", "sim2"]
    assert group_names("lab", 2) == ["lab0", "lab1"]
    assert group_names("sim9", 2) == ["sim9", "sim10"]


def test_raster_parameters() -> None:
    assert parse_image("raster", "") == {}
    assert parse_image("raster", "height=64,resolution_m=0.25") == {"height": 64, "resolution_m": 0.25}
    for value in ("height", "height=x", "size=3", "height=1.5", "=4"):
        with pytest.raises(ArgumentError, match=r"raster:='.*<name>=<value>,\.\.\. with names height, width"):
            parse_image("raster", value)


def test_camera_and_lidar_parameters() -> None:
    assert parse_image("camera", "sensors=front+left,color=false,resize=bilinear") == {
        "sensors": ["front", "left"],
        "color": False,
        "resize": "bilinear",
    }
    assert parse_image("lidar", "sensor=roof, form=grid,range_m=40") == {
        "sensor": "roof",
        "form": "grid",
        "range_m": 40.0,
    }
    for value in ("sensor=", "color=maybe", "form"):
        with pytest.raises(ArgumentError, match=r"camera:='.*with names sensors, height"):
            parse_image("camera", value)


def test_observations() -> None:
    assert parse_observation("state") == ()
    assert parse_observation("both") == parse_observation("raster+state") == ("raster",)
    assert parse_observation("lidar+state+camera") == ("camera", "lidar")
    for value in ("", "all", "state+state", "state+"):
        with pytest.raises(ArgumentError, match=r"observation:='.*state, raster, camera, lidar"):
            parse_observation(value)


def test_a_scenario_without_the_sensor_is_refused(tmp_path: Path) -> None:
    scenario = tmp_path / "bare.yaml"
    scenario.write_text("name: bare\n")
    check_sensors("state+raster", scenario)
    with pytest.raises(ArgumentError, match=r"scenario bare show, .* is a sensor\.camera\.rgb; it has: none"):
        check_sensors("state+camera", scenario)
    scenario.write_text("sensors: [{name: front, type: sensor.camera.rgb}]")
    check_sensors("state+camera", scenario)
    with pytest.raises(ArgumentError, match=r"is a sensor\.lidar\.ray_cast; it has: sensor\.camera\.rgb"):
        check_sensors("camera+lidar", scenario)


def test_numbers() -> None:
    assert parse_int("num_agents", "16", 1, 256) == 16
    assert parse_int("total_steps", "200_000", 1, 10**9) == 200000
    for value in ("0", "257", "x", "1.5", ""):
        with pytest.raises(ArgumentError, match=r"num_agents:='.*1 to 256"):
            parse_int("num_agents", value, 1, 256)
    assert parse_float("rate", "0.5", 0.0, 1.0) == 0.5
    for value in ("nan", "2", "-inf", "x"):
        with pytest.raises(ArgumentError, match="rate"):
            parse_float("rate", value, 0.0, 1.0)


def test_booleans() -> None:
    assert parse_bool("headless", "True") is True
    assert parse_bool("headless", "false") is False
    with pytest.raises(ArgumentError, match="true or false"):
        parse_bool("headless", "yes")


def test_simulator_name() -> None:
    assert parse_simulator_name("sim0") == "sim0"
    for value in ("", "0sim", "a/b", "x" * 32):
        with pytest.raises(ArgumentError, match="simulator_name"):
            parse_simulator_name(value)


def test_find_config(tmp_path: Path) -> None:
    (tmp_path / "town.yaml").write_text("name: town")
    other = tmp_path / "deep" / "mine.yaml"
    other.parent.mkdir()
    other.write_text("name: mine")
    assert find_config("scenario", "town", tmp_path) == tmp_path / "town.yaml"
    assert find_config("scenario", str(other), tmp_path) == other
    with pytest.raises(ArgumentError, match=r"scenario:='nowhere'.*town"):
        find_config("scenario", "nowhere", tmp_path)


def test_newest_run(tmp_path: Path) -> None:
    with pytest.raises(ArgumentError, match=r"run_name:=''.*there is none in"):
        newest_run(tmp_path)
    for age, name in enumerate(("b", "a", "c")):
        file = tmp_path / name / "checkpoints" / "checkpoint_1.pt"
        file.parent.mkdir(parents=True)
        file.touch()
        os.utime(file, (1000 - age, 1000 - age))
    assert newest_run(tmp_path) == "b"
