"""Starts the simulator server for tests, and stops it again."""

from __future__ import annotations

import os
import re
import selectors
import signal
import subprocess
import sys
import time
from pathlib import Path

PACKAGE_ROOT = Path(__file__).resolve().parent.parent
START_LIMIT_S = 600.0  # the very first start compiles everything, which takes a busy machine long
STOP_LIMIT_S = 10.0
_START = re.compile(r"RPC port (\d+), streaming port (\d+)")


def environment() -> dict[str, str]:
    """Environment in which the package of this checkout is imported."""
    paths = [str(PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
    return os.environ | {"PYTHONPATH": os.pathsep.join(path for path in paths if path)}


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "carla_drl_sim", *arguments]


class ServerProcess:
    """A running server on free ports, with recordings next to its log."""

    def __init__(self, log: Path, *arguments: str, program: Path | None = None) -> None:
        """`program`: a Python file that serves instead of the package."""
        self.log = log
        run = command() if program is None else [sys.executable, str(program)]
        with log.open("w") as errors:
            self.process = subprocess.Popen(
                [*run, "--port", "0", "--recordings", str(log.parent / "recordings"), *arguments],
                env=environment(),
                stdout=subprocess.PIPE,
                stderr=errors,
            )
        self.start_line = line = self._start_line()
        match = _START.search(line)
        if match is None:
            self.stop()
            raise AssertionError(f"no start line: {line!r}\n{log.read_text()}")
        self.rpc_port, self.stream_port = int(match[1]), int(match[2])

    def _start_line(self) -> str:
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)
        received = b""
        deadline = time.monotonic() + START_LIMIT_S
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while b"\n" not in received and time.monotonic() < deadline:
                if selector.select(deadline - time.monotonic()):
                    part = self.process.stdout.read()
                    if not part:
                        break
                    received += part
        return received.decode()

    def log_lines(self) -> list[str]:
        """What was logged, without what a first start says about compiling."""
        return [
            line for line in self.log.read_text().splitlines() if not line.startswith("carla_drl_sim: compil")
        ]

    def resident_bytes(self) -> int:
        """Memory that the process occupies."""
        text = Path(f"/proc/{self.process.pid}/statm").read_text()
        return int(text.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def stop(self) -> int:
        """Ask the server to end; return its exit code."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.send_signal(signal.SIGINT)  # at once, without waiting for clients to leave
        try:
            return self.process.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            if self.process.stdout is not None:
                self.process.stdout.close()
