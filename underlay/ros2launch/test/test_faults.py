"""What a user sees of nodes, files and packages that are broken; nothing is left behind by any of them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

DEADLINE_S = 60.0
os.environ["ROS_DOMAIN_ID"] = str(175 + os.getpid() % 3)

PROGRAMS = {
    "crash_at_start": "sys.exit(3)",
    "crash_later": "print('working', flush=True); time.sleep(1); os.abort()",
    "crash_on_sigint": "signal.signal(signal.SIGINT, lambda *_: os._exit(5)); ready()",
    "never_exits": "for s in (2, 15): signal.signal(s, signal.SIG_IGN)\nready()",
    "good": "signal.signal(signal.SIGINT, lambda *_: sys.exit(0)); ready()",
    "node": "import rclpy; rclpy.init(); rclpy.create_node('reader')",
}
PREAMBLE = """#!{python}
import os, signal, sys, time


def ready():
    print('ready', flush=True)
    time.sleep(600)


"""
FILE = """
from launch import LaunchDescription
from launch.actions import Shutdown
from launch_ros.actions import Node


def generate_launch_description():
    return LaunchDescription([{actions}])
"""


def node(executable: str, more: str = "") -> str:
    return f"Node(package='faulty', executable='{executable}', output='screen'{more})"


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a package with the programs."""
    for folder in ("share/faulty", "share/ament_index/resource_index/packages", "lib/faulty"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "share/ament_index/resource_index/packages/faulty").touch()
    for name, code in PROGRAMS.items():
        path = tmp_path / "lib/faulty" / name
        path.write_text(PREAMBLE.format(python=sys.executable) + code + "\n")
        path.chmod(0o755)
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path}:{os.environ.get('AMENT_PREFIX_PATH', '')}")
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    return tmp_path


def group_members(group: int) -> list[str]:
    found = []
    for name in filter(str.isdigit, os.listdir("/proc")):
        try:
            text = Path(f"/proc/{name}/stat").read_text()
        except OSError:
            continue
        state, _, number = text.rpartition(")")[2].split()[:3]
        if int(number) == group and state not in ("Z", "X"):
            found.append(text.split()[1])
    return found


def launch(prefix: Path, text: str, interrupt_at: str | None = None, *words: str) -> tuple[int, str]:
    """Run a launch file in a session of its own; interrupt it when a line has a text."""
    path = prefix / "share/faulty/faulty.launch.py"
    path.write_text(text)
    command = [sys.executable, "-c", "from ros2cli.cli import run; run()", "launch", str(path), *words]
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    ) as process:
        killer = threading.Timer(DEADLINE_S, os.killpg, (process.pid, signal.SIGKILL))
        killer.start()
        try:
            assert process.stdout is not None
            output = ""
            for line in process.stdout:
                output += line
                if interrupt_at is not None and interrupt_at in line:
                    process.send_signal(signal.SIGINT)
                    interrupt_at = None
            code = process.wait()
        finally:
            killer.cancel()
    assert group_members(process.pid) == []
    return code, output


def test_a_node_that_crashes_at_start(prefix: Path) -> None:
    code, output = launch(prefix, FILE.format(actions=node("crash_at_start")))
    assert code == 0  # as upstream: launch itself did what it was told
    assert "[ERROR] [crash_at_start-1]: process has died [pid " in output
    assert "exit code 3, cmd '" in output


def test_a_required_node_that_crashes_ends_the_others(prefix: Path) -> None:
    actions = f"{node('good')}, {node('crash_later', ', on_exit=Shutdown()')}"
    code, output = launch(prefix, FILE.format(actions=actions))
    assert code == 0
    assert f"exit code {-signal.SIGABRT}" in output
    assert "process[crash_later-2] was required: shutting down launched system" in output
    assert "[INFO] [good-1]: process has finished cleanly" in output


def test_a_node_that_crashes_on_sigint(prefix: Path) -> None:
    code, output = launch(prefix, FILE.format(actions=node("crash_on_sigint")), "ready")
    assert code == 0
    assert "[crash_on_sigint-1]: process has died [pid " in output
    assert "exit code 5" in output


def test_a_node_that_never_exits(prefix: Path) -> None:
    more = ", sigterm_timeout='0.3', sigkill_timeout='0.3'"
    code, output = launch(prefix, FILE.format(actions=node("never_exits", more)), "ready")
    assert code == 0
    assert "after receiving 'SIGINT', escalating to 'SIGTERM'" in output
    assert "after receiving 'SIGTERM', escalating to 'SIGKILL'" in output
    assert f"exit code {-signal.SIGKILL}" in output


def test_nodes_of_one_name(prefix: Path) -> None:
    twins = ", ".join(node("good", ", name='twin'") for _ in range(2))
    code, output = launch(prefix, FILE.format(actions=twins), "ready")
    assert code == 0
    assert (
        "there are now 2 nodes with the name '/twin' in this launch; names of nodes should be unique"
        in output
    )


def test_a_node_with_a_broken_parameter_file(prefix: Path) -> None:
    file = prefix / "parameters.yaml"
    file.write_text("reader: {ros__parameters: [1, 2\n")
    code, output = launch(prefix, FILE.format(actions=node("node", f", parameters=['{file}']")))
    assert code == 0
    assert str(file) in output
    assert "Couldn't parse params file" in output
    assert "process has died" in output


@pytest.mark.parametrize(
    ("text", "messages"),
    [
        (FILE.format(actions="Node("), ["does not match opening parenthesis", "faulty.launch.py, line 8"]),
        ("import absent_module\n", ["No module named 'absent_module'"]),
        (FILE.format(actions="Node(package='absent', executable='x')"), ["package 'absent' not found"]),
        (FILE.format(actions=node("absent")), ["executable 'absent' not found on the libexec directory"]),
        (
            FILE.format(actions=node("good", ", parameters=['/absent.yaml']")),
            ["parameter file '/absent.yaml' of node '", "does not exist"],
        ),
        (FILE.format(actions=f"{node('good')}, {node('absent')}"), ["executable 'absent' not found"]),
    ],
    ids=["syntax", "import", "package", "executable", "parameters", "beside a good one"],
)
def test_launches_that_cannot_be(prefix: Path, text: str, messages: list[str]) -> None:
    code, output = launch(prefix, text)
    assert code == 1
    for message in messages:
        assert message in output, output
