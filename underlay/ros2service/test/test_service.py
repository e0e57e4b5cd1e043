"""`ros2 service` against a real server."""

from __future__ import annotations

from typing import Any

import pytest


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
