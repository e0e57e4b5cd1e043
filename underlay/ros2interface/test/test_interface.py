"""`ros2 interface` on the installed packages."""

from __future__ import annotations

import sys
from collections.abc import Callable

import pytest
import yaml


@pytest.fixture
def ros2(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[object, str]]:
    """Return a function that runs the command and returns its result and output."""

    def run(*words: str) -> tuple[object, str]:
        from ros2cli.cli import main

        monkeypatch.setattr(sys, "argv", ["ros2", "interface", *words])
        return main(), capsys.readouterr().out

    return run


Ros2 = Callable[..., tuple[object, str]]


def test_list(ros2: Ros2) -> None:
    _, text = ros2("list")
    messages, _, rest = text.partition("Services:\n")
    services, _, actions = rest.partition("Actions:\n")
    assert messages.startswith("Messages:\n")
    assert "    std_msgs/msg/String\n" in messages
    assert "    std_srvs/srv/SetBool\n" in services
    assert "    example_interfaces/action/Fibonacci\n" in actions
    assert ros2("list", "-a")[1] == "Actions:\n" + actions


def test_packages(ros2: Ros2) -> None:
    assert ros2("package", "std_srvs")[1].split() == [
        f"std_srvs/srv/{n}" for n in ("Empty", "SetBool", "Trigger")
    ]
    assert ros2("package", "std_srvs", "-m")[1] == ""
    assert ros2("package", "absent")[0] == "Unknown package 'absent'"
    assert "std_srvs" in ros2("packages", "-s")[1].split()
    assert "std_srvs" not in ros2("packages", "-m")[1].split()


def test_show_expands_nested_messages(ros2: Ros2) -> None:
    _, text = ros2("show", "geometry_msgs/msg/PointStamped", "--no-comments")
    assert text.splitlines() == [
        "std_msgs/Header header",
        "\tbuiltin_interfaces/Time stamp",
        "\t\tint32 sec",
        "\t\tuint32 nanosec",
        "\tstring frame_id",
        "Point point",
        "\tfloat64 x",
        "\tfloat64 y",
        "\tfloat64 z",
    ]
    assert "# Two-integer timestamp" in ros2("show", "std_msgs/msg/Header")[1]
    assert ros2("show", "example_interfaces/action/Fibonacci", "--no-comments")[1].count("---\n") == 2
    assert "not found" in str(ros2("show", "std_msgs/msg/Absent")[0])


def test_proto_is_yaml(ros2: Ros2) -> None:
    _, text = ros2("proto", "example_interfaces/srv/AddTwoInts", "--no-quotes")
    assert yaml.safe_load(text) == {"a": 0, "b": 0}
