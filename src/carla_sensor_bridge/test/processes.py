"""Simulator and bridge as the processes that they are in a run."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from types import TracebackType

import yaml
from gateway_peer import GatewayPeer, wait_until

from carla_sensor_bridge.gateway_packets import socket_name

EXAMPLE = Path(__file__).parent / "town01_basic.yaml"
# Own domains for these tests; one of ten, so that two runs at once rarely meet.
DOMAIN_ID = 140 + os.getpid() % 10
START_TIMEOUT_S = 60.0
STOP_S = 2.0


class Process:
    """A child process whose output goes to a file."""

    def __init__(self, module: str, *arguments: str) -> None:
        # A file, not a pipe: nobody has to read it for the child to go on.
        self._output = tempfile.TemporaryFile()  # noqa: SIM115
        environment = dict(
            os.environ, ROS_DOMAIN_ID=str(DOMAIN_ID), ROS_AUTOMATIC_DISCOVERY_RANGE="LOCALHOST"
        )
        environment.update(PYTHONUNBUFFERED="1", RCUTILS_COLORIZED_OUTPUT="0")
        self.process = subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            stdout=self._output,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            env=environment,
        )

    def output(self) -> str:
        self._output.flush()
        size = os.fstat(self._output.fileno()).st_size
        return os.pread(self._output.fileno(), size, 0).decode(errors="replace")

    def says(self, text: str, timeout_s: float = START_TIMEOUT_S) -> bool:
        """Wait until the output contains a text, or the process has ended."""
        wait_until(lambda: text in self.output() or self.process.poll() is not None, timeout_s)
        return text in self.output()

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def wait(self, timeout_s: float) -> int | None:
        """Return the exit code, or None when it still runs after that time."""
        try:
            return self.process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return None

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        if kind is not None:
            print(
                f"--- output of {self.process.args!r}, exit code {self.process.returncode}\n{self.output()}"
            )
        self._output.close()


class Simulator(Process):
    """The embedded simulator on a free port."""

    def __init__(self, *arguments: str) -> None:
        super().__init__("carla_drl_sim", "--port", "0", *arguments)
        assert self.says("streaming port"), self.output()
        match = re.search(r"RPC port (\d+)", self.output())
        assert match is not None, self.output()
        self.port = int(match.group(1))


class Bridge(Process):
    """The bridge node with parameters."""

    def __init__(self, port: int, scenario: Path = EXAMPLE, **parameters: object) -> None:
        values = {"port": port, "scenario": scenario} | parameters
        arguments = ["--ros-args"]
        for name, value in values.items():
            arguments += ["-p", f"{name}:={value}"]
        super().__init__("carla_sensor_bridge.start", *arguments)


def free_port() -> int:
    """A port that nobody listens on at present."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def gateway(simulator: str = "sim0") -> GatewayPeer:
    """A gateway for the bridges of these tests."""
    return GatewayPeer(socket_name(simulator, DOMAIN_ID))


def scenario(tmp_path: Path, **sections: object) -> Path:
    """The example with some fields changed; a mapping changes only the fields that it names."""
    document = yaml.safe_load(EXAMPLE.read_text())
    for name, value in sections.items():
        before = document.get(name)
        document[name] = before | value if isinstance(before, dict) and isinstance(value, dict) else value
    path = tmp_path / "scenario.yaml"
    path.write_text(yaml.safe_dump(document))
    return path


def start(peer: GatewayPeer, bridge: Bridge) -> None:
    try:
        peer.accept(START_TIMEOUT_S)
    except TimeoutError:
        raise AssertionError(f"the bridge did not connect:\n{bridge.output()}") from None
