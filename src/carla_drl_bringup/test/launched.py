"""A launch file running as a user would run it, for tests: `ros2 launch` in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

import psutil

from carla_drl_bringup import shared_memory
from carla_drl_bringup.arguments import first_free_port

LAUNCH_FILES = {"train", "evaluate", "infer", "record", "replay", "sim", "view"}


def domain(offset: int) -> str:
    """Return a ROS_DOMAIN_ID that tests running at the same time do not share."""
    return str(60 + (os.getpid() * 7 + offset) % 40)


class Launched:
    """`ros2 launch carla_drl_bringup <name>.launch.py <arguments>` with its output collected."""

    def __init__(
        self,
        name: str,
        folder: Path,
        domain_id: str,
        *,
        preexec: Callable[[], None] | None = None,
        **arguments: object,
    ) -> None:
        """Start it in `folder`; `preexec` runs in its process before."""
        assert name in LAUNCH_FILES
        if name in {"train", "evaluate", "infer"}:
            # A port of its own: two that start at the same moment may find the same one free.
            port = first_free_port(10000 + os.getpid() % 1000 * 20, 31000)
            arguments = {"simulator": f"embedded:{port}"} | arguments
        if name == "train":
            arguments = {"tracking_uri": "off"} | arguments
        command = ["ros2", "launch", "carla_drl_bringup", f"{name}.launch.py"]
        command += [f"{key}:={value}" for key, value in arguments.items()]
        environment = dict(
            os.environ, ROS_DOMAIN_ID=domain_id, ROS_LOG_DIR=str(folder / "log"), PYTHONUNBUFFERED="1"
        )
        self.lines: list[str] = []
        self._shared_memory: set[Path] = set()
        self._process = subprocess.Popen(
            command,
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=preexec,
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self.lines.append(line.rstrip())

    @property
    def pid(self) -> int:
        """Of `ros2 launch`."""
        return self._process.pid

    @property
    def output(self) -> str:
        """All that was printed so far."""
        return "\n".join(self.lines)

    def descendants(self) -> dict[int, str]:
        """Return pid -> name of the processes that launch has started."""
        with contextlib.suppress(psutil.NoSuchProcess):
            return {
                child.pid: " ".join(child.cmdline())
                for child in psutil.Process(self._process.pid).children(True)
            }
        return {}

    def shared_memory(self) -> set[Path]:
        """Return the files in shared memory that the processes of this launch have open or mapped now."""
        found = {
            shared_memory.FOLDER / name for pid in self.descendants() for name in shared_memory.mapped_by(pid)
        }
        self._shared_memory |= found
        return found

    def kill(self, text: str) -> None:
        """Kill the one process whose command line contains `text`, as a crash would."""
        self.shared_memory()
        os.kill(self.pid_of(text), signal.SIGKILL)

    def pid_of(self, text: str) -> int:
        """Return the pid of the one descendant whose command line contains `text`."""
        found = [pid for pid, command in self.descendants().items() if text in command]
        assert len(found) == 1, f"{len(found)} processes match {text!r}: {self.descendants()}"
        return found[0]

    def wait_for(self, condition: Callable[[str], object], what: str, deadline_s: float = 60.0) -> None:
        """Wait until `condition(output)` holds; fail with the output when it does not in time."""
        end = time.monotonic() + deadline_s
        while not condition(self.output):
            assert time.monotonic() < end, f"no {what} within {deadline_s} s:\n{self.output[-6000:]}"
            assert self._process.poll() is None or condition(self.output), (
                f"launch ended before {what}:\n{self.output[-6000:]}"
            )
            time.sleep(0.05)

    def wait(self, deadline_s: float) -> int:
        """Wait for the launch to end; return its exit code."""
        try:
            code = self._process.wait(deadline_s)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"still running after {deadline_s} s:\n{self.output[-6000:]}") from None
        self._reader.join(5)
        return code

    def interrupt(self) -> None:
        """Do what Ctrl-C in a terminal does: SIGINT to the whole foreground group."""
        os.killpg(self._process.pid, signal.SIGINT)

    def steps(self) -> int:
        """Return the last step count of the progress lines, 0 before the first."""
        found = re.findall(r"([\d,]+)/[\d,]+ steps", self.output)
        return int(found[-1].replace(",", "")) if found else 0

    def __enter__(self) -> Launched:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        children = list(self.descendants())
        if self._process.poll() is None:
            self.interrupt()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(10)
        for pid in [self._process.pid, *children]:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        self._process.wait()
        # Processes that were killed on purpose could not do this themselves.
        for file in self._shared_memory:
            file.unlink(missing_ok=True)
