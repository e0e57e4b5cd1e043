"""Recording a run and playing it again without a simulator, as a user does it."""

import os
import re
import signal
import subprocess
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


def check_played(replay: Launched) -> None:
    """Check that what the gateway showed was what it showed while the bag was recorded."""
    found = re.search(r"(\d+) frames played: (\d+) observations identical .* (\d+) different", replay.output)
    assert found, replay.output[-4000:]
    played, identical, different = map(int, found.groups())
    assert played > 500
    assert identical > 0.9 * played  # the rest was lost to the recorder, which says so
    assert different == 0


def test_a_replay_gives_the_recorded_observations_bit_by_bit(bag: Path, tmp_path: Path) -> None:
    with Launched("replay", tmp_path, domain(21), bag=bag) as replay:
        assert replay.wait(120) == 0, replay.output[-4000:]
    check_played(replay)


def test_an_agent_answers_a_replay_and_sees_what_was_recorded(bag: Path, tmp_path: Path) -> None:
    domain_id = domain(25)
    command = ["ros2", "run", "drl_agent_node", "agent_node", "--ros-args", "-p", "run_name:=again"]
    command += [
        "-p",
        f"run_dir:={tmp_path / 'runs'}",
        "-p",
        "tracking_uri:='off'",
        "-p",
        "total_steps:=1000000",
    ]
    environment = os.environ | {"ROS_DOMAIN_ID": domain_id, "ROS_AUTOMATIC_DISCOVERY_RANGE": "LOCALHOST"}
    log = tmp_path / "agent.txt"
    with (
        log.open("w") as output,
        subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, env=environment, start_new_session=True
        ) as agent,
    ):
        try:
            with Launched("replay", tmp_path, domain_id, bag=bag, answer="false") as replay:
                assert replay.wait(120) == 0, replay.output[-4000:] + log.read_text()[-2000:]
        finally:
            os.killpg(agent.pid, signal.SIGINT)
    check_played(replay)
    assert "driving 2 agents" in log.read_text()
    assert agent.returncode == 0, log.read_text()[-2000:]
    assert list((tmp_path / "runs" / "again").glob("**/*.pt")), "the agent has learned nothing"


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
