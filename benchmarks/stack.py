"""The processes of the loop without launch and without an agent: a benchmark plays the agent itself."""

from __future__ import annotations

import contextlib
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Any

import psutil
from ament_index_python.packages import get_package_prefix, get_package_share_directory

from carla_drl_bringup.arguments import first_free_port

STOP_DEADLINE_S = 5.0


def executable(package: str, name: str) -> str:
    """Return the path of a node's executable."""
    return str(Path(get_package_prefix(package)) / "lib" / package / name)


class Stack:
    """Simulator, gateway and bridge for `num_agents` egos, as child processes; a context manager."""

    def __init__(
        self,
        num_agents: int,
        scenario: str = "town01_basic",
        *,
        only_simulator: bool = False,
        raster: bool = False,
    ) -> None:
        self.port = first_free_port(21000, 22000)
        self._log = tempfile.NamedTemporaryFile(mode="w+", prefix="carla_drl_bench_", suffix=".log")  # noqa: SIM115
        config = Path(get_package_share_directory("carla_drl_bringup")) / "config"
        commands: dict[str, list[str]] = {
            "simulator": [executable("carla_drl_sim", "server"), "--port", str(self.port), "--seed", "0"]
        }
        if not only_simulator:
            commands["gateway"] = [
                executable("carla_gateway", "gateway_node"),
                "--ros-args",
                "-p",
                "simulator:=sim0",
                "-p",
                f"raster:={raster}",
            ]
            commands["bridge"] = [executable("carla_sensor_bridge", "bridge_node"), "--ros-args"]
            bridge: dict[str, Any] = {
                "simulator": "sim0",
                "host": "127.0.0.1",
                "port": self.port,
                "scenario": str(config / "scenarios" / f"{scenario}.yaml"),
                "num_agents": num_agents,
                "raster": raster,
            }
            for name, value in bridge.items():
                commands["bridge"] += ["-p", f"{name}:={value}"]
        self._processes = {
            name: subprocess.Popen(command, stdout=self._log, stderr=subprocess.STDOUT)
            for name, command in commands.items()
        }

    def cpu_seconds(self, name: str) -> float:
        """Return the processor time that process `name` has used, s."""
        times = psutil.Process(self._processes[name].pid).cpu_times()
        return float(times.user + times.system)

    def log(self) -> str:
        """Return what the processes have printed."""
        return Path(self._log.name).read_text()

    def __enter__(self) -> Stack:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is not None:
            print(self.log()[-4000:])
        # The bridge first: it restores the simulator.
        for name in ("bridge", "gateway", "simulator"):
            process = self._processes.get(name)
            if process is None or process.poll() is not None:
                continue
            process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_DEADLINE_S)
            if process.poll() is None:
                process.kill()
                process.wait()
        self._log.close()


def wait_for_port(port: int, deadline_s: float = 30.0) -> None:
    """Wait until something listens on the local `port`.

    Raises:
        TimeoutError: nothing does within the deadline.
    """
    import socket

    end = time.monotonic() + deadline_s
    while time.monotonic() < end:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nothing listens on 127.0.0.1:{port} after {deadline_s:.0f} s")
