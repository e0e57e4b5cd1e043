"""`ros2 service` against a real server."""

from __future__ import annotations

import itertools
import signal
import subprocess
import sys
import time
from typing import Any

import pytest
from rclpy.context import Context
from ros2cli.testing import DEADLINE_S


def wait_for_echo() -> None:
    """Wait until somebody listens to what the server tells of its calls."""
    import rclpy

    context = Context()
    rclpy.init(context=context)
    node = rclpy.create_node("watcher", context=context)
    deadline = time.monotonic() + DEADLINE_S
    while not node.get_subscriptions_info_by_topic("/add/_service_event"):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    context.try_shutdown()


def test_list_and_find(ros2: Any) -> None:
    names = ros2("list").out.split()
    assert "/add" in names
    assert "/server/set_parameters" in names
    assert "/_hidden" not in names
    assert "/_hidden" in ros2("list", "--include-hidden-services").out.split()
    assert "/add [example_interfaces/srv/AddTwoInts]" in ros2("list", "-t").out.splitlines()
    assert ros2("find", "example_interfaces/srv/AddTwoInts").out == "/add\n"
    assert ros2("find", "-c", "example_interfaces/srv/AddTwoInts").out == "1\n"


def test_type_and_info(ros2: Any) -> None:
    assert ros2("type", "add").out == "example_interfaces/srv/AddTwoInts\n"
    assert ros2("type", "absent").code == 1
    info = "Type: example_interfaces/srv/AddTwoInts\nClients count: 0\nServices count: 1\n"
    assert ros2("info", "/add").out == info
    assert ros2("info", "/absent").err == "Unknown service '/absent'\n"


def test_call(ros2: Any) -> None:
    result = ros2("call", "/add", "example_interfaces/srv/AddTwoInts", "{a: 2, b: 40}")
    assert result.out.splitlines() == [
        "requester: making request: example_interfaces.srv.AddTwoInts_Request(a=2, b=40)",
        "",
        "response:",
        "example_interfaces.srv.AddTwoInts_Response(sum=42)",
        "",
    ]


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["example_interfaces/srv/Absent"], "The service type 'example_interfaces/srv/Absent' is invalid"),
        (["example_interfaces/srv/AddTwoInts", "{c: 1}"], "Failed to populate field: "),
        (["example_interfaces/srv/AddTwoInts", "{"], "Failed to populate field: "),
    ],
)
def test_mistakes_in_a_call_are_named(ros2: Any, words: list[str], text: str) -> None:
    result = ros2("call", "/add", *words)
    assert result.code == 1
    assert result.err.startswith(text)


def test_echo_shows_what_others_call(ros2: Any) -> None:
    command = [sys.executable, "-uc", "from ros2cli.cli import run; run()", "service", "echo", "/add"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as echo:
        try:
            wait_for_echo()
            ros2("call", "/add", "example_interfaces/srv/AddTwoInts", "{a: 2, b: 40}")
            assert echo.stdout is not None
            lines = list(itertools.takewhile(lambda line: "---" not in line, echo.stdout))
            answer = list(itertools.takewhile(lambda line: "---" not in line, echo.stdout))
        finally:
            echo.send_signal(signal.SIGINT)
    assert echo.returncode == 2
    assert "  event_type: REQUEST_RECEIVED\n" in lines
    assert lines[-4:] == ["request:\n", "- a: 2\n", "  b: 40\n", "response: []\n"]
    assert answer[-3:] == ["request: []\n", "response:\n", "- sum: 42\n"]
