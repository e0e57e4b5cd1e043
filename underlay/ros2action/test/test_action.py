"""`ros2 action` against a real server."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from io import BytesIO, TextIOWrapper
from typing import Any

import pytest
from ros2cli.testing import DEADLINE_S

FIBONACCI = "example_interfaces/action/Fibonacci"


def test_list_type_and_info(ros2: Any) -> None:
    assert ros2("list").out == "/fibonacci\n"
    assert ros2("list", "-t").out == f"/fibonacci [{FIBONACCI}]\n"
    assert ros2("list", "-c").out == "1\n"
    assert ros2("type", "fibonacci").out == f"{FIBONACCI}\n"
    assert ros2("type", "absent").code == 1
    assert ros2("find", FIBONACCI).out == "/fibonacci\n"
    assert ros2("find", "-c", "example_interfaces/action/Absent").out == "0\n"
    assert ros2("info", "/fibonacci", "-t").out.splitlines() == [
        "Action: /fibonacci",
        "Action clients: 0",
        "Action servers: 1",
        f"    /server [{FIBONACCI}]",
    ]


def test_a_goal_with_feedback(ros2: Any) -> None:
    text = ros2("send_goal", "/fibonacci", FIBONACCI, "{order: 4}", "--feedback").out
    assert "Sending goal:\n     order: 4\n" in text
    assert "Goal accepted with ID: " in text
    assert text.count("Feedback:\n    sequence:") == 2
    assert "Result:\n    sequence:\n    - 0\n    - 1\n    - 1\n    - 2\n" in text
    assert text.endswith("Goal finished with status: SUCCEEDED\n")


def test_a_goal_that_is_rejected(ros2: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(b"order: -1")))
    assert ros2("send_goal", "/fibonacci", FIBONACCI, "--stdin").out.endswith("Goal was rejected.\n")


def test_interrupting_cancels_the_goal() -> None:
    command = [sys.executable, "-c", "from ros2cli.cli import run; run()", "action", "send_goal"]
    with subprocess.Popen(
        [*command, "/fibonacci", FIBONACCI, "{order: 1000}"],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ, PYTHONUNBUFFERED="1"),
    ) as process:
        try:
            assert process.stdout is not None
            for line in process.stdout:
                if line.startswith("Goal accepted"):
                    process.send_signal(signal.SIGINT)
                    break
            rest, _ = process.communicate(timeout=DEADLINE_S)
        finally:
            process.kill()
    assert "Canceling goal...\nGoal canceled.\n" in rest
    assert process.returncode == 2


def test_mistakes_are_named(ros2: Any) -> None:
    wrong = ros2("send_goal", "/fibonacci", "example_interfaces/action/Absent", "{}")
    assert (wrong.code, "is invalid or its package is not there" in wrong.err) == (1, True)
    wrong = ros2("send_goal", "/fibonacci", FIBONACCI, "{rank: 1}")
    assert (wrong.code, "Failed to populate message fields" in wrong.err) == (1, True)
