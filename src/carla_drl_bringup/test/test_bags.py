"""Recording a run and playing it again without a simulator, as a user does it."""

import re
from pathlib import Path

import pytest
from launched import Launched, domain


@pytest.fixture(scope="module")
def bag(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A recorded training run of two agents."""
    folder = tmp_path_factory.mktemp("bag")
    with Launched("record", folder, domain(20), bag="drive") as recorder:
        recorder.wait_for(lambda text: "Listening for topics" in text, "start of the recorder")
        with Launched(
            "train", folder, domain(20), num_agents=2, total_steps=2048, run_name="recorded"
        ) as run:
            assert run.wait(180) == 0, run.output[-4000:]
        recorder.interrupt()
        assert recorder.wait(30) == 0, recorder.output[-4000:]
    return folder / "drive"


def test_a_replay_gives_the_recorded_observations_bit_by_bit(bag: Path, tmp_path: Path) -> None:
    with Launched("replay", tmp_path, domain(21), bag=bag) as replay:
        assert replay.wait(120) == 0, replay.output[-4000:]
    found = re.search(r"(\d+) frames played: (\d+) observations identical .* (\d+) different", replay.output)
    assert found, replay.output[-4000:]
    played, identical, different = map(int, found.groups())
    assert played > 500
    assert identical > 0.9 * played  # the rest was lost to the recorder, which says so
    assert different == 0


def test_a_bag_without_the_simulator_is_explained(bag: Path, tmp_path: Path) -> None:
    with Launched("replay", tmp_path, domain(22), bag=bag, simulator_name="sim7") as replay:
        replay.wait(60)
    assert "refused its configuration" in replay.output
    assert "no frames of simulator 'sim7'" in replay.output
    assert "/carla_drl/sim0/frame_record" in replay.output  # what it has
    assert "Traceback" not in replay.output


@pytest.mark.parametrize(
    ("launch_file", "argument", "value", "allowed"),
    [
        ("record", "topics", "everything", "light, dataset, full"),
        ("record", "storage", "tape", "mcap, sqlite3"),
        ("record", "max_size_mb", "-1", "whole number"),
        ("replay", "bag", "nowhere", "a folder that `ros2 bag record` wrote"),
        ("replay", "rate", "-1", "a number from 0"),
    ],
)
def test_a_bad_argument_is_explained(
    tmp_path: Path, launch_file: str, argument: str, value: str, allowed: str
) -> None:
    with Launched(launch_file, tmp_path, domain(23), **{argument: value}) as run:
        code = run.wait(30)
    assert code != 0
    assert f"{argument}:='{value}'" in run.output
    assert allowed in run.output
