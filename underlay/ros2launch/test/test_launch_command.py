"""`ros2 launch`: finding files, arguments, output, exit codes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ros2cli.cli import main
from ros2launch.api import parse_launch_arguments

DEADLINE_S = 60.0
FILE = """
from launch import LaunchDescription
from launch.actions import DeclareLaunchArgument, ExecuteProcess, LogInfo
from launch.substitutions import LaunchConfiguration

def generate_launch_description():
    return LaunchDescription([
        DeclareLaunchArgument('who', default_value='nobody', description='whom to greet'),
        DeclareLaunchArgument('mode', default_value='a', choices=['a', 'b']),
        LogInfo(msg=['hello ', LaunchConfiguration('who')]),
        ExecuteProcess(cmd=['sh', '-c', 'echo running'], output='log'),
    ])
"""


@pytest.fixture
def prefix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for folder in ("share/own_pkg/launch", "share/own_pkg/more", "share/ament_index/resource_index/packages"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "share/ament_index/resource_index/packages/own_pkg").touch()
    (tmp_path / "share/own_pkg/launch/greet.launch.py").write_text(FILE)
    for folder in ("launch", "more"):
        (tmp_path / f"share/own_pkg/{folder}/twice.launch.py").write_text(FILE)
    (tmp_path / "share/own_pkg/launch/broken.launch.py").write_text("raise RuntimeError('no good')")
    (tmp_path / "share/own_pkg/launch/old.launch.xml").write_text("<start/>")
    monkeypatch.setenv("AMENT_PREFIX_PATH", f"{tmp_path}:{os.environ.get('AMENT_PREFIX_PATH', '')}")
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    return tmp_path


def run(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from ros2cli.cli import run; run()", "launch", *words]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )


@pytest.mark.usefixtures("prefix")
def test_package_and_file() -> None:
    result = run("own_pkg", "greet.launch.py", "who:=you", "who:=me")
    assert result.returncode == 0
    assert "[INFO] [launch.user]: hello me" in result.stdout
    assert "running" not in result.stdout
    assert "[sh-1] running" in run("-a", "own_pkg", "greet.launch.py").stdout


def test_path(prefix: Path) -> None:
    result = run(str(prefix / "share/own_pkg/launch/greet.launch.py"), "who:=file")
    assert result.returncode == 0
    assert "hello file" in result.stdout


@pytest.mark.usefixtures("prefix")
def test_show_arguments_and_print(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(argv=["launch", "own_pkg", "greet.launch.py", "--show-args"]) == 0
    output = capsys.readouterr().out
    assert "    'who':\n        whom to greet\n        (default: 'nobody')\n" in output
    assert "one of: ['a', 'b']" in output
    assert main(argv=["launch", "own_pkg", "greet.launch.py", "--print"]) == 0
    assert "ExecuteProcess(cmd=['sh' '-c' 'echo running'])" in capsys.readouterr().out


@pytest.mark.usefixtures("prefix")
@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("own_pkg", "absent.launch.py"), "file 'absent.launch.py' was not found"),
        (("absent_pkg", "x.launch.py"), "Package 'absent_pkg' not found"),
        (("own_pkg",), "launch file name is missing"),
        (("own_pkg", "twice.launch.py"), "found more than once"),
        (("own_pkg", "greet.launch.py", "who=me"), "malformed launch argument 'who=me'"),
        (("own_pkg", "greet.launch.py", "mode:=c"), "'mode' has the value 'c'"),
        (("own_pkg", "broken.launch.py"), "no good"),
        (("own_pkg", "old.launch.xml"), "a launch file begins with 'launch'"),
    ],
)
def test_errors(words: Any, message: str) -> None:
    result = run(*words)
    assert result.returncode == 1
    assert message in result.stdout + result.stderr


@pytest.mark.usefixtures("prefix")
def test_debug_shows_the_traceback() -> None:
    result = run("-d", "own_pkg", "broken.launch.py")
    assert result.returncode == 1
    assert "Traceback" in result.stdout


def test_prefix_of_commands(prefix: Path) -> None:
    path = str(prefix / "share/own_pkg/launch/greet.launch.py")
    result = run("-a", "--launch-prefix", "echo before", path)
    assert "before sh -c echo running" in result.stdout
    assert (
        "before"
        not in run("-a", "--launch-prefix", "echo before", "--launch-prefix-filter", "other", path).stdout
    )


def test_ctrl_c_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ROS_LOG_DIR", str(tmp_path / "log"))
    path = tmp_path / "endless.launch.py"
    path.write_text(
        FILE.replace("'echo running'", "'echo running; exec sleep 600'").replace("'log'", "'screen'")
    )
    command = [sys.executable, "-c", "from ros2cli.cli import run; run()", "launch", str(path)]
    with subprocess.Popen(
        command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if "running" in line and "[sh-1]" in line:
                break
        os.killpg(process.pid, signal.SIGINT)
        output, _ = process.communicate(timeout=DEADLINE_S)
    assert process.returncode == 0
    assert "user interrupted with ctrl-c (SIGINT)" in output
    assert "sending signal" not in output


def test_arguments_are_pairs() -> None:
    assert parse_launch_arguments(["a:=1", "b:=x:=y", "a:=2"]) == [("b", "x:=y"), ("a", "2")]
    with pytest.raises(RuntimeError, match="malformed"):
        parse_launch_arguments([":=1"])
