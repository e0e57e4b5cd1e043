"""`ros2 topic` against a real talker."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import Any

import pytest
import yaml
from conftest import DEADLINE_S
from ros2topic.verb.bw import SizeWindow, human_size
from ros2topic.verb.hz import RateWindow

pytestmark = pytest.mark.usefixtures("talker")


def test_list(ros2: Any) -> None:
    result = ros2("list")
    assert result.returncode == 0
    assert set(result.stdout.split()) >= {"/chatter", "/scan", "/latched", "/parameter_events", "/rosout"}
    assert "/_hidden" not in result.stdout
    assert "/_hidden" in ros2("list", "--include-hidden-topics").stdout


def test_list_with_types_and_details(ros2: Any) -> None:
    assert "/scan [sensor_msgs/msg/LaserScan]" in ros2("list", "-t").stdout.splitlines()
    verbose = ros2("list", "-v").stdout
    assert " * /chatter [std_msgs/msg/String] 1 publisher\n" in verbose.partition("Subscribed topics:")[0]
    assert int(ros2("list", "-c").stdout) >= 5


def test_type_and_info(ros2: Any) -> None:
    assert ros2("type", "/scan").stdout == "sensor_msgs/msg/LaserScan\n"
    assert ros2("type", "/absent").returncode == 1
    result = ros2("info", "/chatter")
    assert result.stdout == "Type: std_msgs/msg/String\nPublisher count: 1\nSubscription count: 0\n"
    verbose = ros2("info", "-v", "/chatter").stdout
    assert "Node name: talker" in verbose
    assert "Reliability: RELIABLE" in verbose
    absent = ros2("info", "/absent")
    assert absent.returncode == 1
    assert absent.stderr == "Unknown topic '/absent'\n"


def test_echo_once(ros2: Any) -> None:
    result = ros2("echo", "/chatter", "--once")
    assert result.returncode == 0
    values, end = result.stdout.rstrip("\n").rsplit("\n", 1)
    assert yaml.safe_load(values)["data"].startswith("hello ")
    assert end == "---"


def test_echo_cuts_and_selects(ros2: Any) -> None:
    scan = yaml.safe_load(ros2("echo", "/scan", "--once", "-l", "2").stdout.rpartition("---")[0])
    assert scan["ranges"] == [0.5, 0.5, "..."]
    scan = yaml.safe_load(ros2("echo", "/scan", "--once", "-f").stdout.rpartition("---")[0])
    assert len(scan["ranges"]) == 300
    scan = yaml.safe_load(ros2("echo", "/scan", "--once", "--no-arr").stdout.rpartition("---")[0])
    assert scan["ranges"] == "<sequence type: float, length: 300>"
    assert ros2("echo", "/scan", "--once", "--field", "ranges[1]", "--csv").stdout == "0.5\n"
    cleared = ros2("echo", "/scan", "--once", "--field", "angle_min", "--clear", "-n", "listener").stdout
    assert cleared == "\x1b[H\x1b[2J\x1b[3J0.0\n---\n"
    wrong = ros2("echo", "/scan", "--once", "--field", "nope")
    assert wrong.returncode == 1
    assert "Invalid field 'nope'" in wrong.stderr


def test_echo_takes_the_quality_of_service_from_the_publisher(ros2: Any) -> None:
    assert "kept" in ros2("echo", "/latched", "--once", "--timeout", "30").stdout
    volatile = ros2("echo", "/latched", "--qos-durability", "volatile", "--timeout", "1")
    assert volatile.stdout == ""


def test_echo_with_a_filter_and_a_type(ros2: Any) -> None:
    result = ros2(
        "echo",
        "/chatter",
        "std_msgs/msg/String",
        "--once",
        "--filter",
        "m.data.endswith('7')",
        "--field",
        "data",
        "--csv",
    )
    assert result.stdout.rstrip().endswith("7")


def test_echo_of_what_is_not_there(ros2: Any) -> None:
    result = ros2("echo", "/absent")
    assert result.returncode == 1
    assert "Could not determine the type for the passed topic" in result.stderr
    assert "nope_msgs" in ros2("echo", "/absent", "nope_msgs/msg/Nope").stderr


def test_hz_until_ctrl_c(environment: dict[str, str]) -> None:
    command = [
        sys.executable,
        "-c",
        "from ros2cli.cli import run; run()",
        "topic",
        "hz",
        "/chatter",
        "--window",
        "30",
    ]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        rate = process.stdout.readline()
        details = process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=DEADLINE_S)
    assert 2.0 < float(rate.removeprefix("average rate: ")) < 200.0
    assert "window: " in details
    assert process.returncode == 2
    assert errors == ""


def test_published_messages_arrive(ros2: Any, environment: dict[str, str]) -> None:
    command = [
        sys.executable,
        "-c",
        "from ros2cli.cli import run; run()",
        "topic",
        "echo",
        "/posted",
        "std_msgs/msg/String",
        "--once",
    ]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as echo:
        result = ros2(
            "pub",
            "--times",
            "3",
            "-r",
            "10",
            "--keep-alive",
            "1",
            "/posted",
            "std_msgs/msg/String",
            "--stdin",
            given="data: text",
        )
        output, _ = echo.communicate(timeout=DEADLINE_S)
    assert result.returncode == 0
    assert "publishing #3: std_msgs.msg.String(data='text')" in result.stdout
    assert output == "data: text\n---\n"
    assert "has no field 'nope'" in ros2("pub", "--once", "/x", "std_msgs/msg/String", "nope: 1").stderr


def test_rate_window() -> None:
    window = RateWindow(3)
    assert window.report() is None
    for time_s in (0.0, 1.0, 1.5, 2.0):
        window.add(time_s)
    assert window.report() == (2.0, 0.5, 0.5, 0.0, 3)
    assert window.report() is None
    window.add(0.5)
    assert window.report() is None


def first_lines(environment: dict[str, str], count: int, *words: str) -> list[str]:
    """Return the first lines that a command prints, and end it."""
    command = [sys.executable, "-c", "from ros2cli.cli import run; run()", "topic", *words]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            return [process.stdout.readline() for _ in range(count)]
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=DEADLINE_S)


def test_bandwidth_and_delay(environment: dict[str, str]) -> None:
    subscribed, rate, sizes = first_lines(environment, 3, "bw", "/scan")
    assert subscribed == "Subscribed to [/scan]\n"
    assert "/s from " in rate
    assert sizes.startswith("\tMessage size mean: 1.2")
    delay, details = first_lines(environment, 2, "delay", "/scan")
    assert float(delay.removeprefix("average delay: ")) > 1e9  # the talker's stamps are zero
    assert "window: " in details


def test_delay_needs_a_header_and_find_a_type(ros2: Any) -> None:
    assert ros2("delay", "/chatter").stderr == "Messages of '/chatter' have no header\n"
    assert ros2("find", "sensor_msgs/msg/LaserScan").stdout == "/scan\n"


def test_size_window() -> None:
    window = SizeWindow(2)
    window.add(0.0, 100)
    assert window.report(1.0) is None
    window.add(1.0, 300)
    window.add(2.0, 500)
    assert window.report(3.0) == (400.0, 2, 400.0, 300, 500)
    assert [human_size(size) for size in (999, 1500, 2e6)] == ["999 B", "1.50 KB", "2.00 MB"]
