"""Start, stop and refusals of the command line."""

from __future__ import annotations

import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from raw_client import RawClient
from server_process import ServerProcess, command, environment

from carla_drl_sim import CARLA_VERSION
from carla_drl_sim.cli import EXIT_CONFIGURATION, main


def _run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments), env=environment(), capture_output=True, text=True, timeout=60.0
    )


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_signals_end_the_server_cleanly(start_server: Callable[..., ServerProcess], number: int) -> None:
    server = start_server()
    server.process.send_signal(number)
    assert server.process.wait(10.0) == 0
    assert server.log_lines() == []


def test_signals_end_a_synchronous_idle_server(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server("--synchronous")
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(10.0) == 0


_WAITS_LONG_FOR_CLIENTS = """
import sys
import carla_drl_sim.server
carla_drl_sim.server.LEAVE_LIMIT_S = 600.0
from carla_drl_sim.cli import main
sys.exit(main(sys.argv[1:]))
"""


def test_clients_may_clean_up_before_the_server_ends(
    start_server: Callable[..., ServerProcess], tmp_path: Path
) -> None:
    (tmp_path / "program.py").write_text(_WAITS_LONG_FOR_CLIENTS)
    server = start_server("--synchronous", program=tmp_path / "program.py")
    with RawClient(server.rpc_port) as client:
        client.value("version")
        server.process.send_signal(signal.SIGTERM)
        for _ in range(3):
            assert client.value("version") == CARLA_VERSION
            assert server.process.poll() is None
    assert server.process.wait(60.0) == 0


def test_a_client_that_stays_does_not_keep_the_server(start_server: Callable[..., ServerProcess]) -> None:
    server = start_server("--synchronous")
    with RawClient(server.rpc_port) as client:
        client.value("version")
        server.process.send_signal(signal.SIGTERM)
        assert server.process.wait(10.0) == 0


@pytest.mark.parametrize("offset", [0, 1])
def test_a_taken_port_is_named(offset: int) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        finished = _run("--port", str(port - offset))
    assert finished.returncode == EXIT_CONFIGURATION
    assert f"port {port} " in finished.stderr
    assert "--port" in finished.stderr
    assert len(finished.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--town", "Town99"], ["--town Town99", "Town01"]),
        (["--port", "70000"], ["--port 70000", "65534"]),
        (["--port", "x"], ["--port", "x"]),
        (["--fps", "nan"], ["--fps nan", "1 to 1000"]),
        (["--seed", "-1"], ["--seed -1", "4294967295"]),
        (["--log-level", "loud"], ["--log-level", "warning"]),
        (["--host", "256.1.1.1", "--port", "0"], ["--host 256.1.1.1"]),
        (["--unheard-of"], ["--unheard-of"]),
    ],
)
def test_bad_options_are_refused(
    arguments: list[str], expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == EXIT_CONFIGURATION
    error = capsys.readouterr().err
    assert all(text in error for text in expected), error


def test_arguments_of_ros_are_ignored(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--ros-args", "-r", "__node:=sim", "--", "--town", "Town99"]) == EXIT_CONFIGURATION
    assert "Town99" in capsys.readouterr().err


def test_help_lists_the_options() -> None:
    finished = _run("--help")
    assert finished.returncode == 0
    for option in ("--host", "--port", "--town", "--seed", "--fps", "--log-level"):
        assert option in finished.stdout
